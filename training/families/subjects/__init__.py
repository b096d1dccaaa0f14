"""The families themselves, by subject."""
