"""Tap join against its reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.connection import Connection
from spikewright_hw.engine.tap_join import joined_taps
from spikewright_hw.engine.taps import Tap, event_taps
from spikewright_hw.engine.word_scan import scan_words

DENSITIES = (0, 1, 0, 0.1, 0.5)


def step(connection: Connection, densities: list[float]) -> list[list[Tap]]:
    """Draw the taps of a step, of each part."""
    found = []
    for part, density in zip(connection.branches, densities, strict=True):
        sources = len(part.source)
        spikes = sum((random.random() < density) << at for at in range(sources))
        found.append([*event_taps(part, scan_words(part.source, [spikes]))])
    return found


def steps(connection: Connection) -> list[list[list[Tap]]]:
    """Steps without a spike in any part, with all, and with any in each."""
    parts = len(connection.branches)
    densities = [[0.0] * parts, [1.0] * parts, [0.0] * parts]
    densities += [[random.choice(DENSITIES) for _ in range(parts)] for _ in range(40)]
    return [step(connection, one) for one in densities]


def send(bench: Bench, sent: list[list[list[Tap]]], *, pause: float = 0.0) -> None:
    """Give each part its taps of all steps."""
    for at, taps in enumerate(zip(*sent, strict=True)):
        bench.source(f"i_{at}", pause=pause).send(tap._asdict() for one in taps for tap in one)


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.8]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    connection = bench.component.connection
    sent = steps(connection)
    expected = [tap for one in sent for tap in joined_taps(connection, one)]
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("tap")
    for tap in expected:
        scoreboard.expect(tap._asdict())
    bench.monitor("o", scoreboard.observe)
    send(bench, sent, pause=stall_in)
    await bench.until(lambda: len(sink.received) == len(expected), cycles=60_000)
    await bench.cycles(3)  # in which nothing more comes
    scoreboard.check(at_least=len(expected))


@cocotb.test()
async def takes_a_cycle_for_each_tap_and_each_part_that_ends_without_one(dut):
    bench = await Bench.start(dut)
    connection = bench.component.connection
    sent = steps(connection)
    sink = bench.sink("o")
    given = sum(len(taps) for one in sent for taps in one)
    expected = sum(len(joined_taps(connection, one)) for one in sent)
    send(bench, sent)
    # The first step has no tap, and its first transfer leaves when the last part's has come.
    await bench.until(lambda: len(sink.received) == 1)
    cycles = await bench.until(lambda: len(sink.received) == expected)
    assert cycles == given - len(connection.branches)


@cocotb.test()
async def begins_with_the_first_part_after_a_reset(dut):
    bench = await Bench.start(dut)
    turns = [f"i_{at}__ready" for at in range(len(bench.component.connection.branches))]
    first = [1, *[0] * (len(turns) - 1)]
    await bench.cycles(1)
    assert [bench.read(ready) for ready in turns] == first
    bench.write("i_0__payload", Tap(row=0, word=0, tap=0, last=1)._asdict())
    bench.write("i_0__valid", 1)
    await bench.cycles(1)
    bench.write("i_0__valid", 0)
    await bench.cycles(1)
    assert [bench.read(ready) for ready in turns] == [0, 1, *[0] * (len(turns) - 2)]
    await bench.reset()
    await bench.cycles(1)
    assert [bench.read(ready) for ready in turns] == first
