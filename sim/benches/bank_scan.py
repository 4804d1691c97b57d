"""Bank scan against its reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.engine.bank_scan import bank_events


def events(bitmap: int, bench: Bench) -> list[dict]:
    return [
        {"places": places, "spikes": spikes, "last": last}
        for places, spikes, last in bank_events(bitmap, **bench.parameters)
    ]


def bitmaps(width: int, *, each: int) -> list[int]:
    """Each bit alone, the empty and the full bitmap, and random ones of several densities."""
    corners = [1 << bit for bit in range(width)] + [0, 0, (1 << width) - 1, 0]
    drawn = [
        sum((random.random() < density) << bit for bit in range(width))
        for density in (0, 0.1, 0.5, 1)
        for _ in range(each)
    ]
    random.shuffle(drawn)
    return corners + drawn


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.8]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
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


@cocotb.test()
async def gives_events_each_cycle(dut):
    bench = await Bench.start(dut)
    sent = bitmaps(bench.parameters["width"], each=10)
    bench.source("i").send(sent)
    sink = bench.sink("o")
    total = sum(len(events(bitmap, bench)) for bitmap in sent)
    await bench.until(lambda: len(sink.received) >= 1)
    cycles = await bench.until(lambda: len(sink.received) == total)
    assert cycles == total - 1, f"{total} events took {cycles + 1} cycles"
