"""Devices: a board at the end of a port, real or virtual."""
