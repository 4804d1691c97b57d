"""Spikewright gateware: number formats, neuron definitions and Amaranth cores.

The layers, lowest first; each imports only those before it::

    checks       what the fields of an object may be
    fixed        number formats
    definition   a neuron as equations, and what it lowers to
    registry     what cores there are
    neuron       the neurons
    connection   which events add which weights to which neurons
    layer        a layer of a quantised network
    protocol     the bytes on the link, and how they are framed
    network      a quantised network in plain integers
    stochastic   numbers as bitstreams, and arithmetic with them
    engine       accelerators that run a network
    bus          engines behind the buses of other designs
    audio        sound as counts of spikes
    link         serial port, frames, commands
    qubo         a solver of quadratic binary problems
    board        a board top: an engine at the end of a link
    demo         an engine that runs stored samples by itself
    cores        the registered cores
    emit         Verilog of a core

What describes a network (formats, definitions, layers, networks, an engine's design and records,
the link's protocol) is imported without Amaranth being loaded.
"""
