"""Harder problems out of those there are: Evol-Instruct (arXiv:2306.08568), in depth as PanGu-Coder2 does it."""
