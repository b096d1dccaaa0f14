"""A checkpoint that a stranger made: found, opened, checked; nothing of it is executed."""
