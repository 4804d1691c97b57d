"""Words: in which parts the spikes of a step travel between the stages of an engine.

What a step has is a string of bits, one for each input or neuron in the order of their numbers. It
travels as words of as many bits each, the first bits first, so that no port is as wide as a map of
thousands of neurons.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ..connection import Folded
from ..layer import Layer
from ..network import Network

__all__ = [
    "MOST_BITS", "Words", "arriving_words", "input_words", "leaving_words", "output_words",
    "words_of",
]

#: Most bits of a word of a map that comes from a host: what a scan finds spikes in at a good clock.
MOST_BITS = 1024


@dataclass(frozen=True, kw_only=True)
class Words:
    """How a step travels: ``count`` words of ``bits`` bits."""

    bits: int
    count: int


def output_words(layer: Layer) -> Words:
    """Return how the spikes of a layer leave it: as many at once as a row of weights reaches."""
    return Words(bits=layer.connection.lanes, count=layer.connection.words)


def leaving_words(network: Network) -> tuple[Words, ...]:
    """Return how the spikes of each layer of a network leave its stage.

    Those of the last one, which are its outputs, or come to them, leave all at once; but for a
    folded one of which the last step counts, whose words need not wait for one another.
    """
    last = network.layers[-1]
    in_words = isinstance(last.connection, Folded) and network.readout == "last"
    leaving = output_words(last) if in_words else Words(bits=network.outputs, count=1)
    return *map(output_words, network.layers[:-1]), leaving


def input_words(network: Network, *, most: int = MOST_BITS) -> Words:
    """Return how the inputs of a step, or of a bit plane of it, come to a network's first layer.

    Inputs without a place come at once. Of a map, a word is the largest whole part of at most
    ``most`` bits: all of it, or all that its first axis counts, or all along its last axis; else
    the largest part of this one that fits without a remainder.
    """
    source = network.source
    if source.is_flat:
        return Words(bits=len(source), count=1)
    first, second, third = source.ordered(y=source.height, x=source.width, channel=source.channels)
    for bits in (first * second * third, second * third, third):
        if bits <= most:
            return Words(bits=bits, count=len(source) // bits)
    bits = max(one for one in range(1, most + 1) if third % one == 0)
    return Words(bits=bits, count=len(source) // bits)


def arriving_words(
    network: Network, *, most: int = MOST_BITS
) -> tuple[tuple[Words, ...], ...]:
    """Return how the spikes of a step come to each part of each layer of a network."""
    given = input_words(network, most=most), *leaving_words(network)
    return tuple(
        tuple(given[number + 1 - origin.back] for origin in layer.origins)
        for number, layer in enumerate(network.layers)
    )


def words_of(bitmaps: Iterable[int], words: Words) -> list[int]:
    """Cut bitmaps, each of a step or of a bit plane of it, into the words in which they travel."""
    mask = (1 << words.bits) - 1
    return [
        bitmap >> at * words.bits & mask for bitmap in bitmaps for at in range(words.count)
    ]
