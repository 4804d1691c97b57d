"""What the testbench of every function with an output register does."""

import random
from collections.abc import Callable
from typing import Any

from .bench import Bench
from .payload import unpack, width
from .scoreboard import Scoreboard

__all__ = [
    "follows_reference", "offers_without_waiting_for_ready", "owed", "takes_one_payload_a_cycle",
]


def owed(bench: Bench) -> Callable[[Any], Any]:
    """Return what a gate owes for a payload, from the ``reference`` of its module.

    That takes the payload's parts, a structure among them as a tuple, and returns the result, a
    structure as a tuple again.
    """
    reference = bench.with_parameters(bench.module.reference)
    zero = unpack(bench.component.o.payload.shape(), 0)
    fields = list(zero) if isinstance(zero, dict) else []

    def result(payload: Any) -> Any:
        parts = payload.values() if isinstance(payload, dict) else [payload]
        given = reference(*(tuple(p.values()) if isinstance(p, dict) else p for p in parts))
        return dict(zip(fields, given, strict=True)) if fields else given

    return result


def corners(bits: int) -> list[int]:
    """All and none of a payload's bits, each alone, and all but one."""
    ones = (1 << bits) - 1
    single = [1 << bit for bit in range(bits)]
    return [0, ones, *single, *(ones ^ bit for bit in single)]


async def follows_reference(
    dut: Any, reference: Callable[[Any], Any], *, stall_in: float, stall_out: float
) -> None:
    """Check corners and random payloads against ``reference(payload)``, under random stalls."""
    bench = await Bench.start(dut)
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("result")
    bench.monitor("i", scoreboard.expect_each(reference))
    bench.monitor("o", scoreboard.observe)

    shape = bench.component.i.payload.shape()
    size = width(shape)
    words = corners(size) + [random.getrandbits(size) for _ in range(300)]
    source.send([unpack(shape, word) for word in words])
    await bench.until(lambda: len(sink.received) == len(words))
    scoreboard.check(at_least=len(words))


async def takes_one_payload_a_cycle(dut: Any) -> None:
    """Check the throughput."""
    bench = await Bench.start(dut)
    source = bench.source("i")
    sink = bench.sink("o")
    source.send([unpack(bench.component.i.payload.shape(), 1)] * 100)
    cycles = await bench.until(lambda: len(sink.received) == 100)
    assert cycles <= 104, f"100 payloads took {cycles} cycles"


async def offers_without_waiting_for_ready(dut: Any) -> None:
    """Check that an offer comes although the sink is never ready."""
    bench = await Bench.start(dut)
    bench.source("i").send([unpack(bench.component.i.payload.shape(), 1)])
    await bench.until(lambda: bool(dut.o__valid.value), cycles=5)
