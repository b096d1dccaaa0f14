"""The engine: llama.cpp in an expendable child process."""
