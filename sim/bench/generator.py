"""What the testbench of every number generator does."""

import random
from collections.abc import Callable
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge

from .bench import Bench
from .scoreboard import Scoreboard

__all__ = [
    "follows_bits",
    "holds_exactly_the_value",
    "offers_without_waiting_for_ready",
    "takes_one_number_a_cycle",
]


async def follows_bits(
    dut: Any,
    bits: Callable[[int, list[Any]], Any],
    *,
    corners: list[Any],
    value: Callable[[], Any],
    latency: int = 1,
    stall_in: float,
    stall_out: float,
) -> None:
    """Check the core against ``bits(number, values)`` while the values change in every cycle.

    A bit is made of the values of the cycle in which its number is taken, or with a ``latency`` of
    2, of those of the next cycle that is not stalled. Values are one of ``corners`` or what
    ``value()`` draws.
    """
    bench = await Bench.start(dut)
    width, lanes = bench.parameters["width"], bench.parameters["lanes"]
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("bits")
    bench.monitor("o", scoreboard.observe)

    async def expect() -> None:
        stages: list[int | None] = [None] * latency  # numbers, the one to be made into bits last
        while True:
            await RisingEdge(dut.clk)
            if not bool(dut.i__ready.value):
                continue
            taken = int(dut.i__payload.value) if bool(dut.i__valid.value) else None
            stages = [taken, *stages[:-1]]
            if stages[-1] is not None:
                scoreboard.expect(bits(stages[-1], bench.read("values")))

    cocotb.start_soon(expect())
    numbers = [0, (1 << width) - 1] * 20 + [random.getrandbits(width) for _ in range(300)]
    source.send(numbers)
    while len(sink.received) < len(numbers):
        await bench.cycles(1)
        bench.write("values", [random.choice([*corners, value()]) for _ in range(lanes)])
    scoreboard.check(at_least=len(numbers))


async def holds_exactly_the_value(
    dut: Any,
    ones: Callable[[Any], int],
    *,
    values: list[Any],
    bits: Callable[[Any], int] = lambda payload: payload,
) -> None:
    """Check that over a period of each number once, a value makes ``ones(value)`` ones.

    ``bits`` gives the random bits of a payload.
    """
    bench = await Bench.start(dut)
    period = 1 << bench.parameters["width"]
    lanes = bench.parameters["lanes"]
    source = bench.source("i")
    sink = bench.sink("o")
    for value in values:
        bench.write("values", [value] * lanes)
        sink.received.clear()
        source.send(random.sample(range(period), period))
        await bench.until(lambda: len(sink.received) == period)
        for lane in range(lanes):
            assert sum(bits(word) >> lane & 1 for word in sink.received) == ones(value)


async def takes_one_number_a_cycle(dut: Any) -> None:
    """Check the throughput."""
    bench = await Bench.start(dut)
    source = bench.source("i")
    sink = bench.sink("o")
    source.send([1] * 100)
    cycles = await bench.until(lambda: len(sink.received) == 100)
    assert cycles <= 105, f"100 numbers took {cycles} cycles"


async def offers_without_waiting_for_ready(dut: Any) -> None:
    """Check that an offer comes although the sink is never ready."""
    bench = await Bench.start(dut)
    bench.source("i").send([1])
    await bench.until(lambda: bool(dut.o__valid.value), cycles=6)
