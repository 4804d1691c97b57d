"""Stochastic computing: sources of bits, number generators and multipliers."""
