"""Whether a state of a network can end at its format, and an input with which it does.

Bounds (:mod:`~.reach`) say of which states no input saturates them; for the others an input is
sought, and it is only called one when the integer reference was seen to saturate with it
(:mod:`~.overshoot`).
"""

from collections.abc import Iterator

import numpy as np

from spikewright_hw.checks import instance, whole
from spikewright_hw.network import Network

from .overshoot import BLOCK, End, inputs_to_try, overshoots
from .reach import LayerReach, reach
from .saturation import Saturation, StateEnd, Witness
from .synapses import weight_synapses

__all__ = ["find_saturation"]

#: Neurons of each end that are driven in turn, those first that the bounds take farthest.
_NEURONS = 8


def find_saturation(network: Network, *, tries: int = 512, seed: int = 0) -> Saturation:
    """Say for each state of each layer whether an input can make it saturate.

    An input is any spikes, of each input in each step; those that a coding makes are fewer.

    Parameters
    ----------
    network : Network
    tries : int
        For each state that the bounds do not decide: so many inputs at least are tried at random
        beside those that follow from the weights.
    seed : int
        Of these.

    Raises
    ------
    DataError
        The neurons compute with wider integers than the reference on arrays has.
    ValueError
        An argument is of another kind.
    """
    instance(Network)("network", network)
    whole(0)("tries", tries)
    whole(0)("seed", seed)
    bounds = reach(network)
    ends = list(_ends(network, bounds))
    search = _Search(network, {end: over for end, over in ends if (over > 0).any()})
    for end in search.open:
        search.drive(end)
    rng = np.random.default_rng(seed)
    for end in search.open:
        if end not in search.found:
            search.climb(end, rng, tries=tries)
    return Saturation(ends=tuple(
        _state_end(network, end, over, search.found.get(end)) for end, over in ends
    ))


def _ends(
    network: Network, bounds: tuple[LayerReach, ...]
) -> Iterator[tuple[End, np.ndarray]]:
    """Return each end, and by how much the bounds exceed it, ``[neurons]``."""
    for index, (layer, one) in enumerate(zip(network.layers, bounds, strict=True)):
        for state in layer.definition.states:
            low, high = layer.fixed.bounds[state]
            if not (layer.saturation == "positive" and state == "v"):
                yield End(index, state, upper=False), low - one.low[state].min(axis=0)
            yield End(index, state, upper=True), one.high[state].max(axis=0) - high


class _Search:
    """The search for inputs: those ends that are ``open``, and what was ``found`` of them."""

    def __init__(self, network: Network, open: dict[End, np.ndarray]):
        self._network = network
        made = {id(layer): weight_synapses(layer) for layer in network.layers}  # once, not each run
        self._synapses = lambda layer: made[id(layer)]
        self.open = open
        self.found: dict[End, Witness] = {}

    def drive(self, end: End) -> None:
        """Try what the weights suggest for the neurons of an end."""
        over = self.open[end]
        worst = np.argsort(-over.astype(np.float64), kind="stable")[:_NEURONS]
        for block in inputs_to_try(self._network, end, worst[over[worst] > 0]):
            if end in self.found:
                return
            self._try(block)

    def climb(self, end: End, rng: np.random.Generator, *, tries: int) -> None:
        """Change inputs at random, and go on from the one that comes nearest to the end."""
        best = np.zeros((self._network.steps, self._network.inputs), bool)
        nearest = -np.inf
        for _ in range(-(-tries // BLOCK)):
            block = _changed(best, rng)
            over = self._try(block)[end].max(axis=(1, 2))
            if end in self.found:
                return
            if over.max() >= nearest:
                nearest, best = over.max(), block[over.argmax()]

    def _try(self, block: np.ndarray) -> dict[End, np.ndarray]:
        if (most := self._network.layers[0].most_input) > 1:
            block = block.astype(np.uint8) * np.uint8(most)
        over = overshoots(self._network, block, synapses=self._synapses)
        for end in self.open:
            if end not in self.found and (over[end] > 0).any():
                sample = int(over[end].max(axis=(1, 2)).argmax())
                self.found[end] = self._witness(end, block[sample], over[end][sample])
        return over

    def _witness(self, end: End, spikes: np.ndarray, over: np.ndarray) -> Witness:
        step = int((over > 0).any(axis=1).argmax())
        neuron = int(over[step].argmax())
        fixed = self._network.layers[end.layer].fixed
        low, high = fixed.bounds[end.state]
        by = int(over[step, neuron])
        return Witness(
            neuron=neuron,
            step=step,
            value=fixed.formats[end.state].real(high + by if end.upper else low - by),
            spikes=spikes * (np.arange(len(spikes)) <= step)[:, None],  # the rest is too late
        )


def _changed(best: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an input, and changes of some of its inputs in some of its steps."""
    steps, inputs = best.shape
    block = np.repeat(best[None], BLOCK, axis=0)
    for one in block[1:]:
        first, last = np.sort(rng.integers(0, steps, 2))
        chosen = rng.random(inputs) < 2.0 ** -rng.integers(1, inputs.bit_length() + 1)
        one[first : last + 1, chosen] = rng.random(int(chosen.sum())) < rng.random()
    return block


def _state_end(network: Network, end: End, over: np.ndarray, witness: Witness | None) -> StateEnd:
    fixed = network.layers[end.layer].fixed
    low, high = fixed.bounds[end.state]
    form = fixed.formats[end.state]
    by = int(over.max())
    return StateEnd(
        layer=end.layer,
        state=end.state,
        upper=end.upper,
        format=form,
        limit=form.real(high if end.upper else low),
        farthest=form.real(high + by if end.upper else low - by),
        neurons=int((over > 0).sum()),
        witness=witness,
    )
