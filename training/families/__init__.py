"""Generated problem families: each composes small parts into tasks, solutions and mistakes."""
