"""Names of what a training chooses among, without PyTorch, in which they are computed."""

import re
from typing import Any

from spikewright_hw.checks import shown

__all__ = [
    "LOSSES", "NORMALISATIONS", "OF_MEMBRANES", "OF_SPIKES", "PRECISIONS", "SCALES", "SPREADS",
    "SURROGATE_NAMES", "check_hidden", "device_rule",
]

#: Keys of :data:`spikewright.network.surrogate.SURROGATES`.
SURROGATE_NAMES = (
    "rectangle", "triangle", "sigmoid", "multi_gaussian", "arc_tangent", "fast_sigmoid",
    "straight_through", "asgl",
)
#: Which weights have a scale in common on the grid, and whether it is a power of two.
SCALES = ("layer", "channel", "power_of_two")
#: What the currents of hidden layers are normalised by (:mod:`.normalisation`).
NORMALISATIONS = ("none", "batch", "tdbn", "tebn", "layer")
#: How a learned delay between two steps is shared out (:mod:`.delays`).
SPREADS = ("linear", "gaussian")
#: Types of the numbers in products of real numbers.
PRECISIONS = ("float32", "bf16")
#: Losses of a last layer that spikes, and of one that does not (:mod:`.losses`).
OF_SPIKES = ("spike_count", "spike_rate", "first_spike")
OF_MEMBRANES = ("membrane", "tet")
#: Every loss of a training; ``outputs`` is that of what the readout gives.
LOSSES = ("outputs", *OF_SPIKES, *OF_MEMBRANES)


def check_hidden(normalisation: str, *, layers: int) -> None:
    """Raise :exc:`ValueError` if there is to be a normalisation, and no hidden layer."""
    if normalisation != "none" and layers < 2:
        raise ValueError(f"normalisation is {normalisation!r}, and there are no hidden layers")


def device_rule(name: str, value: Any) -> str:
    """Take the name of what PyTorch trains on."""
    if not isinstance(value, str) or not re.fullmatch(r"auto|cpu|cuda(:(0|[1-9]\d?))?", value):
        raise ValueError(
            f"{name} is {shown(value)}; there are cpu, cuda, cuda:N, the GPU of that number, and "
            "auto, a GPU where there is one"
        )
    return value
