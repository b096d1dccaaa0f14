"""PEFT adapters: as GGUF files of their own, or merged into the weights on their way."""
