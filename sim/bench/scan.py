"""What the testbench of every scan does that makes events of a bitmap."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from .bench import Bench
from .scoreboard import Scoreboard

__all__ = ["events_each_cycle", "follows_bitmaps"]

#: The events of a bitmap, each a payload of the core's output.
Events = Callable[[int, Bench], Sequence[dict[str, Any]]]


def bitmaps(width: int, *, each: int) -> list[int]:
    """Return each bit alone, the empty and the full bitmap, and random ones of four densities."""
    corners = [1 << bit for bit in range(width)] + [0, 0, (1 << width) - 1, 0]
    drawn = [
        sum((random.random() < density) << bit for bit in range(width))
        for density in (0, 0.1, 0.5, 1)
        for _ in range(each)
    ]
    random.shuffle(drawn)
    return corners + drawn


async def follows_bitmaps(dut: Any, events: Events, *, stall_in: float, stall_out: float) -> None:
    """Check the events of bitmaps, under random stalls."""
    bench = await Bench.start(dut)
    bench.source("i", pause=stall_in).send(sent := bitmaps(bench.parameters["width"], each=25))
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("event")

    def expect(bitmap: int) -> None:
        for event in events(bitmap, bench):
            scoreboard.expect(event)

    bench.monitor("i", expect)
    bench.monitor("o", scoreboard.observe)
    total = sum(len(events(bitmap, bench)) for bitmap in sent)
    await bench.until(lambda: len(sink.received) == total, cycles=40_000)
    scoreboard.check(at_least=total)


async def events_each_cycle(dut: Any, events: Events) -> None:
    """Check the throughput: an event in each cycle, also where a bitmap follows another."""
    bench = await Bench.start(dut)
    bench.source("i").send(sent := bitmaps(bench.parameters["width"], each=10))
    sink = bench.sink("o")
    total = sum(len(events(bitmap, bench)) for bitmap in sent)
    await bench.until(lambda: len(sink.received) >= 1)
    cycles = await bench.until(lambda: len(sink.received) == total)
    assert cycles == total - 1, f"{total} events took {cycles + 1} cycles"
