"""Arithmetic on bitstreams: products, sums, differences, extremes, quotients, functions."""
