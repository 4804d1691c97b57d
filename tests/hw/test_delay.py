# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Delay: its reference, the core in Amaranth's simulator, and what it refuses."""

import re

import pytest

from spikewright_hw.engine.delay import Delay, delay

from .simulation import Simulator


def test_each_source_is_as_late_as_it_says():
    assert delay([0b11, 0, 0, 0], bits=2, delays=(0, 2)) == [0b01, 0, 0b10, 0]
    assert delay([0b01, 0b10, 0b11], bits=2, delays=1) == [0, 0b01, 0b10]
    assert delay([0b01, 0b10], bits=2, delays=0) == [0b01, 0b10]


def test_sources_are_numbered_from_word_to_word_of_a_step():
    words = [1, 1, 0, 1, 0, 0]  # of two steps of three words
    assert delay(words, bits=1, count=3, delays=(0, 1, 1)) == [1, 0, 0, 1, 1, 0]


def test_the_planes_of_a_step_have_the_same_sources():
    words = [0b10, 0b11, 0, 0]  # of two steps of two bit planes
    assert delay(words, bits=2, planes=2, delays=(0, 1)) == [0b00, 0b01, 0b10, 0b10]


def test_own_words_are_known_a_step_before():
    assert delay([1, 0, 1], bits=1, delays=1, own=True) == [0, 1, 0, 1]
    assert delay([1, 0, 1], bits=1, delays=1, own=True, steps=3) == [0, 1, 0]
    assert delay([], bits=1, delays=1, own=True) == [0]


SHAPES = {
    "same": {"bits": 3, "delays": 2},
    "none": {"bits": 5, "delays": 0},
    "each": {"bits": 4, "delays": (3, 0, 1, 0)},
    "words": {"bits": 2, "count": 3, "delays": (0, 1, 2, 2, 0, 0), "ahead": 2},
    "planes": {"bits": 2, "count": 2, "planes": 3, "delays": (1, 0, 0, 2)},
    "far": {"bits": 1, "delays": 9, "ahead": 4},
    "own": {"bits": 3, "delays": (2, 1, 4), "own": True, "steps": 7},
    "own_words": {"bits": 2, "count": 2, "delays": (1, 1, 3, 1), "own": True, "steps": 6},
}


def drawn(dut: Delay, rng) -> list[int]:
    steps = dut.steps or 20
    return [rng.getrandbits(dut.bits) for _ in range(steps * dut.count * dut.planes)]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_core_follows_reference(shape, stall, exchange, rng):
    words = drawn(Delay(**shape), rng)
    given = {name: value for name, value in shape.items() if name != "ahead"}
    expected = delay(words, **given)
    found = exchange(Delay(**shape), send={"i": words}, take={"o": len(expected)}, stall=stall)
    assert found["o"] == expected


@pytest.mark.parametrize("shape", [SHAPES["same"], SHAPES["words"], SHAPES["own"]])
def test_nothing_of_before_is_seen_after_a_clear(shape, rng):
    dut = Delay(**shape)
    given = {name: value for name, value in shape.items() if name != "ahead"}
    found, expected = [], []

    async def testbench(ctx):
        for _ in range(3):
            words = drawn(dut, rng)
            wanted = delay(words, **given)
            expected.extend(wanted)
            left = len(wanted)
            ctx.set(dut.o.ready, 1)
            while left or words:
                ctx.set(dut.i.valid, bool(words))
                ctx.set(dut.i.payload, words[0] if words else 0)
                _, _, taken, gives, word = await ctx.tick().sample(
                    dut.i.ready & dut.i.valid, dut.o.valid, dut.o.payload
                )
                if taken:
                    words.pop(0)
                if gives:
                    found.append(word)
                    left -= 1
            ctx.set(dut.i.valid, 0)
            ctx.set(dut.clear, 1)
            await ctx.tick()
            ctx.set(dut.clear, 0)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert found == expected


@pytest.mark.parametrize("ahead", [1, 3])
def test_as_many_steps_as_were_said_come_ahead(ahead):
    dut = Delay(bits=1, count=2, delays=1, ahead=ahead)
    taken = []

    async def testbench(ctx):
        ctx.set(dut.i.valid, 1)  # and nobody takes what leaves
        for _ in range(40):
            _, _, ready = await ctx.tick().sample(dut.i.ready)
            taken.append(ready)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    # One more, which has left but for its last word: two words are read and wait to be taken.
    assert sum(taken) == 2 * (ahead + 1)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"bits": 0}, "a word has at least one bit, not 0"),
        ({"count": 0}, "a step has at least one word, not 0"),
        ({"planes": 0}, "a step has at least one plane, not 0"),
        ({"ahead": 0}, "at least one step comes ahead, not 0"),
        ({"delays": (1, 2, 3)}, "delays has 3 values; there are 2 sources"),
        ({"delays": (1, -1)}, "delays are 0 or more, not -1"),
        ({"delays": (1, 0), "own": True, "steps": 2}, "delays are 1 or more, not 0"),
        ({"own": True}, "own words have an end, and none comes ahead"),
        ({"own": True, "steps": 2, "ahead": 2}, "own words have an end, and none comes ahead"),
    ],
)
def test_what_is_no_delay_is_refused(shape, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Delay(**{"bits": 2, "delays": 1} | shape)
