"""What RRTF minimises: ranked answers as batches, their log-probabilities, and the losses, as pure functions."""
