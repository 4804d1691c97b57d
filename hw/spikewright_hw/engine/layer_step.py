"""One step of a layer in plain integers: the definition of correct."""

from collections.abc import Mapping, Sequence

from ..definition import integers
from ..layer import Layer

__all__ = ["graded_events", "layer_start", "layer_step", "neurons_step"]


def layer_start(layer: Layer) -> list[dict[str, int]]:
    """Return the states of a layer's neurons before the first step."""
    return [
        integers.start(layer.fixed, neuron=neuron % layer.kinds) for neuron in range(layer.neurons)
    ]


def layer_step(
    layer: Layer, states: list[dict[str, int]], events: Sequence[int]
) -> tuple[list[dict[str, int]], tuple[int, ...]]:
    """Run one step of a layer.

    ``events`` are the inputs that spiked, a graded input as often as its value says, and
    ``layer.inputs + neuron`` for each neuron of the layer whose spike in the step before returns to
    it. Returns the next states and the spikes of all neurons.
    """
    currents = {name: _currents(layer, name, events) for name in layer.definition.inputs}
    return neurons_step(layer, states, currents)


def neurons_step(
    layer: Layer, states: list[dict[str, int]], currents: Mapping[str, Sequence[int]]
) -> tuple[list[dict[str, int]], tuple[int, ...]]:
    """Run one step of the neurons of a layer, given the stored currents of each.

    Returns what :func:`layer_step` does.
    """
    after = [
        integers.step(
            layer.fixed,
            state,
            {name: values[neuron] for name, values in currents.items()},
            neuron=neuron % layer.kinds,
        )
        for neuron, state in enumerate(states)
    ]
    return [state for state, _ in after], tuple(int(spike) for _, spike in after)


def _currents(layer: Layer, name: str, events: Sequence[int]) -> list[int]:
    """Return the stored current of one of the neurons' inputs, of each neuron."""
    contributions = layer.contributions(name)
    totals = [0] * layer.neurons
    for event in events:
        if event < layer.inputs:
            taps = layer.connection.taps(event)
        else:
            taps = iter([(len(layer.weights) + event - layer.inputs, 0)])
        for row, word in taps:
            for neuron, weight in enumerate(contributions[row], word * layer.connection.lanes):
                totals[neuron] += weight
    biases = layer.biases(name)
    return [
        (total << layer.shift) + biases[neuron % layer.kinds]
        for neuron, total in enumerate(totals)
    ]


def graded_events(planes: Sequence[Sequence[int]]) -> list[int]:
    """Return the events of a step for :func:`layer_step`, of the inputs that each bit plane has.

    The most significant plane comes first; an input in it counts twice as much as in the next.
    """
    events: list[int] = []
    for plane in planes:
        events = events + events + list(plane)
    return events
