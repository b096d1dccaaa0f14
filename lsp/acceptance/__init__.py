"""What becomes of suggestions: followed by `tracker`, kept by `log`, summed up by `summary`. No source text is kept."""
