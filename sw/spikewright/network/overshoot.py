"""By how much states exceed their formats for given inputs, and inputs that drive them there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spikewright_hw.network import Layer, Network

from . import arrays
from .hearing import delayed, heard_of_itself, heard_of_others
from .product import connected
from .reference import constants, run, starts
from .synapses import Synapses, weight_synapses

__all__ = ["BLOCK", "End", "Overshoots", "inputs_to_try", "overshoots"]

#: Inputs that run at once.
BLOCK = 64


@dataclass(frozen=True)
class End:
    """An end of a state's format.

    Parameters
    ----------
    layer : int
        From 0.
    state : str
    upper : bool
        The greatest stored value, not the least.
    """

    layer: int
    state: str
    upper: bool


#: By how much each state exceeds an end before it is saturated: int64 ``[samples, steps,
#: neurons]``, in steps of its format; 0 or less where it does not.
Overshoots = dict[End, np.ndarray]


def overshoots(
    network: Network,
    spikes: np.ndarray,
    *,
    synapses: Callable[[Layer], Synapses] = weight_synapses,
) -> Overshoots:
    """Run the integer reference, and compare each state with its format before it is saturated.

    Parameters
    ----------
    network : Network
    spikes : array ``[samples, steps, inputs]``
        As for :func:`~spikewright.network.reference.run`.
    synapses : callable
        Gives a layer's synapses, as for that function.

    Raises
    ------
    DataError
        As of that function.
    """
    stored: list[dict[str, np.ndarray]] = []  # after each step of the first layer, of the second...

    def store(layer: Layer, states: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        stored.append(states)
        return states

    done = run(network, spikes, synapses=synapses, store=store)
    found: Overshoots = {}
    did = [np.asarray(spikes), *done.spikes]
    for index, layer in enumerate(network.layers):
        own = stored[index * network.steps : (index + 1) * network.steps]
        steps = [starts(layer, len(did[0])), *own[:-1]]
        before = {name: np.stack([one[name] for one in steps], axis=1) for name in own[0]}
        heard = _heard(index, layer, did)
        leaves = {**before, **constants(layer), **synapses(layer).currents(heard)}
        after = arrays.update(layer.fixed, leaves)
        after.pop("spike", None)
        for name, value in after.items():
            low, high = layer.fixed.bounds[name]
            found[End(index, name, upper=False)] = low - value
            found[End(index, name, upper=True)] = value - high
    return found


def _heard(index: int, layer: Layer, did: Sequence[np.ndarray]) -> np.ndarray:
    """Return what the rows of a layer get in each step: its inputs, and its own spikes late."""
    arriving, spikes = heard_of_others(index, layer, did), did[index + 1]
    for inputs, origin in heard_of_itself(layer):
        arriving[..., inputs] = delayed(spikes, origin)
    if layer.recurrent is None:
        return arriving
    late = np.concatenate([np.zeros_like(spikes[:, :1]), spikes[:, :-1]], axis=1)
    return np.concatenate([arriving, late], axis=2)


def inputs_to_try(network: Network, end: End, neurons: np.ndarray) -> Iterator[np.ndarray]:
    """Return inputs that drive neurons of a layer one way, block by block.

    The product of the weights from the input to a neuron says which inputs raise its membrane and
    which lower it. Those of one kind spike from some step on, or in that step alone, with silence
    or those of the other kind before.

    Parameters
    ----------
    network : Network
    end : End
        What is sought; either way is tried, since a state may fall where a current rises.
    neurons : int array
        Of the layer.

    Yields
    ------
    bool array ``[samples, steps, inputs]``
    """
    did = [np.eye(network.inputs)]
    for index, layer in enumerate(network.layers[: end.layer + 1]):
        heard = heard_of_others(index, layer, did, at_once=True)
        did.append(connected(layer.connection, heard, np.array(layer.weights, np.float64)))
    through = did[-1]
    steps = network.steps
    turns = sorted({0, 1, steps // 4, steps // 2, 3 * steps // 4, steps - 1} & {*range(steps)})
    block = []
    for neuron in neurons:
        for up in (end.upper, not end.upper):
            drive = through[:, neuron] > 0 if up else through[:, neuron] < 0
            other = through[:, neuron] < 0 if up else through[:, neuron] > 0
            for turn in turns:
                block += _patterns(drive, other, turn=turn, steps=steps)
                if len(block) >= BLOCK:
                    yield np.stack(block)
                    block = []
    if block:
        yield np.stack(block)


def _patterns(
    drive: np.ndarray, other: np.ndarray, *, turn: int, steps: int
) -> list[np.ndarray]:
    before = (np.arange(steps) < turn)[:, None]
    at = (np.arange(steps) == turn)[:, None]
    made = [~before & drive, at & drive]
    if turn:
        made += [np.where(before, other, drive), np.where(before, drive, other)]
    return made
