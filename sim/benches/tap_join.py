"""Tap join against its reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.connection import Connection
from spikewright_hw.engine.tap_join import TapJoin, joined_taps
from spikewright_hw.engine.taps import Tap, event_taps
from spikewright_hw.engine.word_scan import scan_words

DENSITIES = (0, 1, 0, 0.1, 0.5)


def taps_of(part: Connection, density: float) -> list[Tap]:
    """Draw the taps of a step of a part, or of a bit plane of it."""
    spikes = sum((random.random() < density) << at for at in range(len(part.source)))
    return [*event_taps(part, scan_words(part.source, [spikes]))]


def passes(core: TapJoin) -> list[list[list[Tap]]]:
    """Steps without a spike in any part, with all, and with any in each: the taps of each pass.

    Those of a part that hears spikes are none but in the last pass of a step.
    """
    parts, planes = core.connection.branches, max(core.bits)
    densities = [[0.0] * len(parts), [1.0] * len(parts), [0.0] * len(parts)]
    densities += [[random.choice(DENSITIES) for _ in parts] for _ in range(40)]
    return [
        [
            taps_of(part, density) if bits == planes or plane == planes - 1 else []
            for part, density, bits in zip(parts, one, core.bits, strict=True)
        ]
        for one in densities for plane in range(planes)
    ]


def send(bench: Bench, sent: list[list[list[Tap]]], *, pause: float = 0.0) -> None:
    """Give each part its taps of all steps."""
    for at, taps in enumerate(zip(*sent, strict=True)):
        bench.source(f"i_{at}", pause=pause).send(tap._asdict() for one in taps for tap in one)


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.8]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    connection = bench.component.connection
    sent = passes(bench.component)
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
    sent = passes(bench.component)
    sink = bench.sink("o")
    given = sum(len(taps) for one in sent for taps in one)
    expected = sum(len(joined_taps(connection, one)) for one in sent)
    send(bench, sent)
    # The first pass has no tap, and its transfer leaves when that of the last part has come.
    await bench.until(lambda: len(sink.received) == 1)
    cycles = await bench.until(lambda: len(sink.received) == expected)
    assert cycles == given - sum(map(bool, sent[0]))


@cocotb.test()
async def begins_with_the_first_part_after_a_reset(dut):
    bench = await Bench.start(dut)
    bits = bench.component.bits
    turns = [f"i_{at}__ready" for at in range(len(bits))]
    at = bits.index(max(bits))  # whose turn is the first of all
    first = [int(other == at) for other in range(len(turns))]
    await bench.cycles(1)
    assert [bench.read(ready) for ready in turns] == first
    # Of several parts in a pass the second has its turn then; of one alone, as often as planes are.
    for _ in range(max(bits) - 1 if bits.count(max(bits)) == 1 else 1):
        bench.write(f"i_{at}__payload", Tap(row=0, word=0, tap=0, last=1)._asdict())
        bench.write(f"i_{at}__valid", 1)
        await bench.cycles(1)
        bench.write(f"i_{at}__valid", 0)
        await bench.cycles(1)
    assert [bench.read(ready) for ready in turns] != first
    await bench.reset()
    await bench.cycles(1)
    assert [bench.read(ready) for ready in turns] == first
