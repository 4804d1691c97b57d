"""Quantised networks and their file, ``.spw``."""

from .network import Provenance, QuantizedNetwork, from_training
from .spw import read, write

__all__ = ["Provenance", "QuantizedNetwork", "from_training", "read", "write"]
