"""What quantisation costs: importance matrices to lower it, comparisons to measure it."""
