"""Synapses on bitstreams: what the counted products of a step come to, as arrays.

Nobody walks along the streams. All weights of a row are read at the same places in the same cycles,
so it is enough to know in how many cycles each plane of bits is read: a weight counts as often as
the planes of its ones together. These counts, one for each synapse, take the place of the weights.
Equal, by property test, to the reference that goes bit by bit
(:func:`spikewright_hw.engine.reference.run`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from spikewright_hw.engine.stream_products import shift
from spikewright_hw.engine.streams import Streams, code, code_width, current_exponent
from spikewright_hw.layer import Layer
from spikewright_hw.stochastic.number.weighted_generator import plane

from .synapses import Synapses, biases

__all__ = ["ProductCounts", "arranged", "stream_synapses", "synapse_counts"]


@dataclass(frozen=True)
class ProductCounts:
    """How often synapses count up and down in a step; int64 ``[rows, neurons]`` each."""

    up: np.ndarray
    down: np.ndarray

    def of(self, source: str) -> np.ndarray:
        """Return what an input with this source counts."""
        return {"excitatory": self.up, "inhibitory": self.down}.get(source, self.up - self.down)


def synapse_counts(
    streams: Streams, weights: np.ndarray, *, weight_bits: int
) -> tuple[ProductCounts, ProductCounts]:
    """Return the counts of synapses whose inputs spike, and of those whose inputs do not.

    Parameters
    ----------
    streams : Streams
    weights : int array ``[rows, neurons]``
        Of the inputs, or of the layer's own neurons: rows are counted from zero.
    weight_bits : int
    """
    rows = len(weights)
    width = code_width(streams, weight_bits)
    read = _places(streams, rows, width=width)
    values = np.vectorize(partial(code, streams, weight_bits), otypes=[np.int64])(weights)
    # After the last plane come zeros.
    bits = values[..., None] >> np.arange(width - 1, -2, -1).clip(0) & 1
    bits[..., width] = 0

    def count(cycles: np.ndarray, bit: int) -> np.ndarray:
        """Count the cycles in which the weights' bits are these."""
        often = np.stack([(cycles & (read == at)).sum(1) for at in range(width + 1)], axis=1)
        return np.matmul(bits == bit, often[:, :, None])[..., 0]

    always = np.ones_like(read, bool)
    nothing = np.zeros_like(values)
    ones, zeros = count(always, 1), count(always, 0)
    if streams.encoding == "sign_magnitude":
        negative = weights < 0
        spiking = ProductCounts(np.where(negative, 0, ones), np.where(negative, ones, 0))
        return spiking, ProductCounts(nothing, nothing)
    if streams.encoding == "unipolar":
        return ProductCounts(ones, zeros), ProductCounts(nothing, nothing)
    half = np.array(streams.numbers("inputs", width=1))
    silent = (half ^ np.arange(rows)[:, None] & 1) == 0
    same = count(silent, 1) + count(~silent, 0)
    return ProductCounts(ones, zeros), ProductCounts(same, streams.length - same)


def _places(streams: Streams, rows: int, *, width: int) -> np.ndarray:
    """Return the plane that is read of each row in each cycle, ``width`` for none."""
    numbers = np.array(streams.numbers("weights", width=width))
    shifts = np.array([shift(row, width=width) for row in range(rows)])
    places = [plane(number, width=width) for number in range(1 << width)]
    table = np.array([width if place is None else place for place in places])
    return table[numbers ^ shifts[:, None]]


def arranged(
    layer: Layer,
    parts: Callable[[np.ndarray, str], tuple[np.ndarray, np.ndarray]],
    *,
    exponent: int,
) -> Synapses:
    """Return the synapses of a layer, put together from its inputs and its own neurons.

    Parameters
    ----------
    layer : Layer
    parts : callable
        From the weights of one of them, and the source of an input of the neuron, to what a row
        adds when it spikes, and when it does not.
    exponent : int
        From totals to stored currents.
    """
    # The layer's own rows are numbered anew.
    rows = [np.array(part) for part in (layer.weights, layer.recurrent) if part]
    adds, always = {}, {}
    for name, input in layer.fixed.definition.inputs.items():
        taken = [own == (input.source == "recurrent") for own in (False, True)]
        kinds = [
            parts(part, input.source) if takes else (np.zeros_like(part), np.zeros_like(part))
            for part, takes in zip(rows, taken[: len(rows)], strict=True)
        ]
        spiking, silent = (np.concatenate(kind) for kind in zip(*kinds, strict=True))
        adds[name], always[name] = spiking - silent, silent.sum(axis=0)
    return Synapses(
        adds=adds, always=always, exponent=exponent, bias=biases(layer),
        greatest=np.ones(len(layer.rows), np.int64),
    )


def stream_synapses(layer: Layer, *, streams: Streams) -> Synapses:
    """Return the synapses of a layer whose products are counted on bitstreams."""
    def parts(weights: np.ndarray, source: str) -> tuple[np.ndarray, np.ndarray]:
        spiking, silent = synapse_counts(streams, weights, weight_bits=layer.weight_bits)
        return spiking.of(source), silent.of(source)

    return arranged(layer, parts, exponent=current_exponent(streams, layer))
