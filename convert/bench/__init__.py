"""Measures the converter on checkpoints of real shapes, beside llama.cpp's own tools."""
