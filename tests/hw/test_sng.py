# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest
from amaranth.sim import Simulator

from spikewright_hw.stochastic.number.sng import Sng, bits
from spikewright_hw.stochastic.source.lfsr import step


@pytest.mark.parametrize("width", [1, 4, 6])
def test_a_period_of_all_numbers_is_exact(width):
    for value in range((1 << width) + 1):
        assert sum(bits(number, [value]) for number in range(1 << width)) == value


def test_a_period_of_an_lfsr_misses_the_number_zero():
    states = [1]
    while (state := step(states[-1], width=5)) != 1:
        states.append(state)
    for value in range(33):
        assert sum(bits(state, [value]) for state in states) == max(value - 1, 0)


def test_lanes_are_separate():
    assert bits(3, [0, 3, 4, 16]) == 0b1100


@pytest.mark.parametrize(("width", "lanes"), [(1, 1), (4, 3), (8, 2)])
def test_core_follows_reference(width, lanes, rng):
    dut = Sng(width=width, lanes=lanes)

    async def testbench(ctx):
        expected = None
        for _ in range(200):
            values = [rng.randrange((1 << width) + 1) for _ in range(lanes)]
            number, ready = rng.getrandbits(width), rng.random() < 0.5
            ctx.set(dut.values, values)
            ctx.set(dut.i.payload, number)
            ctx.set(dut.i.valid, 1)
            ctx.set(dut.o.ready, ready)
            if expected is not None:
                assert ctx.get(dut.o.valid)
                assert ctx.get(dut.o.payload) == expected
            taken = ctx.get(dut.i.ready)
            assert taken == (ready or expected is None)
            await ctx.tick()
            if taken:
                expected = bits(number, values)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


def test_no_bits():
    with pytest.raises(ValueError, match=r"^a random number has at least one bit, not 0$"):
        Sng(width=0)


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^a generator has at least one lane, not -1$"):
        Sng(width=4, lanes=-1)
