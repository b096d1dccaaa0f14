"""HumanEval infilling: the language server's own prompts and rules, measured by tests."""
