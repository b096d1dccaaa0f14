"""What a training step costs, beside the published recipe that RRTF grew from."""
