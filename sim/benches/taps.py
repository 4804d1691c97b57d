"""Taps against their reference, under random stalls."""

import random

import cocotb

from bench import Bench, Scoreboard
from spikewright_hw.connection import Connection
from spikewright_hw.engine.taps import event_taps, tap_cycles, worst_tap_cycles
from spikewright_hw.engine.word_scan import PlaceEvent


def steps(connection: Connection) -> list[list[PlaceEvent]]:
    """Steps without an event, with all, with each alone, and with random ones."""
    sources = len(connection.source)
    chosen = [[], [*range(sources)], [], *([source] for source in range(sources))]
    for density in (0.05, 0.5):
        for _ in range(12):
            chosen.append([at for at in range(sources) if random.random() < density])
    found = []
    for step in chosen:
        events = [PlaceEvent(connection.coordinates(source), 1, 0) for source in step]
        if not step or random.random() < 0.3:
            events.append(PlaceEvent(connection.coordinates(sources - 1), 0, 0))
        found.append([*events[:-1], events[-1]._replace(last=1)])
    return found


def payloads(connection: Connection, events: list[PlaceEvent]) -> list[dict[str, int]]:
    names = connection.source.ordered(y="y", x="x", channel="channel")
    return [
        {**dict(zip(names, event.places, strict=True)), "spike": event.spike, "last": event.last}
        for event in events
    ]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.8]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    connection = bench.component.connection
    sent = [event for step in steps(connection) for event in step]
    expected = [tap._asdict() for tap in event_taps(connection, sent)]
    bench.source("i", pause=stall_in).send(payloads(connection, sent))
    sink = bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("tap")
    for tap in expected:
        scoreboard.expect(tap)
    bench.monitor("o", scoreboard.observe)
    await bench.until(lambda: len(sink.received) == len(expected), cycles=60_000)
    scoreboard.check(at_least=len(expected))


@cocotb.test()
async def takes_a_cycle_for_each_tap_and_each_event_without_any(dut):
    bench = await Bench.start(dut)
    connection = bench.component.connection
    sources = range(len(connection.source))
    events = [PlaceEvent(connection.coordinates(at), 1, int(at == sources[-1])) for at in sources]
    sent = [PlaceEvent(events[0].places, 0, 1), *events, *events]
    bench.source("i").send(payloads(connection, sent))
    sink = bench.sink("o")
    expected = [*event_taps(connection, sent)]
    await bench.until(lambda: len(sink.received) == 1)
    cycles = await bench.until(lambda: len(sink.received) == len(expected))
    assert cycles == 2 * worst_tap_cycles(connection)
    assert cycles == 2 * sum(tap_cycles(connection, at) for at in sources)
