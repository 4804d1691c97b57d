"""How many cycles the steps of a network with maps, delays or skips take at most."""

from ..layer import Layer
from ..network import Network
from .branch import is_stored
from .map_layer import turns_of
from .row_layer import update_stages
from .taps import worst_tap_cycles
from .words import Words, arriving_words, input_words, leaving_words

__all__ = ["passing_cycles"]

#: Cycles from a word to the first of its rows; of one that is stored before it is scanned; and from
#: the last row of a step to what it gives, beside the stages and the turns of the update.
_SCANNED, _STORED, _UPDATED = 6, 9, 4


def passing_cycles(network: Network, *, shares: tuple[int, ...], most_bits: int) -> int:
    """Return the cycles from the start to the last step of the last layer, at most."""
    return _Passing(network, shares=shares, most_bits=most_bits).cycles()


class _Passing:
    """The steps of a network with maps, delays or skips, at their slowest.

    What is sent is numbered: by the inputs, 0, and by layer ``n``, ``n + 1``. When a layer has
    heard a step follows from when it was through with the step before, and from when what it hears
    was sent; when that was sent, from when those that hear it had room for it. A first part that is
    not stored takes words as it scans them, so it is heard when they are sent; one that is stored
    takes ``back + 1`` steps ahead. Each of these times is the latest if those before are.
    """

    def __init__(self, network: Network, *, shares: tuple[int, ...], most_bits: int):
        self.layers, self.steps = network.layers, network.steps
        given = input_words(network, most=most_bits), *leaving_words(network)
        self.counts = [words.count for words in given]
        self.counts[0] *= network.input_bits
        arriving = arriving_words(network, most=most_bits)
        self.work = [
            _work(layer, words) for layer, words in zip(self.layers, arriving, strict=True)
        ]
        self.updates = [
            _update(layer, share=share) for layer, share in zip(self.layers, shares, strict=True)
        ]
        if self.counts[-1] == 1:  # the words of the last one are put together, and then sent
            self.updates[-1] += self.layers[-1].connection.words
        # Of each: when its steps were sent; when a layer had heard them, and their first part.
        self.sent: list[list[int]] = [[] for _ in given]
        self.heard: list[list[int]] = [[] for _ in self.layers]
        self.first: list[list[int]] = [[] for _ in self.layers]

    def cycles(self) -> int:
        """Return the cycles from the start to the last step of the last layer."""
        last = len(self.layers)
        for step in range(self.steps):
            ready = self.sent[0][-1] if step else 0
            for at in range(last):
                ready = self._hear(at, step, max(ready, self._room(at, step)))
            self.sent[last].append(max(ready, self._room(last, step)) + self.counts[last])
        return self.sent[last][-1]

    def _room(self, source: int, step: int) -> int:
        """Return when all that store what a source sends have room for a step of it."""
        return max((
            self.heard[at][step - origin.back - 1]
            for at, layer in enumerate(self.layers) for number, origin in enumerate(layer.origins)
            if at + 1 - origin.back == source <= at and step > origin.back
            and is_stored(origin, first=number == 0)
        ), default=0)

    def _hear(self, at: int, step: int, ready: int) -> int:
        """Let a layer hear a step; return when its spikes are ready to be sent.

        ``ready`` is when those of the source before it are. While a part has its turn, the others
        scan what is there already.
        """
        layer, count, work = self.layers[at], self.counts[at], self.work[at]
        # The sums of a map are cleared after a reset.
        heard = layer.connection.words if layer.connection.words > 1 else 0
        if step:
            heard = max(self.heard[at][-1] + self.updates[at], self.sent[at + 1][-1])
        streams = not is_stored(layer.origins[0], first=True)
        planes = layer.input_bits if len(layer.origins) > 1 else 1
        sent, first = ready + count, 0
        if streams and planes == 1:
            first = max(heard, ready + _SCANNED) + work[0]
            heard = first
            # One word is taken by a scan that is through with the one before.
            sent = max(sent, first if count > 1 else self.first[at][-1] if step else 0)
            self.sent[at].append(sent)
        elif not streams:
            self.sent[at].append(sent)
        there = [
            self.sent[at + 1 - origin.back][step - (origin.back == 0)] + _STORED
            if (origin.back or step) and not (streams and planes > 1 and origin.back == 1) else 0
            for origin in layer.origins
        ]
        if layer.recurrent is not None:
            there.append(self.sent[at + 1][-1] + _STORED if step else 0)
        if planes > 1:  # the parts take turns in each bit plane
            if streams:
                there[0] = ready + _STORED
            heard = max(heard, *there) + sum(work)
            if streams:
                self.sent[at].append(max(sent, heard))
        else:
            for arrives, cycles in [*zip(there, work, strict=True)][streams:]:
                heard = max(heard, arrives) + cycles
        self.first[at].append(first)
        self.heard[at].append(heard)
        return heard + self.updates[at]


def _update(layer: Layer, *, share: int) -> int:
    """Return the cycles from the last row of a step to its first word of spikes.

    Where the neurons of a word take turns, all that this takes is counted before the first.
    """
    words = layer.connection.words
    turns = share if words == 1 else words * (turns_of(layer, share=share) - 1)
    return update_stages(layer) + turns + _UPDATED


def _work(layer: Layer, words: tuple[Words, ...]) -> list[int]:
    """Return the cycles that a step keeps each part of a layer at most, once its words are there.

    A word of a part that is stored is read once for each delay.
    """
    parts = []
    for number, ((part, origin), one, bits) in enumerate(
        zip(layer.parts, words, layer.part_bits, strict=True)
    ):
        cycles = worst_tap_cycles(part) + 1
        if is_stored(origin, first=number == 0):
            cycles += one.count * len(set(origin.each))
        parts.append(cycles * bits)
    if layer.recurrent is not None:
        parts.append(layer.neurons + 2)
    return parts
