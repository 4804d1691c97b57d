"""A whole network in plain integers: what engines and faster references are checked against.

One sample, one step, one layer after another. A layer's spikes reach the next layer in the same
step, and a recurrent layer itself in the step after.
"""

from collections.abc import Sequence
from functools import partial

from ..layer import Layer
from ..network import Network
from ..readout import output_after
from .layer_step import graded_events, layer_start, layer_step
from .record import Result, Trace
from .scan import scan_events
from .stream_layer_step import stream_layer_step
from .streams import Streams

__all__ = ["run"]


def run(
    network: Network, bitmaps: Sequence[int], *, streams: Streams | None = None
) -> tuple[Result, Trace]:
    """Run one inference.

    Parameters
    ----------
    network : Network
        What to run.
    bitmaps : sequence of int
        For each step the spikes of the inputs, input 0 lowest; of graded inputs, for each step
        their bit planes, the most significant first.
    streams : Streams, optional
        Compute on bitstreams, bit by bit.

    Returns
    -------
    Result
        Its ``cycles`` are 0: time is the engine's own.
    Trace
        What happened in each step.

    Raises
    ------
    ValueError
        The bitmaps do not fit the network.
    """
    if len(bitmaps) != network.planes:
        planes = f" of {network.input_bits} bit planes" if network.input_bits > 1 else ""
        raise ValueError(f"this network runs {network.steps} steps{planes}, not {len(bitmaps)}")
    for number, bitmap in enumerate(bitmaps):
        if not 0 <= bitmap < 1 << network.inputs:
            raise ValueError(
                f"the bitmap of step {number // network.input_bits} is {bitmap}; {network.inputs} "
                f"inputs fit into 0 to {(1 << network.inputs) - 1}"
            )
    step_of = layer_step if streams is None else partial(stream_layer_step, streams=streams)
    layers = network.layers
    states = [layer_start(layer) for layer in layers]
    input_events = synops = 0
    spikes: list[list[tuple[int, ...]]] = [[] for _ in layers]
    membranes: list[tuple[int, ...]] = []
    outputs = (0,) * network.outputs
    did: list[list[list[int]]] = [[] for _ in range(len(layers) + 1)]  # inputs, and each layer
    for step in range(network.steps):
        did[0].append(list(bitmaps[step * network.input_bits : (step + 1) * network.input_bits]))
        input_events += sum(bitmap.bit_count() for bitmap in did[0][-1])
        for number, layer in enumerate(layers):
            arriving = _arriving(layer, [did[number + 1 - one.back] for one in layer.origins], step)
            if layer.recurrent is not None and step:
                arriving[-1] |= _bitmap(spikes[number][-1]) << layer.inputs
            planes = [[row for row, spike, _ in scan_events(one) if spike] for one in arriving]
            states[number], spiked = step_of(
                layer, states=states[number], events=graded_events(planes)
            )
            synops += sum(layer.operations(event) for plane in planes for event in plane)
            spikes[number].append(spiked)
            did[number + 1].append([_bitmap(spiked)])
        membranes.append(() if network.reads_spikes else tuple(one["v"] for one in states[-1]))
        outputs = tuple(
            output_after(network.readout, output, given, step=step, steps=network.steps)
            for output, given in zip(outputs, membranes[-1] or spikes[-1][-1], strict=True)
        )

    result = Result(
        prediction=outputs.index(max(outputs)),
        cycles=0,
        input_events=input_events,
        synops=synops,
        spikes=tuple(sum(map(sum, steps)) for steps in spikes),
        outputs=outputs,
    )
    traced = spikes[: len(network.spiking)]
    return result, Trace(tuple(tuple(steps) for steps in traced), tuple(membranes))


def _arriving(layer: Layer, did: Sequence[list[list[int]]], step: int) -> list[int]:
    """Return the bit planes that reach a layer in a step, of what each origin did in each step."""
    arriving, first = [0] * layer.input_bits, 0
    for (part, origin), planes in zip(layer.parts, did, strict=True):
        count = len(part.source)
        delays = origin.each * (count // len(origin.each))
        for source, delay in enumerate(delays):
            if delay <= step:
                # Spikes are as the least significant plane of a graded input.
                sent = planes[step - delay]
                for at, plane in enumerate(sent, layer.input_bits - len(sent)):
                    arriving[at] |= (plane >> source & 1) << first + source
        first += count
    return arriving


def _bitmap(spiked: Sequence[int]) -> int:
    return sum(bit << neuron for neuron, bit in enumerate(spiked))
