"""How a neuron is written down once, and what it lowers to.

Equations in real numbers:

``expression``   values with overloaded operators, and the graph that they trace
``graph``        such graphs walked, and run over any kind of value
``definition``   a neuron: inputs, states, parameters with units, and its traced update
``refractory``   a neuron of any definition that rests after a spike
``reals``        the update on real numbers

and the same at a number format, as a program of integers:

``fixed_point``  what rounds and saturates, and where
``program``      equations to sums, and sums to nodes (``nodes``, ``interval``, ``table``)
``verdict``      conditions that the parameters decide, which a spike must not be
``integers``     the program on Python integers: the definition of correct
``gateware``     the program as Amaranth expressions, ``pipeline`` the same in stages
``dead_zone``    the smallest current that still moves the membrane

Lowering is :func:`~spikewright_hw.definition.graph.evaluate` with another set of operations;
``spikewright.network`` adds numpy and PyTorch in the same way.
"""
