"""Cycles that an inference takes on an engine, worked out from its spikes without a simulation."""
