"""What the neurons of a network can reach at most, for any input: sound bounds, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikewright_hw.network import Layer, Network

from .hearing import arriving_at, heard_of_itself, heard_of_others
from .reference import check_width, constants, starts
from .spans import Spans, after_step
from .synapses import weight_synapses

__all__ = ["LayerReach", "reach"]

#: Widest program whose bounds, and what they are narrowed to, an int64 holds.
_NARROW = 60


@dataclass(frozen=True)
class LayerReach:
    """Bounds on what one layer does, whatever the input; every array is ``[steps, neurons]``.

    Parameters
    ----------
    low, high : mapping of str to int array
        Of each state, as it is computed in a step, before it is saturated; stored integers.
    may, must : bool array
        Where a neuron can spike, and where it always does.
    """

    low: Mapping[str, np.ndarray]
    high: Mapping[str, np.ndarray]
    may: np.ndarray
    must: np.ndarray


def reach(network: Network) -> tuple[LayerReach, ...]:
    """Return bounds on what each layer does, for any input in each step.

    Interval arithmetic from layer to layer and from step to step, with the inputs, the states and
    the spikes of a step taken as independent. The bounds are sound, not always tight.

    Raises
    ------
    DataError
        The neurons compute with wider integers than the reference on arrays has.
    """
    shape = network.steps, network.inputs
    least = [np.zeros(shape, np.int64)]
    most = [np.full(shape, network.layers[0].most_input)]
    found: list[LayerReach] = []
    for index, layer in enumerate(network.layers):
        heard = [heard_of_others(index, layer, of_all).astype(np.int64) for of_all in (least, most)]
        found.append(_layer(f"layers[{index}]", layer, *heard))
        least.append(found[-1].must.astype(np.int64))
        most.append(found[-1].may.astype(np.int64))
    return tuple(found)


def _layer(name: str, layer: Layer, least: np.ndarray, most: np.ndarray) -> LayerReach:
    fixed, synapses = layer.fixed, weight_synapses(layer)
    kind = np.int64 if check_width(name, layer, synapses) <= _NARROW else object
    constant = {name: Spans(*[values] * 2) for name, values in constants(layer, kind).items()}
    states = {
        name: Spans(*[one[0].astype(kind)] * 2) for name, one in starts(layer, 1).items()
    }
    shape = len(most), layer.neurons
    low, high = ({name: np.zeros(shape, kind) for name in states} for _ in range(2))
    may, must = np.zeros(shape, bool), np.zeros(shape, bool)
    returning = heard_of_itself(layer)
    for t in range(len(most)):
        ends = [least[t], most[t]]
        for inputs, origin in returning:
            for end, did in zip(ends, (must, may), strict=True):
                end[inputs] = arriving_at(did, origin, t)
        if layer.recurrent is not None:
            own = (must[t - 1], may[t - 1])  # none before the first step: the last is still empty
            ends = [np.concatenate(pair) for pair in zip(ends, own, strict=True)]
        currents = {
            one: Spans(*(end.astype(kind) for end in synapses.between(one, *ends)))
            for one in fixed.definition.inputs
        }
        after = after_step(fixed.update, {**states, **constant, **currents})
        spike = after.pop("spike", Spans(0, 0))
        must[t], may[t] = spike.low, spike.high
        for one, span in after.items():
            low[one][t], high[one][t] = span.low, span.high
        states = {
            one: Spans(*(np.clip(end[one][t], *fixed.bounds[one]) for end in (low, high)))
            for one in after
        }
    return LayerReach(low, high, may, must)
