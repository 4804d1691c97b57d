"""Comparisons on one task: of neurons, of the stochastic engine, of the training's settings."""
