"""What the tests of the number generators share."""

from collections.abc import Callable
from random import Random
from typing import Any

from spikewright_hw.stochastic.number.generator import Generator

from .conftest import plain
from .simulation import Simulator

__all__ = ["follows"]


def follows(
    dut: Generator,
    *,
    value: Callable[[Random], Any],
    bits: Callable[[int, list[Any]], Any],
    latency: int,
    rng: Random,
) -> None:
    """Run a generator under random stalls while the values change in each cycle.

    ``value`` draws a value, and ``bits`` gives the payload due for a number and the values of the
    cycle that makes it. ``latency`` is 1 where that is the cycle in which the number is taken, and
    2 where a register waits in between.
    """
    compared = 0

    async def testbench(ctx):
        nonlocal compared
        stages: list[Any] = [None] * latency  # numbers on their way, then the payload offered
        for _ in range(300):
            values = [value(rng) for _ in range(dut.lanes)]
            number = rng.getrandbits(dut.width)
            valid, ready = rng.random() < 0.8, rng.random() < 0.6
            ctx.set(dut.values, values)
            ctx.set(dut.i.payload, number)
            ctx.set(dut.i.valid, valid)
            ctx.set(dut.o.ready, ready)
            offered = stages[-1]
            assert ctx.get(dut.o.valid) == (offered is not None)
            if offered is not None:
                assert plain(ctx.get(dut.o.payload)) == offered
                compared += ready
            moves = ready or offered is None
            assert ctx.get(dut.i.ready) == moves
            await ctx.tick()
            if moves:
                stages = [number if valid else None, *stages[:-1]]
                if stages[-1] is not None:
                    stages[-1] = bits(stages[-1], values)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    assert compared > 100
