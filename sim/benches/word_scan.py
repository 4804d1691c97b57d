"""Word scan against its reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.connection import FeatureMap
from spikewright_hw.engine.word_scan import scan_cycles, scan_words


def events(source: FeatureMap, words: list[int]) -> list[dict[str, int]]:
    names = source.ordered(y="y", x="x", channel="channel")
    return [
        {**dict(zip(names, event.places, strict=True)), "spike": event.spike, "last": event.last}
        for event in scan_words(source, words)
    ]


def steps(source: FeatureMap, bits: int) -> list[list[int]]:
    """Empty steps, full ones, each spike alone, and random ones of several densities."""
    sources = len(source)
    maps = [0, 0, (1 << sources) - 1, 0, *(1 << at for at in range(sources))]
    for density in (0.05, 0.3, 0.8):
        for _ in range(25):
            maps.append(sum((random.random() < density) << at for at in range(sources)))
    mask = (1 << bits) - 1
    return [[spikes >> at & mask for at in range(0, sources, bits)] for spikes in maps]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.8]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    source = bench.component.source
    sent = steps(source, bench.component.bits)
    bench.source("i", pause=stall_in).send(word for step in sent for word in step)
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("event")
    for step in sent:
        for event in events(source, step):
            scoreboard.expect(event)
    bench.monitor("o", scoreboard.observe)
    total = sum(len(events(source, step)) for step in sent)
    await bench.until(lambda: len(sink.received) == total, cycles=60_000)
    scoreboard.check(at_least=total)


@cocotb.test()
async def takes_a_cycle_for_each_spike_and_each_empty_word(dut):
    bench = await Bench.start(dut)
    source = bench.component.source
    sent = steps(source, bench.component.bits)
    bench.source("i").send(word for step in sent for word in step)
    sink = bench.sink("o")
    total = sum(len(events(source, step)) for step in sent)
    await bench.until(lambda: len(sink.received) == len(events(source, sent[0])))
    cycles = await bench.until(lambda: len(sink.received) == total)
    assert cycles == sum(scan_cycles(step) for step in sent[1:])
