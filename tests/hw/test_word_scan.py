# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Word scan: its reference, the core in Amaranth's simulator, and what it refuses."""

import re

import pytest

from spikewright_hw.connection import Dense, FeatureMap
from spikewright_hw.engine.word_scan import PRESETS, WordScan, scan_cycles, scan_words, word_spans

MAP = FeatureMap(channels=2, height=2, width=3)
FIRST = FeatureMap(channels=2, height=2, width=3, channels_first=True)


def test_events_by_hand():
    # Neuron 11 is channel 1 at the last place of the second row, neuron 0 the very first.
    assert scan_words(MAP, [0b000001, 0b100000]) == [((0, 0, 0), 1, 0), ((1, 2, 1), 1, 1)]
    # Channel by channel, number 8 is place (0, 2) of channel 1.
    assert scan_words(FIRST, [0b100000000]) == [((1, 0, 2), 1, 1)]


def test_a_step_that_ends_without_a_spike_is_closed():
    assert scan_words(MAP, [0, 0, 0]) == [((1, 1, 0), 0, 1)]
    assert scan_words(MAP, [0, 0b1000, 0]) == [((1, 0, 1), 1, 0), ((1, 1, 0), 0, 1)]


@pytest.mark.parametrize("source", [MAP, FIRST, FeatureMap(channels=4)])
def test_events_are_where_the_connections_look_for_them(source, rng):
    connection = Dense(source=source, neurons=1)
    words = [rng.getrandbits(2) for _ in range(len(source) // 2)]
    spikes = [event for event in scan_words(source, words) if event.spike]
    assert [event.places for event in spikes] == [
        connection.coordinates(at * 2 + bit)
        for at, word in enumerate(words) for bit in range(2) if word >> bit & 1
    ]


def test_cycles_by_hand():
    assert scan_cycles([0, 0b101, 0, 0b1]) == 1 + 2 + 1 + 1


def expected(source: FeatureMap, steps: list[list[int]]) -> list[dict[str, int]]:
    names = source.ordered(y="y", x="x", channel="channel")
    return [
        {**dict(zip(names, places, strict=True)), "spike": spike, "last": last}
        for words in steps
        for places, spike, last in scan_words(source, words)
    ]


@pytest.mark.parametrize("preset", PRESETS)
def test_core_follows_reference(preset, exchange, rng):
    dut = WordScan(**PRESETS[preset])
    words = len(dut.source) // dut.bits
    full = (1 << dut.bits) - 1
    steps = [[0] * words, [0] * words, [full] * words, [1, *[0] * words][:words]]
    for density in (0.05, 0.5):
        for _ in range(15):
            steps.append([
                sum((rng.random() < density) << bit for bit in range(dut.bits))
                for _ in range(words)
            ])
    steps += steps
    events = expected(dut.source, steps)
    sent = [word for step in steps for word in step]
    given = exchange(dut, send={"i": sent}, take={"o": len(events)}, stall=(0.0, 0.5))
    assert given["o"] == events


@pytest.mark.parametrize(
    ("source", "bits", "spans"),
    [
        (MAP, 1, (1, 1, 1)), (MAP, 2, (1, 1, 2)), (MAP, 6, (1, 3, 2)), (MAP, 12, (2, 3, 2)),
        (FIRST, 3, (1, 1, 3)), (FIRST, 6, (1, 2, 3)), (FeatureMap(channels=6), 3, (1, 1, 3)),
        (FeatureMap(channels=6), 6, (1, 1, 6)),
    ],
)
def test_words_are_parts_of_an_axis_or_whole_axes(source, bits, spans):
    assert word_spans(source, bits) == spans


@pytest.mark.parametrize("bits", [0, -1, 4, 5, 24])
def test_other_words_are_refused(bits):
    message = (
        f"a map of 2 × 2 × 3 in words of {bits} bits; a word has 6 or 12 bits, or a divisor of 2"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        WordScan(source=MAP, bits=bits)
