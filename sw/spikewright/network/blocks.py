"""Blocks of samples: a whole test set is run part by part, so that its states fit in memory."""

from collections.abc import Iterator

from spikewright_hw.network import Network

__all__ = ["MOST_STATES", "blocks", "blocks_of"]

#: Most values, samples × steps × neurons of all layers, that are there at once; with more, caches
#: no longer hold what a layer computes with.
MOST_STATES = 1 << 20


def blocks(
    samples: int, *, steps: int, neurons: int, longest: int | None = None
) -> Iterator[slice]:
    """Return the blocks of so many samples, in order; of none, one block without a sample.

    Parameters
    ----------
    samples : int
    steps, neurons : int
        Of an inference; the neurons of all layers.
    longest : int, optional
        Most samples of a block.
    """
    length = max(1, MOST_STATES // (steps * neurons))
    length = length if longest is None else min(length, longest)
    return (slice(at, at + length) for at in range(0, max(1, samples), length))


def blocks_of(network: Network, samples: int, *, longest: int | None = None) -> Iterator[slice]:
    """Return the blocks of so many samples of a network."""
    neurons = sum(layer.neurons for layer in network.layers)
    return blocks(samples, steps=network.steps, neurons=neurons, longest=longest)
