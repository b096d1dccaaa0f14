"""Measure what a model can do, by tests: problems, answers, verdicts, pass@k with intervals, a report."""
