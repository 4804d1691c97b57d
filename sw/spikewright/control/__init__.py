"""Closed loop: a cart with a pole, balanced by a spiking network in gateware."""
