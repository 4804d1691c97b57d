# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Bank scan: its reference, the core in Amaranth's simulator, and what it refuses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikewright_hw.engine.bank_scan import BankScan, bank_events
from spikewright_hw.engine.dealing import bank_of, dealt, row_of

from .simulation import Simulator

SHAPES = [(2, 2), (5, 2), (5, 5), (20, 3), (64, 4)]


def test_events_by_hand():
    # Bits 0, 3 and 6 are in bank 0, bit 1 is in bank 1, and bank 2 has none.
    assert bank_events(0b1001011, width=9, banks=3) == [
        ([0, 0, 0], 0b011, 0), ([1, 0, 0], 0b001, 0), ([2, 0, 0], 0b001, 1),
    ]
    assert bank_events(0, width=9, banks=3) == [([0, 0, 0], 0, 1)]


def test_pixels_of_a_column_are_in_several_of_four_banks():
    assert dealt(range(10), 4) == [[0, 7], [1, 4], [2, 5, 8], [3, 6, 9]]
    assert {bank_of(3 + 28 * line, banks=4) for line in range(28)} == {0, 1, 2, 3}
    assert dealt(range(7), 3) == [[0, 3, 6], [1, 4], [2, 5]]


@given(st.integers(1, 12), st.integers(1, 80))
def test_a_place_is_that_of_its_row(banks, rows):
    for bank, places in enumerate(dealt(range(rows), banks)):
        assert places == [row_of(bank, place, banks=banks) for place in range(len(places))]


@given(st.integers(1, 8), st.data())
def test_events_are_the_bitmap(banks, data):
    width = data.draw(st.integers(banks, 40))
    bitmap = data.draw(st.integers(0, (1 << width) - 1))
    events = bank_events(bitmap, width=width, banks=banks)
    found = [
        row_of(bank, place, banks=banks)
        for places, spikes, _ in events
        for bank, place in enumerate(places) if spikes >> bank & 1
    ]
    assert len(found) == len(set(found))
    assert sum(1 << row for row in found) == bitmap
    assert [last for _, _, last in events] == [0] * (len(events) - 1) + [1]
    most = max(map(sum, dealt([bitmap >> bit & 1 for bit in range(width)], banks)))
    assert len(events) == max(1, most)


def expected(bitmaps: list[int], **shape: int) -> list[dict]:
    return [
        {"places": places, "spikes": spikes, "last": last}
        for bitmap in bitmaps
        for places, spikes, last in bank_events(bitmap, **shape)
    ]


def drawn(width: int, rng) -> list[int]:
    bitmaps = [0, 0, (1 << width) - 1, 0, 1, 1 << (width - 1), 1 | 1 << (width - 1), 0]
    for density in (0.05, 0.5):
        for _ in range(30):
            bitmaps.append(sum((rng.random() < density) << bit for bit in range(width)))
    return bitmaps


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize(("width", "banks"), SHAPES)
def test_core_follows_reference(width, banks, stall, exchange, rng):
    bitmaps = drawn(width, rng)
    events = expected(bitmaps, width=width, banks=banks)
    dut = BankScan(width=width, banks=banks)
    assert exchange(dut, send={"i": bitmaps}, take={"o": len(events)}, stall=stall)["o"] == events


@pytest.mark.parametrize(("width", "banks"), SHAPES)
def test_no_cycle_is_lost_from_the_second_on(width, banks, rng):
    bitmaps = drawn(width, rng)
    events = expected(bitmaps, width=width, banks=banks)
    dut = BankScan(width=width, banks=banks)
    valid = []

    async def source(ctx):
        ctx.set(dut.i.valid, 1)
        for bitmap in bitmaps:
            ctx.set(dut.i.payload, bitmap)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def sink(ctx):
        ctx.set(dut.o.ready, 1)
        for _ in range(2 + len(events)):
            _, _, now = await ctx.tick().sample(dut.o.valid)
            valid.append(now)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(sink)
    simulator.run()
    assert valid == [0, 0, *[1] * len(events)]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"width": 8, "banks": 1}, "a bank scan has at least two banks, not 1"),
        ({"width": 2, "banks": 3}, "3 banks have 3 bits at least, not 2"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(keywords, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        BankScan(**keywords)
