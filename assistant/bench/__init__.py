"""The engine measured from outside, through its socket, and beside llama.cpp's own programs if they are at hand."""
