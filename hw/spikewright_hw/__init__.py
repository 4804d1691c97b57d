"""Spikewright gateware: number formats, neuron definitions and Amaranth cores.

The layers, lowest first; each imports only those before it::

    fixed        number formats
    definition   a neuron as equations, and what it lowers to
    neuron       the neurons
    stochastic   numbers as bitstreams, and arithmetic with them
    network      a quantised network in plain integers
    engine       accelerators that run a network
    link         serial port, frames, commands
    board        a board top: an engine behind a link
    cores        the registry of all cores
    emit         Verilog from the registry

What describes a network (formats, definitions, layers, networks, an engine's design and records,
the link's protocol) is imported without Amaranth being loaded.
"""
