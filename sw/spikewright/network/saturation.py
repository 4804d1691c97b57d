"""Whether a state of a network can end at its format, and an input with which it does.

Saturation is defined, in the reference and in gateware alike; but a network that was trained
without it answers otherwise there than it did in training. Bounds (:mod:`~.reach`) say of which
states no input saturates them; for the others an input is sought, and it is only called one when
the integer reference was seen to saturate with it (:mod:`~.overshoot`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from spikewright.errors import DataError
from spikewright_hw.checks import instance, whole
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network

from .overshoot import End, inputs_to_try, overshoots
from .reach import LayerReach, reach
from .synapses import weight_synapses

__all__ = ["Saturation", "StateEnd", "Witness", "find_saturation"]

#: Neurons of each end that are driven in turn, those first that the bounds take farthest.
_NEURONS = 8
#: Inputs that run at once.
_BLOCK = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Witness:
    """An input with which a state saturates; seen in the integer reference.

    Parameters
    ----------
    neuron, step : int
        Where and when first, both from 0.
    value : float
        What the state would be, in its unit.
    spikes : bool array ``[steps, inputs]``, or uint8 of graded inputs
        Of graded inputs, each is 0 or the greatest value.
    """

    neuron: int
    step: int
    value: float
    spikes: np.ndarray

    @property
    def words(self) -> str:
        """Which inputs spike, in words."""
        rows = [tuple(np.flatnonzero(row).tolist()) for row in self.spikes[: self.step + 1]]
        parts, start = [], 0
        for t in range(1, len(rows) + 1):
            if t < len(rows) and rows[t] == rows[start]:
                continue
            if rows[start]:
                when = f"step {start}" if t == start + 1 else f"steps {start} to {t - 1}"
                parts.append(f"{_listed(rows[start])} in {when}")
            start = t
        value = f", each {self.spikes.max()}" if self.spikes.dtype != bool and parts else ""
        return "; ".join(parts) + value or "nothing at any input"


@dataclass(frozen=True, kw_only=True)
class StateEnd:
    """One end of a state's format, and what was found of it.

    Parameters
    ----------
    layer : int
        From 0.
    state : str
    upper : bool
        The upper end, not the lower one.
    format : Format
        Of the state.
    limit : float
        Where it ends, in the state's unit.
    farthest : float
        A bound on what the state comes to before it is saturated, for any input.
    neurons : int
        Those of which the bound does not exclude that they saturate; 0 if it excludes it of all.
    witness : Witness, optional
        An input with which it saturates; None where none was found.
    """

    layer: int
    state: str
    upper: bool
    format: Format
    limit: float
    farthest: float
    neurons: int
    witness: Witness | None

    @property
    def verdict(self) -> str:
        """``never``, ``saturates``, or ``not known``: not excluded, but no input was found."""
        if self.witness is not None:
            return "saturates"
        return "not known" if self.neurons else "never"

    @property
    def sentence(self) -> str:
        """What was found, as a sentence."""
        where = f"layers[{self.layer}]: the state {self.state}"
        if self.witness is not None:
            one = self.witness
            return (
                f"{where} of neuron {one.neuron} saturates in step {one.step}, at {self.limit:g} "
                f"in {self.format} instead of {one.value:g}, with this input: {one.words}"
            )
        if self.neurons:
            return (
                f"{where} might saturate at {self.limit:g} in {self.format}: no input was found "
                f"with which it does, but the bound on it is {self.farthest:g}"
            )
        return f"{where} never comes to {self.limit:g}, the end of {self.format}"


@dataclass(frozen=True, kw_only=True)
class Saturation:
    """Each end of each state's format. Prints as a table where rich prints it.

    Parameters
    ----------
    ends : tuple of StateEnd
        From the first layer to the last. The lower end of a membrane that is kept from being
        negative by its layer's saturation, ``"positive"``, is not among them.
    """

    ends: tuple[StateEnd, ...]

    @property
    def saturates(self) -> tuple[StateEnd, ...]:
        """Those with an input that saturates them."""
        return tuple(one for one in self.ends if one.witness is not None)

    @property
    def unknown(self) -> tuple[StateEnd, ...]:
        """Those of which neither was shown."""
        return tuple(one for one in self.ends if one.verdict == "not known")

    @property
    def excluded(self) -> bool:
        """Whether it is shown that no state saturates, for any input."""
        return all(one.verdict == "never" for one in self.ends)

    @property
    def words(self) -> str:
        """What was seen first and how much more, or what is not known; empty if none saturates."""
        ends = self.saturates or self.unknown
        more = f"; so can {len(ends) - 1} more, of all states" if len(ends) > 1 else ""
        return ends[0].sentence + more if ends else ""

    @property
    def inputs(self) -> dict[str, np.ndarray]:
        """The inputs that were found, bool ``[steps, inputs]``, by names such as ``0_v_high``."""
        return {
            f"{one.layer}_{one.state}_{'high' if one.upper else 'low'}": one.witness.spikes
            for one in self.ends if one.witness is not None
        }

    def refuse(self) -> None:
        """Raise :exc:`DataError` unless it is shown that no state saturates."""
        if self.words:
            raise DataError(
                f"{self.words}. Take a wider membrane, or allow it by allow_saturation=True"
            )

    def __rich__(self) -> Table:
        """Return a row for each end."""
        table = Table(title="Where states can end at their formats", title_justify="left")
        for column in ("layer", "state", "format", "end", "bound", "neurons"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("saturates")
        for one in self.ends:
            found = {
                "never": "never",
                "not known": "not known: no input found",
                "saturates": "" if one.witness is None
                else f"neuron {one.witness.neuron} in step {one.witness.step}",
            }
            table.add_row(
                str(one.layer), one.state, str(one.format), f"{one.limit:g}",
                f"{one.farthest:g}", str(one.neurons), found[one.verdict],
            )
        return table


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
        for _ in range(-(-tries // _BLOCK)):
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
    block = np.repeat(best[None], _BLOCK, axis=0)
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


def _listed(numbers: tuple[int, ...], *, most: int = 12) -> str:
    """Return numbers of inputs in words, runs of them as such."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs[:most]]
    more = sum(map(len, runs[most:]))
    return f"input{'s' if len(numbers) > 1 else ''} " + ", ".join(shown) + (
        f" and {more} more" if more else ""
    )
