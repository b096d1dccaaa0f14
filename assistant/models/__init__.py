"""Model-file reading and the list of local models."""
