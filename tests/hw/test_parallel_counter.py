# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest
from amaranth import Module, Signal

from spikewright_hw.stochastic.arithmetic.parallel_counter import (
    ParallelCounter,
    count,
    population_count,
)

from .simulation import Simulator


def test_count_by_hand():
    assert [count(bits) for bits in (0, 1, 0b1011, (1 << 70) - 1)] == [0, 1, 3, 70]


@pytest.mark.parametrize("inputs", [*range(1, 11), 31, 32, 33, 64, 100])
def test_population_count(inputs, rng):
    """All words where there are few; each number of ones, in random places, where there are many.

    The result is just wide enough for the number of inputs.
    """
    m = Module()
    bits = Signal(inputs)
    total = population_count(m, bits)
    assert len(total) == inputs.bit_length()
    words = range(1 << inputs) if inputs <= 10 else [
        sum(1 << place for place in rng.sample(range(inputs), ones))
        for ones in range(inputs + 1)
        for _ in range(5)
    ]

    async def testbench(ctx):
        for word in words:
            ctx.set(bits, word)
            assert ctx.get(total) == word.bit_count()

    simulator = Simulator(m)
    simulator.add_testbench(testbench)
    simulator.run()


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("inputs", [1, 2, 7, 64])
def test_core_follows_reference(exchange, rng, inputs, stall):
    words = [0, (1 << inputs) - 1, *(rng.getrandbits(inputs) for _ in range(100))]
    dut = ParallelCounter(inputs=inputs)
    came = exchange(dut, send={"i": words}, take={"o": len(words)}, stall=stall)
    assert came["o"] == [count(word) for word in words]


def test_no_inputs():
    with pytest.raises(ValueError, match=r"^a counter has at least one input, not 0$"):
        ParallelCounter(inputs=0)
