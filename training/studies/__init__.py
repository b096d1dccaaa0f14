"""Studies: questions that are answered by training, with the answer's uncertainty. Each is one command."""
