# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Repack: its reference, the core in Amaranth's simulator, and what it refuses."""

import re

import pytest

from spikewright_hw.engine.repack import Repack, repack

from .simulation import Simulator


def test_the_order_of_the_bits_stays():
    assert repack([0b101, 0b011], bits=3, count=2, out_bits=2) == [0b01, 0b11, 0b01]
    assert repack([0b01, 0b11, 0b01], bits=2, count=3, out_bits=3) == [0b101, 0b011]


def test_each_step_ends_with_zeros():
    words = [0b111, 0b111, 0b001, 0b110]
    assert repack(words, bits=3, count=2, out_bits=4) == [0b1111, 0b11, 0b0001, 0b11]


def test_bits_that_do_not_count_are_dropped():
    assert repack([0xFF, 0xFF], bits=8, count=2, out_bits=5, total=11) == [31, 31, 1]
    assert repack([0xFF, 0xFF], bits=8, count=2, out_bits=5, total=10) == [31, 31]


def test_back_and_forth_is_the_same(rng):
    for _ in range(50):
        bits, count, out_bits = (rng.randint(1, 9) for _ in range(3))
        words = [rng.getrandbits(bits) for _ in range(3 * count)]
        there = repack(words, bits=bits, count=count, out_bits=out_bits)
        total, out_count = bits * count, len(there) // 3
        # The words between have no more bits than theirs last one needs.
        assert (out_count - 1) * out_bits < total <= out_count * out_bits
        back = repack(there, bits=out_bits, count=out_count, out_bits=bits, total=total)
        assert back == words


#: Widths that divide each other either way, that do not, and one that is larger than a step.
SHAPES = [(1, 1, 1, 1), (8, 4, 2, 31), (2, 6, 8, 12), (5, 3, 8, 15), (8, 3, 3, 17), (3, 2, 16, 6)]


@pytest.mark.parametrize(("bits", "count", "out_bits", "total"), SHAPES)
@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_core_follows_reference(bits, count, out_bits, total, stall, rng):
    dut = Repack(bits=bits, count=count, out_bits=out_bits, total=total)
    words = [rng.getrandbits(bits) for _ in range(40 * count)]
    found = []

    async def source(ctx):
        for word in words:
            ctx.set(dut.i.payload, word)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            while rng.random() < stall:
                await ctx.tick()

    async def sink(ctx):
        while len(found) < 40 * dut.out_count:
            ctx.set(dut.o.ready, 0)
            while rng.random() < stall:
                await ctx.tick()
            ctx.set(dut.o.ready, 1)
            (word,) = await ctx.tick().sample(dut.o.payload).until(dut.o.valid)
            found.append(word)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(sink)
    simulator.run()
    assert found == repack(words, bits=bits, count=count, out_bits=out_bits, total=total)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"bits": 0}, "a word in has at least one bit, not 0"),
        ({"out_bits": 0}, "a word out has at least one bit, not 0"),
        ({"count": 0}, "a step has at least one word, not 0"),
        ({"total": 8}, "a step of 3 words of 4 bits has 9 to 12 bits that count, not 8"),
        ({"total": 13}, "a step of 3 words of 4 bits has 9 to 12 bits that count, not 13"),
    ],
)
def test_what_is_no_step_is_refused(shape, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Repack(**{"bits": 4, "count": 3, "out_bits": 2} | shape)
