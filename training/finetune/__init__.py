"""Learning from ranked answers: any causal model of `transformers`, by fine-tuning, RRTF or DPO."""
