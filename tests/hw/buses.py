"""Small networks on buses, and what is owed of them."""

from spikewright_hw.engine.event import EventEngine
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.reference import run
from spikewright_hw.fixed import Format

__all__ = ["NETWORK", "engine", "owed"]

NETWORK = example_network(sizes=(11, 4, 3), steps=2, weight_bits=4, membrane=Format(6, 2))


def engine() -> EventEngine:
    """Make the engine of the small network."""
    return EventEngine(network=NETWORK)


def owed(bitmaps: list[int]) -> list[int | None]:
    """Return the words of an answer by hand; None for the cycles, which no reference knows."""
    result, _ = run(NETWORK, bitmaps)
    return [
        result.prediction, None, result.input_events, result.synops, *result.spikes,
        *(output % 2**32 for output in result.outputs),
    ]
