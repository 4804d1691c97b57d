"""Engines: accelerators elaborated from a network."""
