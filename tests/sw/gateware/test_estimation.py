"""What a network will take: counts of RTLIL, sizes fitted to networks that were built, cycles."""

import io
import re

import numpy as np
import pytest
from amaranth import Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out
from rich.console import Console

import spikewright as spw
from spikewright.bench import sizes as bench
from spikewright.errors import DataError, ReportError
from spikewright.gateware.design import run_reference
from spikewright.gateware.estimation.contents import Contents, Memory, contents_of, joined
from spikewright.gateware.estimation.measured import MEASURED, read_measured, write_measured
from spikewright.gateware.estimation.sizes import errors_of, estimate_of, families, size_of
from spikewright.gateware.estimation.steps import estimated_cycles, layer_cycles
from spikewright.gateware.synthesis import CellCounts, Netlist
from spikewright_hw.emit import as_rtlil
from spikewright_hw.engine.design import EventDesign


class Counted(wiring.Component):
    """A sum, a comparison, a choice of a sum, a register under a condition, and a memory."""

    a: Signal
    b: Signal
    o: Signal
    less: Signal
    word: Signal

    def __init__(self):
        super().__init__({"a": In(6), "b": In(6), "o": Out(8), "less": Out(1), "word": Out(5)})

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.store = store = memory.Memory(
            shape=5, depth=9, init=[], attrs={"ram_style": "block"}
        )
        read, write = store.read_port(), store.write_port()
        held = Signal(4)
        m.d.comb += [
            self.o.eq(self.a + self.b), self.less.eq(self.a < self.b), self.word.eq(read.data),
            read.addr.eq(held), write.addr.eq(self.a), write.data.eq(self.b), write.en.eq(1),
        ]
        with m.If(self.a[0]):
            m.d.sync += held.eq(self.b)
        return m


def test_what_a_design_holds():
    found = contents_of(as_rtlil(Counted(), name="top"))
    total = joined(list(found.values()))
    assert total.bits == dict.fromkeys(total.bits, 0) | {
        "sum": 7, "chain": 1, "comparison": 6, "case": 4,
    }
    assert total.registers == 4  # the memory's own are not
    assert total.memories == [Memory(5, 9, "block", writable=True, clocked=True, ports=1)]


#: How far look-up tables may be off, and block RAMs, where they are not exact: an Artix-7 has
#: shapes of block RAM that are not told apart.
OFF, BLOCKS = 0.15, {"xc7": 2, "": 0}


def test_networks_that_are_not_fitted_are_estimated():
    rows = read_measured()
    tested = [row for row in rows if not row.fitted]
    assert {row.family for row in rows} == set(families()) == {"ice40", "ecp5", "gowin", "xc7"}
    for row in tested:
        size = estimate_of(row)
        assert abs(size.lut / row.lut - 1) <= OFF, (row.key, size.lut)
        assert abs(size.bram - row.bram) <= BLOCKS.get(row.family, BLOCKS[""]), row.key
    for family, least in (("ecp5", 10), ("ice40", 4), ("gowin", 4), ("xc7", 3)):
        off = errors_of(family)
        assert len(off) >= least and max(map(abs, off)) <= OFF


def test_weights_that_are_loaded_lie_in_large_memories_where_there_are_some():
    (row,) = [
        row for row in read_measured()
        if row.family == "ice40" and "loaded" in row.name and not row.fitted
    ]
    there, absent = (size_of(row.contents, family="ice40", large=large) for large in (True, False))
    assert (there.large, absent.large) == (4, 0)
    assert absent.bram > there.bram == row.bram


def test_a_memory_of_an_ice40_is_flip_flops_where_a_block_would_be_empty():
    def size(depth: int, family: str = "ice40", **kind):
        one = Memory(16, depth, "", clocked=True, ports=1, **{"writable": True, **kind})
        found = size_of(Contents(memories=[one]), family=family)
        return found.ff, found.bram

    assert size(4) == (16 * 4, 0) and size(8) == (0, 1)
    assert size(8, writable=False) == (0, 0) and size(16, writable=False) == (0, 1)
    assert size(4, family="ecp5") == (0, 0)  # in look-up tables


