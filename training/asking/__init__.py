"""How the stages ask a model: a program over HTTP, our daemon, or a GGUF file in an engine process."""
