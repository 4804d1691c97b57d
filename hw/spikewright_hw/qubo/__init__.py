"""Solvers of quadratic binary problems: networks whose weights are a graph."""
