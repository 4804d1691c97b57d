"""What a step of streams counts, without walking along them.

All weights of a row are read with the same planes, so the number of cycles in which each plane is
read, together with the input's bit, says what any weight of the row comes to: a sum over its bits.
Equal, by test, to counting :func:`~.stream_products.products` bit by bit.
"""

from collections import Counter
from collections.abc import Iterator

from ..definition.interval import Interval
from ..layer import Layer
from .stream_products import inputs, planes
from .streams import Streams, code, code_width

__all__ = ["count_bounds", "row_planes", "weight_count"]


def row_planes(streams: Streams, weight_bits: int, row: int, spike: int) -> Counter:
    """Return in how many cycles ``(input bit, plane)`` is read of a row."""
    return Counter(
        zip(inputs(streams, row, spike), planes(streams, weight_bits, row), strict=True)
    )


def weight_count(
    streams: Streams, weight_bits: int, cycles: Counter, weight: int
) -> tuple[int, int]:
    """Return how often a weight of a row counts up and down in a step.

    ``cycles`` are those of :func:`row_planes`.
    """
    width = code_width(streams, weight_bits)
    value = code(streams, weight_bits, weight)
    up = down = 0
    for (x, at), number in cycles.items():
        one = 0 if at is None else value >> (width - 1 - at) & 1
        if streams.encoding == "sign_magnitude":
            up += number * (x & one & (weight >= 0))
            down += number * (x & one & (weight < 0))
        elif streams.encoding == "unipolar":
            up += number * (x & one)
            down += number * (x & (1 - one))
        else:
            up += number * (1 - (x ^ one))
            down += number * (x ^ one)
    return up, down


def count_bounds(streams: Streams, layer: Layer, input: str) -> Interval:
    """Return what bounds every partial sum of the products of one of the neuron's inputs."""
    source = layer.fixed.definition.inputs[input].source
    ups = [0] * layer.neurons
    downs = [0] * layer.neurons
    for row, weights in _rows(layer, own=source == "recurrent"):
        kinds = [row_planes(streams, layer.weight_bits, row, spike) for spike in (0, 1)]
        for neuron, weight in enumerate(weights):
            counts = [weight_count(streams, layer.weight_bits, kind, weight) for kind in kinds]
            ups[neuron] += max(up for up, _ in counts)
            downs[neuron] += max(down for _, down in counts)
    if source == "excitatory":
        return Interval(0, max(ups))
    if source == "inhibitory":
        return Interval(0, max(downs))
    return Interval(-max(downs), max(ups))


def _rows(layer: Layer, *, own: bool) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Return the rows of the inputs, or of the layer's own neurons, each counted from zero."""
    return enumerate(layer.recurrent or () if own else layer.weights)
