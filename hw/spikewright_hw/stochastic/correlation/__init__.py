"""Correlation of bitstreams: made, and taken away."""
