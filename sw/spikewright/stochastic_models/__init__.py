"""Stochastic computing in software: bit-exact models of the cores, on arrays of bits."""
