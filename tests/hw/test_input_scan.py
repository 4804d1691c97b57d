# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Input scan: the core in Amaranth's simulator, and what it refuses."""

import re

import pytest

from spikewright_hw.engine.input_scan import InputScan, input_events, scan_words
from spikewright_hw.engine.words import Words, words_of

from .conftest import plain
from .simulation import Simulator

SHAPES = [(1, 1, 1), (9, 1, 3), (5, 5, 1), (20, 3, 4), (64, 4, 2)]
SHAPES_IN_WORDS = [(5, 1, 1), (41, 1, 3), (20, 3, 4), (66, 4, 2), (300, 8, 3)]



def test_events_by_hand():
    assert input_events([0b101, 0], width=3, banks=1) == [
        {"row": 0, "spike": 1, "last": 0}, {"row": 2, "spike": 1, "last": 1},
        {"row": 0, "spike": 0, "last": 1},
    ]
    assert input_events([0b101], width=3, banks=2) == [
        {"places": [0, 0], "spikes": 0b01, "last": 0},
        {"places": [1, 0], "spikes": 0b01, "last": 1},
    ]


def drawn(width: int, count: int, rng) -> list[list[int]]:
    """Bitmaps of several inferences: empty and full ones, and random ones."""
    full = (1 << width) - 1
    inferences = [[0] * count, [full] * count, [full, *[0] * (count - 1)]]
    for density in (0.05, 0.5):
        for _ in range(4):
            inferences.append([
                sum((rng.random() < density) << bit for bit in range(width))
                for _ in range(count)
            ])
    return inferences


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize(
    ("width", "banks", "count", "at_once"),
    [*((*shape, 128) for shape in SHAPES), *((*shape, 1) for shape in SHAPES_IN_WORDS)],
)
def test_core_follows_reference(width, banks, count, at_once, stall, rng):
    """Events are those of the reference; without a stall the first come at once if two others
    were stored since, and no cycle is lost after them."""
    inferences = drawn(width, count, rng)
    dut = InputScan(width=width, banks=banks, count=count, at_once=at_once)
    assert (dut.words.count == 1) == (at_once > 1)
    given, waits = [], []

    async def drive(ctx):
        for bitmaps in inferences:
            for word in words_of(bitmaps, dut.words):
                ctx.set(dut.i.payload, word)
                ctx.set(dut.i.valid, 1)
                assert ctx.get(dut.i.ready)
                await ctx.tick()
            ctx.set(dut.i.valid, 0)
            ctx.set(dut.go, 1)
            owed, events, cycles = len(input_events(bitmaps, width=width, banks=banks)), [], 0
            while len(events) < owed:
                ctx.set(dut.o.ready, ready := rng.random() >= stall)
                _, _, valid, payload = await ctx.tick().sample(dut.o.valid, dut.o.payload)
                cycles += 1
                if valid and ready:
                    events.append(plain(payload))
            ctx.set(dut.o.ready, 1)
            assert not ctx.get(dut.o.valid), "more events than set bits"
            ctx.set(dut.go, 0)
            given.append(events)
            waits.append(cycles - owed)
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    assert given == [input_events(one, width=width, banks=banks) for one in inferences]
    if not stall:
        assert max(waits) == max(0, 3 - count)


@pytest.mark.parametrize(
    ("width", "banks", "words"),
    [
        (128, 3, Words(bits=128, count=1)),
        (784, 1, Words(bits=32, count=25)),
        (784, 3, Words(bits=48, count=17)),
        (784, 4, Words(bits=64, count=13)),
        (784, 64, Words(bits=784, count=1)),  # groups of 4, and turns that are alike after 64
    ],
)
def test_many_inputs_come_in_words(width, banks, words):
    assert scan_words(width=width, banks=banks) == words


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"width": 8, "banks": 0, "count": 1}, "banks is 0; bitmaps of 8 bits have 1 to 8"),
        ({"width": 2, "banks": 3, "count": 1}, "banks is 3; bitmaps of 2 bits have 1 to 2"),
        ({"width": 2, "banks": 1, "count": 0}, "an inference has at least one bitmap, not 0"),
        (
            {"width": 2, "banks": 1, "count": 1, "at_once": 0},
            "at least one bit comes at once, not 0",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused(keywords, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        InputScan(**keywords)
