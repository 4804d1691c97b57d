"""What the testbench of every gate multiplier does."""

import random
from collections.abc import Callable
from typing import Any

from .bench import Bench
from .scoreboard import Scoreboard

__all__ = ["follows_product", "offers_without_waiting_for_ready", "takes_one_pair_a_cycle"]


def corners(lanes: int) -> list[dict[str, int]]:
    """All and no bits of each factor, and a single one at either end."""
    values = sorted({0, 1, 1 << (lanes - 1), (1 << lanes) - 1})
    return [{"a": a, "b": b} for a in values for b in values]


async def follows_product(
    dut: Any, product: Callable[..., int], *, stall_in: float, stall_out: float
) -> None:
    """Check corners and random pairs against ``product(a, b, lanes=)``, under random stalls."""
    bench = await Bench.start(dut)
    lanes = bench.parameters["lanes"]
    source = bench.source("i", pause=stall_in)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("product")
    expected = scoreboard.expect_each(lambda pair: product(pair["a"], pair["b"], lanes=lanes))
    bench.monitor("i", expected)
    bench.monitor("o", scoreboard.observe)

    pairs = corners(lanes) + [
        {"a": random.getrandbits(lanes), "b": random.getrandbits(lanes)} for _ in range(200)
    ]
    source.send(pairs)
    await bench.until(lambda: len(sink.received) == len(pairs))
    scoreboard.check(at_least=len(pairs))


async def takes_one_pair_a_cycle(dut: Any) -> None:
    """Check the throughput."""
    bench = await Bench.start(dut)
    source = bench.source("i")
    sink = bench.sink("o")
    source.send([{"a": 1, "b": 1}] * 100)
    cycles = await bench.until(lambda: len(sink.received) == 100)
    assert cycles <= 104, f"100 pairs took {cycles} cycles"


async def offers_without_waiting_for_ready(dut: Any) -> None:
    """Check that an offer comes although the sink is never ready."""
    bench = await Bench.start(dut)
    bench.source("i").send([{"a": 1, "b": 1}])
    await bench.until(lambda: bool(dut.o__valid.value), cycles=5)
