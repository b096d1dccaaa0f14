"""`cairn doctor`: what is installed, found, fast and missing, and what to do about it."""
