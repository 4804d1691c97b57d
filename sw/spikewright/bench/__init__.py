"""Comparisons: of neurons, the stochastic engine and training's settings; of cores by size."""
