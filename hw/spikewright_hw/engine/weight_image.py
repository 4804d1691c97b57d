"""What lies in the memories of weights of an event engine, word by word.

A host that stores the weights on a board computes the same as the gateware that is built with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ..layer import Layer
from ..network import Network
from .dealing import dealt

__all__ = [
    "WEIGHTS", "WeightImage", "Weights", "check_weights", "layer_images", "pack_row",
    "weight_images",
]

#: Where the weights of an engine come from: they are built in, or a host stores them.
Weights = Literal["built", "loaded"]

WEIGHTS: tuple[Weights, ...] = get_args(Weights)


@dataclass(frozen=True, kw_only=True)
class WeightImage:
    """The content of a memory: ``rows`` of ``width`` bits."""

    rows: tuple[int, ...]
    width: int

    @property
    def row_bytes(self) -> int:
        """Bytes of a row on the link."""
        return -(-self.width // 8)


def check_weights(weights: str) -> None:
    """Raise :exc:`ValueError` unless weights can come from there."""
    if weights not in WEIGHTS:
        raise ValueError(f"weights is {weights!r}; there are {', '.join(WEIGHTS)}")


def pack_row(row: tuple[int, ...], bits: int) -> int:
    """Pack a row of signed weights into one memory word, neuron 0 lowest."""
    mask = (1 << bits) - 1
    return sum((weight & mask) << (bits * neuron) for neuron, weight in enumerate(row))


def layer_images(layer: Layer, *, banks: int) -> tuple[WeightImage, ...]:
    """Return what lies in the memory of each bank of a layer.

    Of one whose neurons are reached at once, the last row is of events without a spike.
    """
    rows = [
        pack_row(row, layer.weight_bits) for row in (*layer.weights, *(layer.recurrent or ()))
    ]
    width = layer.connection.lanes * layer.weight_bits
    last = (0,) if layer.connection.words == 1 else ()
    return tuple(
        WeightImage(rows=(*of_bank, *last), width=width) for of_bank in dealt(rows, banks)
    )


def weight_images(network: Network, *, banks: Sequence[int]) -> tuple[WeightImage, ...]:
    """Return what lies in the memories of an engine, those of its first layer first."""
    return tuple(
        image for layer, own in zip(network.layers, banks, strict=True)
        for image in layer_images(layer, banks=own)
    )
