"""Warnings of what a number format leaves of an equation."""

__all__ = ["PrecisionWarning"]


class PrecisionWarning(UserWarning):
    """A neuron computes less precisely than its number format tells apart."""
