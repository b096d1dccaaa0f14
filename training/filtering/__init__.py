"""Rows that may be learnt from: no row twice, none nearly twice, none out of a benchmark."""
