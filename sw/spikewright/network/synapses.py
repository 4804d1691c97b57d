"""Synapses as arrays: how the spikes that a layer hears come to its neurons' currents."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from spikewright_hw.connection import Connection
from spikewright_hw.definition.interval import Interval
from spikewright_hw.fixed import scaled
from spikewright_hw.layer import Layer

from .dense_product import DenseProduct, Rest
from .product import connected

__all__ = ["Synapses", "biases", "weight_synapses"]

#: Whole numbers that floating point holds exactly lie below these.
_EXACT = {np.float32: 1 << 24, np.float64: 1 << 53}
#: The greatest value of a byte.
_BYTE = 255
#: Most places by which compiled currents are shifted, and the end of what they hold on the way.
_MOST_PLACES, _END = 30, 1 << 31


@dataclass(frozen=True)
class Synapses:
    """For each input of a layer's neurons, what each row adds.

    .. code-block:: none

        total = heard @ adds + always        current = total * 2**exponent, rounded half up, + bias

    The product is that of the connection; of a dense one it is that of matrices.

    Parameters
    ----------
    adds : mapping of str to int64 array ``[rows, lanes]``
        By the name of the neuron's input. Rows are those of the connection. Of a dense one, they
        are the layer's inputs, and then its own neurons where it hears itself.
    always : mapping of str to int64 array ``[neurons]``
        What is added in every step.
    exponent : int
        From totals to stored currents.
    bias : mapping of str to int64 array ``[neurons]``
        Stored currents that are added in every step.
    greatest : int64 array ``[events]``
        What is heard of each input, or neuron of the layer, at most: 1 where it spikes.
    connection : Connection, optional
        A dense one if not given.
    """

    adds: Mapping[str, np.ndarray]
    always: Mapping[str, np.ndarray]
    exponent: int
    bias: Mapping[str, np.ndarray]
    greatest: np.ndarray
    connection: Connection | None = field(default=None, kw_only=True)
    _factors: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False)
    _compiled: dict[str, DenseProduct] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self):
        for name, adds in self.adds.items():
            most = int(self._product(self.greatest, np.abs(adds)).max(initial=0))
            exact = next(kind for kind, end in _EXACT.items() if most < end)
            # Matrices of floating point are multiplied far faster, and these sums are exact in it.
            self._factors[name] = adds.astype(exact)

    def compile(self) -> None:
        """Compile the currents of a dense connection, if that can be done."""
        if self._compiled or not self._can_be_compiled():
            return
        made = {
            name: DenseProduct.of(adds, Rest(self.always[name], self.exponent, self.bias[name]))
            for name, adds in self.adds.items()
        }
        self._compiled.update({name: one for name, one in made.items() if one is not None})

    def _can_be_compiled(self) -> bool:
        """Whether products are matrices of bytes and exact floats, and int32 holds the rest."""
        if self.connection is not None or int(self.greatest.max(initial=0)) > _BYTE:
            return False
        if abs(self.exponent) > _MOST_PLACES:
            return False
        return all(
            factors.dtype == np.float32 and self._most(name) < _END
            for name, factors in self._factors.items()
        )

    def _most(self, name: str) -> int:
        """Return a bound of all that is computed on the way to a current of an input."""
        adds = self._product(self.greatest, np.abs(self.adds[name]))
        total = int((adds + np.abs(self.always[name])).max(initial=0))
        half = 1 << max(0, -self.exponent)
        most = max(total + half, total << max(0, self.exponent))
        return most + int(np.abs(self.bias[name]).max(initial=0))

    def reach(self, name: str) -> Interval:
        """Return the least and the greatest stored current of an input."""
        low, high = self.between(name, np.zeros_like(self.greatest), self.greatest)
        return Interval(int(low.min()), int(high.max()))

    def between(
        self, name: str, least: np.ndarray, most: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest stored current of an input of each neuron.

        ``least`` and ``most`` say between what lies all that is heard, int64 ``[events]``.
        """
        adds, always, bias = self.adds[name], self.always[name], self.bias[name]
        down, up = adds.clip(max=0), adds.clip(min=0)
        low = self._product(most, down) + self._product(least, up)
        high = self._product(least, down) + self._product(most, up)
        return self._stored(low + always) + bias, self._stored(high + always) + bias

    def currents(
        self, heard: np.ndarray, *, integer: type[np.signedinteger] = np.int64
    ) -> dict[str, np.ndarray]:
        """Return the stored currents by input, ``[..., neurons]``, of what is heard.

        That is, ``[..., events]``, a spike, or a graded input's whole number.
        """
        if self._compiled and heard.ndim == 3:
            return {
                name: product(heard).astype(integer, copy=False)
                for name, product in self._compiled.items()
            }
        totals = self.totals(heard, integer=integer)
        return {
            name: self._stored(total) + self.bias[name].astype(integer)
            for name, total in totals.items()
        }

    def totals(
        self, heard: np.ndarray, *, integer: type[np.signedinteger] = np.int64
    ) -> dict[str, np.ndarray]:
        """Return the same before they are scaled."""
        return {
            name: self._total(name, heard).astype(integer, copy=False)
            + self.always[name].astype(integer)
            for name in self._factors
        }

    def _total(self, name: str, heard: np.ndarray) -> np.ndarray:
        factors = self._factors[name]
        return self._product(heard.astype(factors.dtype), factors)

    def _product(self, heard: np.ndarray, adds: np.ndarray) -> np.ndarray:
        if self.connection is None:
            return heard @ adds
        return connected(self.connection, heard, adds)

    def _stored(self, total):
        return scaled(total, self.exponent)


def biases(layer: Layer) -> dict[str, np.ndarray]:
    """Return what the bias of a layer adds to each input of its neurons, int64 ``[neurons]``."""
    return {
        name: np.tile(np.array(layer.biases(name), np.int64), layer.neurons // layer.kinds)
        for name in layer.definition.inputs
    }


def weight_synapses(layer: Layer) -> Synapses:
    """Return the synapses of a layer whose weights are summed."""
    names = layer.definition.inputs
    nothing = np.zeros(layer.neurons, np.int64)
    return Synapses(
        adds={name: np.array(layer.contributions(name), np.int64) for name in names},
        always=dict.fromkeys(names, nothing),
        exponent=layer.shift,
        bias=biases(layer),
        greatest=np.repeat(
            [*((1 << bits) - 1 for bits in layer.part_bits), 1],
            [*(len(part.source) for part, _ in layer.parts), layer.events - layer.inputs],
        ),
        connection=None if layer.is_dense else layer.connection,
    )
