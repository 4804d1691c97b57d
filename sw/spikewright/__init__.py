"""Spikewright: spiking networks from PyTorch to measured FPGA gateware.

The packages follow the path of the data::

    task -> coding -> network -> quantized (.spw) -> gateware -> device -> record

``equations`` compiles a user's own neuron, ``job`` joins all into the main job, ``cli`` is the
command line. Each package imports only those before it in the path, and ``spikewright_hw``.
"""
