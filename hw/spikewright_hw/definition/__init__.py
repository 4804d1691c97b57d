"""How a neuron is written down once, and what it lowers to.

``expression``  values with overloaded operators, and the graph that they trace
``definition``  a neuron: states, parameters with units, and its traced update
``integers``    the update on Python integers: the definition of correct
``gateware``    the update as Amaranth expressions
``intervals``   the range of every intermediate

Lowering is :func:`~spikewright_hw.definition.expression.evaluate` with another set of operations;
``spikewright.network`` adds numpy and PyTorch in the same way.
"""
