"""Velocity of a reaching hand from spikes of motor cortex: NeuroBench's primate reaching."""
