"""One step of a layer on bitstreams, bit by bit: the definition of correct."""

from collections.abc import Sequence

from ..layer import Layer
from .layer_step import neurons_step
from .stream_products import products
from .streams import Streams, stream_current

__all__ = ["stream_layer_step"]


def stream_layer_step(
    layer: Layer, states: list[dict[str, int]], events: Sequence[int], *, streams: Streams
) -> tuple[list[dict[str, int]], tuple[int, ...]]:
    """Run one step of a layer.

    ``events`` are the rows that spiked, as for :func:`~.layer_step.layer_step`.
    """
    inputs = layer.definition.inputs
    counts = {name: [0] * layer.neurons for name in inputs}
    for row, weights in enumerate(layer.rows):
        own = row >= layer.inputs
        for neuron, weight in enumerate(weights):
            product = products(
                streams, layer.weight_bits,
                row=row - layer.inputs * own, spike=int(row in events), weight=weight,
            )
            up, down = (sum(bits) for bits in zip(*product, strict=True))
            counted = {"excitatory": up, "inhibitory": down}
            for name, input in inputs.items():
                if own == (input.source == "recurrent"):
                    counts[name][neuron] += counted.get(input.source, up - down)
    currents = {
        name: [
            stream_current(streams, layer, count) + bias
            for count, bias in zip(of_each, layer.biases(name), strict=True)
        ]
        for name, of_each in counts.items()
    }
    return neurons_step(layer, states, currents)
