"""Devices: a board behind a port, real or virtual."""
