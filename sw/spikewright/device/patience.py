"""How long a board may be silent before something has failed."""

import numpy as np

from spikewright_hw.engine.design import Design
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

__all__ = ["SILENCE_S", "SLOWEST_HZ", "most_cycles", "patience"]

#: Seconds beside its cycles in which a real board, of a known clock, has to answer: three attempts
#: end within two seconds. A virtual one is given more, on a machine that may do other things.
SILENCE_S, _VIRTUAL_SILENCE_S = 0.6, 1.0
#: Clock cycles that a virtual board, the slowest of all, does at least in a second.
SLOWEST_HZ = 20_000
#: Cycles for the update of a layer beside its neurons' turns, far more than any equation takes.
_UPDATE = 1_000


def patience(network: Network, design: Design, *, clock_hz: int | None = None) -> float:
    """Return seconds of silence after which an inference has surely failed.

    Parameters
    ----------
    network : Network
    design : Design
    clock_hz : int, optional
        Clock of a real board; any board, also a virtual one on a busy machine, if not given.
    """
    least = SILENCE_S if clock_hz else _VIRTUAL_SILENCE_S
    return least + most_cycles(network, design) / max(clock_hz or 0, SLOWEST_HZ)


def most_cycles(network: Network, design: Design) -> int:
    """Return more cycles than an inference takes.

    It is above :meth:`~spikewright_hw.engine.design.Design.worst_cycles`, which knows the engine's
    stages and so loads its gateware; beside a board, numpy is enough.
    """
    passes = 1 if design.streams is None else design.streams.length
    step = sum(
        passes * (_most_taps(layer) * layer.input_bits + layer.events) + layer.neurons
        + np.max(design.share) + _UPDATE
        for layer in design.built(network).layers
    )
    return network.steps * step


def _most_taps(layer: Layer) -> int:
    """Return the taps of a step in which every input spikes, and a cycle for each without any."""
    stored = sum(len(part.source) * len(origin.each) for part, origin in layer.parts)
    return layer.inputs + stored + (0 if layer.is_dense else layer.connection.total_taps)
