"""Codings: from sample values to spikes over time."""
