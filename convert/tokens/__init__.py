"""tokenizer.json as GGUF metadata, or a refusal where llama.cpp would read it differently."""
