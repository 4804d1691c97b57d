# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Spike scan: its reference, the core in Amaranth's simulator, and what it refuses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikewright_hw.engine.scan import Scan, scan_events, scan_group

from .simulation import Simulator

SHAPES = [(1, 2), (2, 2), (5, 8), (8, 2), (20, 4), (21, 4), (64, 8)]


def test_events_by_hand():
    assert scan_events(0) == [(0, 0, 1)]
    assert scan_events(1) == [(0, 1, 1)]
    assert scan_events(0b101001) == [(0, 1, 0), (3, 1, 0), (5, 1, 1)]


@given(st.integers(0, 2**70))
def test_events_are_the_bitmap(bitmap):
    events = scan_events(bitmap)
    rows = [row for row, _, _ in events]
    assert rows == sorted(set(rows))
    assert sum(spike << row for row, spike, _ in events) == bitmap
    assert [last for _, _, last in events] == [0] * (len(events) - 1) + [1]
    assert all(spike for _, spike, _ in events) == bool(bitmap)


def expected(bitmaps: list[int]) -> list[dict[str, int]]:
    return [
        {"row": row, "spike": spike, "last": last}
        for bitmap in bitmaps
        for row, spike, last in scan_events(bitmap)
    ]


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize(("width", "group"), SHAPES)
def test_core_follows_reference(width, group, stall, exchange, rng):
    bitmaps = [0, 0, (1 << width) - 1, 0, 1, 1 << (width - 1)]
    for density in (0.05, 0.5):
        for _ in range(30):
            bitmaps.append(sum((rng.random() < density) << bit for bit in range(width)))
    events = expected(bitmaps)
    dut = Scan(width=width, group=group)
    assert exchange(dut, send={"i": bitmaps}, take={"o": len(events)}, stall=stall)["o"] == events


@pytest.mark.parametrize(("width", "group"), SHAPES)
def test_one_event_a_cycle_from_the_second_cycle_on(width, group, rng):
    # Bits far apart, empty bitmaps, one after another: no cycle is without an event.
    bitmaps = [1 | 1 << (width - 1), 0, 0, (1 << width) - 1, 1 << (width - 1)]
    bitmaps += [rng.getrandbits(width) for _ in range(10)]
    events = expected(bitmaps)
    dut = Scan(width=width, group=group)
    received = []

    async def source(ctx):
        ctx.set(dut.i.valid, 1)
        for bitmap in bitmaps:
            ctx.set(dut.i.payload, bitmap)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def sink(ctx):
        ctx.set(dut.o.ready, 1)
        for _ in range(2 + len(events)):
            _, _, valid, payload = await ctx.tick().sample(dut.o.valid, dut.o.payload)
            received.append({name: payload[name] for name in events[0]} if valid else None)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(sink)
    simulator.run()
    assert received == [None, None, *events]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"width": 0}, "a scan is at least one bit wide, not 0"),
        ({"width": 8, "group": 1}, "a group is a power of two of at least 2 bits, not 1"),
        ({"width": 8, "group": 6}, "a group is a power of two of at least 2 bits, not 6"),
        ({"width": 8, "group": 0}, "a group is a power of two of at least 2 bits, not 0"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(keywords, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Scan(**keywords)


@pytest.mark.parametrize(
    ("width", "group"), [(1, 2), (2, 2), (4, 2), (8, 4), (16, 4), (64, 8), (100, 16), (784, 32)]
)
def test_scan_group_is_near_the_square_root(width, group):
    assert scan_group(width) == group
