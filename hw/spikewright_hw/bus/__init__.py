"""Engines behind the buses of other designs: AXI4-Stream and Wishbone."""
