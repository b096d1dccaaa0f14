"""Language server: completions of the local model in any editor."""
