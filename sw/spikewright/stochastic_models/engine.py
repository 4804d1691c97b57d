"""The stochastic engine in software: bit-exact, on arrays, for whole test sets.

A network on bitstreams is the same network with other synapses
(:mod:`spikewright.network.stream_synapses`), so all that runs networks runs it.
"""

from functools import partial

import numpy as np

from spikewright.network import reference
from spikewright.network.fast import Predictor
from spikewright.network.reference import Run
from spikewright.network.stream_synapses import stream_synapses
from spikewright_hw.engine.streams import Streams
from spikewright_hw.network import Network

__all__ = ["predictor", "run"]


def run(
    network: Network, spikes: np.ndarray, *, streams: Streams, hidden_membranes: bool = True
) -> Run:
    """Run a batch of samples; as :func:`spikewright.network.reference.run`, on bitstreams."""
    return reference.run(
        network, spikes, synapses=partial(stream_synapses, streams=streams),
        hidden_membranes=hidden_membranes,
    )


def predictor(network: Network, *, streams: Streams, threads: int | None = None) -> Predictor:
    """Return what predicts many samples fast; see :class:`~spikewright.network.fast.Predictor`."""
    return Predictor(network, synapses=partial(stream_synapses, streams=streams), threads=threads)