def test_parts_add_up_to_the_whole():
    row = read_measured()[0]
    nothing = size_of(Contents(), family=row.family)
    assert (nothing.lut, nothing.ff, nothing.bram) == (0, 0, 0)
    double = joined([row.contents, row.contents])
    one, two = (size_of(each, family=row.family) for each in (row.contents, double))
    assert abs(two.lut - 2 * one.lut) <= 1
    assert (two.ff, two.bram) == (2 * one.ff, 2 * one.bram)


def test_a_file_of_sizes_that_is_damaged(tmp_path):
    path = tmp_path / "measured.json"
    write_measured(path, rows := read_measured())
    assert read_measured(path) == tuple(sorted(rows, key=lambda row: row.key))
    path.write_text('[{"name": "64-10"}]')
    with pytest.raises(ReportError, match=r"^.*measured\.json cannot be read: KeyError.*bench siz"):
        read_measured(path)


@pytest.mark.parametrize(
    ("network", "settings", "design"),
    [
        ("2C3-P2-10", {"steps": 2}, {}),
        ("12r-10", {"steps": 3}, {}),
        ("12@0,2-10", {}, {}),
        ("24@0,1-10", {}, {"share": (24, 1)}),  # whose updates take longer than its sums
        ("8-10", {"coding": "direct", "steps": 2}, {}),
        ("16-10", {"steps": 2}, {"fold": 4}),
    ],
)
def test_cycles_are_near_those_of_the_gateware(network, settings, design):
    made = bench.Subject(network=network, settings=settings, image=(6, 6)).made()
    rng = np.random.default_rng(3)
    spikes = rng.random((2, made.steps, made.inputs)) < np.array([0.15, 0.5])[:, None, None]
    if made.input_bits > 1:
        spikes = spikes * rng.integers(0, 16, spikes.shape).astype(np.uint8)
    how = EventDesign(**design)
    run = run_reference(made, spikes, design=how)
    counted = spw.simulate(made, spikes, design=how).cycles
    given = estimated_cycles(made, spikes, run, design=how)
    assert abs(given.mean() / counted.mean() - 1) <= 0.15, (given, counted)
    busy = layer_cycles(made, spikes, run, design=how)
    assert len(busy) == len(made.layers) and 0 < max(busy) <= given.mean()


def test_sizes_are_measured_and_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "SUBJECTS", (
        bench.Subject(network="6-10"), bench.Subject(network="5-10", fitted=False),
    ))
    netlist = Netlist(tmp_path / "netlist.json", "ecp5", CellCounts(lut=5, ff=6, bram=7), "yosys 1")
    monkeypatch.setattr(bench, "synthesize", lambda *_, **__: netlist)
    monkeypatch.setattr(bench, "packed_cells", lambda *_, **__: {"TRELLIS_COMB": 8, "DP16KD": 1})
    with pytest.raises(DataError, match=r"^there is no folder .*; run this in the checkout$"):
        spw.bench_sizes("ulx3s", root=tmp_path, build=tmp_path / "build")
    (tmp_path / MEASURED).parent.mkdir(parents=True)
    printed = io.StringIO()
    found = spw.bench_sizes(
        "ulx3s", root=tmp_path, build=tmp_path / "build", console=Console(file=printed, width=200)
    )
    assert [(one.name, one.lut, one.ff, one.bram, one.fitted) for one in found] == [
        ("8x8-6-10", 8, 0, 1, True), ("8x8-5-10", 8, 0, 1, False),
    ]
    assert len(read_measured(tmp_path / MEASURED)) == 2
    assert re.search(r"\| 8x8-5-10 \| ecp5-25f \| 8 \| 0 \| 1 \| test \| +\|", printed.getvalue())
