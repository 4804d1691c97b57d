"""Cycles of an inference on a folded event engine, worked out from what spiked in each step.

Words of spikes go from layer to layer; each waits for the one before it, and for a layer that is
not through yet. Their times are followed word by word, for all samples at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spikewright_hw.engine.each_layer import shares_of
from spikewright_hw.engine.input_scan import cycles_ahead
from spikewright_hw.engine.map_layer import turns_of
from spikewright_hw.engine.row_layer import row_latency, update_stages
from spikewright_hw.engine.scan import scan_group
from spikewright_hw.engine.words import Words, arriving_words, leaving_words
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

__all__ = ["folded_ends"]

#: A number for each sample: a cycle, or a count.
_Each = np.ndarray

#: Cycles from a word to its first event, and from an event to the first of its taps.
_SCANNED, _TAPPED = 2, 2
#: From the last tap of a step to its first word, beside the stages of an updater.
_WALKED = 3


def folded_ends(
    network: Network, arriving: list[np.ndarray], *, share: int | tuple[int, ...]
) -> _Each:
    """Return the cycle in which the last layer has done the last step, of each sample.

    Parameters
    ----------
    network : Network
        As it is built: a chain of dense layers, of which some are folded.
    arriving : list of bool array ``[samples, steps, sources]``
        What each layer hears.
    share : int or tuple of int
        Neurons per updater.
    """
    samples, steps = arriving[0].shape[:2]
    source = network.source
    coming = arriving_words(network, most=len(source) if source.is_flat else source.channels)
    stages = [
        _stage_of(layer, share=own, arriving=words, samples=samples)
        for layer, own, (words,) in zip(
            network.layers, shares_of(network, share), coming, strict=True
        )
    ]
    heard = [
        _words(spikes, stage.arriving) for spikes, stage in zip(arriving, stages, strict=True)
    ]
    together = leaving_words(network)[-1].count < network.layers[-1].connection.words
    # Inputs are there at once; a first layer that stores them has looked for the first of them.
    stored = network.layers[0].connection.words == 1
    ahead = cycles_ahead(network.planes, at_most=True) if stored else 0
    began = stages[0].room = np.full(samples, -ahead, np.int64)
    ended = np.zeros(samples, np.int64)
    for step in range(steps):
        for word in heard[0][step]:
            stages[0].hear(began, word)
        for stage, following, words in zip(stages, stages[1:], heard[1:], strict=False):
            for ready, word in zip(stage.give(), words[step], strict=True):
                stage.taken(following.hear(ready, word))
        for ready in stages[-1].give():
            stages[-1].taken(ready)
            ended = ready + together  # the words of a last layer are put together
    return ended


@dataclass(frozen=True)
class _Word:
    """A word of spikes: how many, and how many of them in the last group of it that has any."""

    spikes: _Each
    closing: _Each
    final: bool


def _words(spikes: np.ndarray, words: Words) -> list[list[_Word]]:
    """Return the words of each step."""
    samples, steps, sources = spikes.shape
    bits, group = sources // words.count, scan_group(sources // words.count)
    each = np.zeros((samples, steps, words.count, -(-bits // group) * group), np.uint8)
    each[..., :bits] = spikes.reshape(samples, steps, words.count, bits)
    groups = each.reshape(samples, steps, words.count, -1, group).sum(
        axis=-1, dtype=np.int64
    )
    last = groups.shape[-1] - 1 - np.argmax(groups[..., ::-1] > 0, axis=-1)
    closing = np.take_along_axis(groups, last[..., None], axis=-1)[..., 0]
    return [
        [
            _Word(groups[:, step, at].sum(axis=-1), closing[:, step, at], at == words.count - 1)
            for at in range(words.count)
        ]
        for step in range(steps)
    ]


class _Stage(ABC):
    """A layer: it takes words, and gives its own; times are those of the next thing to come.

    ``taps`` are the rows that an event reads, and ``tapped`` the cycles from an event to the first.
    """

    def __init__(self, *, arriving: Words, samples: int, taps: int, tapped: int):
        self.arriving = arriving
        self.taps, self.tapped = taps, tapped
        start: _Each = np.zeros(samples, np.int64)
        self.room = start  # a word can be taken
        self.passed = start - 1  # the last event has left the scan
        self.free = start  # an event can be taken
        self.closed: _Each = start  # the last row of the step is read
        self.opens = start  # the first event of the next one may be
        self.fresh = np.ones(samples, bool)  # no event of the step has come

    def hear(self, ready: _Each, word: _Word) -> _Each:
        """Take a word that is ready; return when."""
        taken = np.maximum(ready, self.room)
        some = word.spikes > 0
        shown = np.maximum(taken + _SCANNED, self.passed + 1)
        # A first event waits in front of the rows, so that the scan goes on.
        first = np.maximum(shown, self.free)
        begins = np.where(self.fresh, np.maximum(first, self.opens), first)
        ends = begins + np.maximum(word.spikes - 1, 0) * self.taps
        lasts = np.where(some, self.taps, int(word.final))
        before = word.spikes - word.closing  # the spikes before the last group
        self.room = np.where(before > 1, begins + (before - 1) * self.taps, np.where(
            before > 0, first, np.maximum(taken + 1, self.passed)
        ))
        self.passed = np.where(word.spikes > 1, ends, np.where(some | word.final, first, shown))
        self.free = np.where(lasts > 0, ends + lasts, self.free)
        self.fresh = self.fresh & ~some
        if word.final:
            self.closed = ends + lasts - 1 + self.tapped
            self.fresh = np.ones_like(some)
            self._close()
        return taken

    @abstractmethod
    def _close(self) -> None:
        """Close a step, once the layer is through with the one before."""

    @abstractmethod
    def give(self) -> Iterator[_Each]:
        """Return when each word of the step is ready; :meth:`taken` is told when it is taken."""

    @abstractmethod
    def taken(self, when: _Each) -> None:
        """Tell when the word that was ready last is taken."""


class _Rows(_Stage):
    """A layer that gives all its neurons at once."""

    def __init__(self, layer: Layer, *, share: int, **how):
        super().__init__(taps=1, **how)
        self.latency = row_latency(update_stages(layer), share=share, banks=1)
        self.given = self.closed  # what the step before gave is taken

    def _close(self) -> None:
        """A step is closed once the one before is given."""
        late = np.maximum(self.given - 1 - self.closed, 0)
        self.closed, self.free, self.passed = (
            self.closed + late, self.free + late, self.passed + late
        )

    def give(self) -> Iterator[_Each]:
        yield self.closed + self.latency

    def taken(self, when: _Each) -> None:
        self.given = when


class _Map(_Stage):
    """A folded layer, whose words are updated after the last row, while no row is read."""

    def __init__(self, layer: Layer, *, share: int, **how):
        super().__init__(taps=layer.connection.words, **how)
        self.count = layer.connection.words
        self.turns = turns_of(layer, share=share)
        self.stages = update_stages(layer)
        self.left: _Each = self.closed - 1  # the last word has left

    def _close(self) -> None:
        if self.count * self.turns <= self.stages + 1:  # few words wait for those before
            self.closed = np.maximum(self.closed, self.left - 1)

    def give(self) -> Iterator[_Each]:
        every, depth = self.count * self.turns, self.stages + 2
        walked = self.closed + every
        ready = self.closed + self.stages + _WALKED + self.turns - 1
        for at in range(self.count):
            yield ready
            ready = self.left + self.turns
            # The turns that are read only after this word is taken, and the first row of a step.
            behind = every - (at + 1) * self.turns - depth
            if behind >= -2:
                walked = np.maximum(walked, self.left + behind)
        self.opens = walked + 1 - self.tapped

    def taken(self, when: _Each) -> None:
        self.left = when


def _stage_of(layer: Layer, *, share: int, arriving: Words, samples: int) -> _Stage:
    if layer.connection.words > 1:
        return _Map(layer, share=share, arriving=arriving, samples=samples, tapped=_TAPPED)
    tapped = 0 if arriving.count == 1 else _TAPPED
    return _Rows(layer, share=share, arriving=arriving, samples=samples, tapped=tapped)
