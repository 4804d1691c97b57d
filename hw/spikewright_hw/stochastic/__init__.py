"""Stochastic computing: numbers as bitstreams, and the cores that compute with them."""
