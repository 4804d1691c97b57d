import json
import os
import re
import signal
import sys
import textwrap
import time
from pathlib import Path

import pytest
from amaranth import Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from spikewright import tools
from spikewright.errors import BuildError, ToolError
from spikewright.gateware.families.xc7 import XC7
from spikewright.gateware.parts import FAMILIES, PARTS, family_of
from spikewright.gateware.placement import packed_cells, place
from spikewright.gateware.room import TooLarge
from spikewright.gateware.synthesis import (
    CellCounts,
    Netlist,
    rename_elements,
    synthesize,
)
from spikewright_hw.cores import CORES
from spikewright_hw.emit import as_rtlil, as_verilog
from spikewright_hw.engine.event import EventEngine
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format


class Register(wiring.Component):
    """As many flip-flops as it is wide, and nothing else."""

    i: Signal
    o: Signal

    def __init__(self, width: int):
        super().__init__({"i": In(width), "o": Out(width)})

    def elaborate(self, platform) -> Module:
        m = Module()
        m.d.sync += self.o.eq(self.i)
        return m


class Table(wiring.Component):
    """A table of 16 kbit."""

    i: Signal
    o: Signal

    def __init__(self):
        super().__init__({"i": In(10), "o": Out(16)})

    def elaborate(self, platform) -> Module:
        m = Module()
        content = [entry * 7919 % (1 << 16) for entry in range(1024)]
        m.submodules.table = table = memory.Memory(shape=16, depth=1024, init=content)
        port = table.read_port()
        m.d.comb += [port.addr.eq(self.i), self.o.eq(port.data)]
        return m


class Both(wiring.Component):
    """A register of 13 bits, and a table."""

    i: Signal
    o: Signal
    i_register: Signal
    o_register: Signal

    def __init__(self):
        super().__init__({
            "i": In(10), "o": Out(16), "i_register": In(13), "o_register": Out(13),
        })

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.register = register = Register(13)
        m.submodules.table = table = Table()
        m.d.comb += [
            register.i.eq(self.i_register), self.o_register.eq(register.o),
            table.i.eq(self.i), self.o.eq(table.o),
        ]
        return m


def mixer(rounds: int) -> str:
    """RTLIL that takes some seconds to place: a long chain of additions."""

    class Mixer(wiring.Component):
        i: Signal
        o: Signal

        def __init__(self):
            super().__init__({"i": In(16), "o": Out(16)})

        def elaborate(self, platform) -> Module:
            m = Module()
            state = self.i
            for index in range(rounds):
                following = Signal(16, name=f"state{index}")
                m.d.sync += following.eq(state + following.rotate_left(3))
                state = following
            m.d.comb += self.o.eq(state)
            return m

    return as_rtlil(Mixer(), name="mixer")


#: Four blocks of 4 kbit, or one of 18 kbit.
BLOCKS = {"ice40": 4, "ecp5": 1, "gowin": 1, "xc7": 1}


@pytest.mark.parametrize("family", FAMILIES)
def test_flip_flops_and_block_rams_are_counted(family, tmp_path):
    netlist = synthesize(as_rtlil(Both(), name="both"), top="both", family=family, build=tmp_path)
    assert netlist.counts == CellCounts(ff=13, bram=BLOCKS[family])
    assert netlist.path.is_file()


def test_cells_are_weighed_by_family():
    cells = {"LUT4": 10, "CCU2C": 3, "TRELLIS_DPR16X4": 2, "TRELLIS_FF": 7, "PFUMX": 5}
    assert CellCounts.of_cells(cells, family="ecp5") == CellCounts(lut=10 + 6 + 8, ff=7, carry=3)
    cells = {"SB_LUT4": 4, "SB_DFF": 1, "SB_DFFESR": 2, "SB_CARRY": 3, "SB_MAC16": 1,
             "SB_RAM40_4K": 1, "SB_RAM40_4KNW": 1}
    assert CellCounts.of_cells(cells, family="ice40") == CellCounts(4, 3, 2, 1, 3)
    cells = {"LUT1": 1, "LUT6": 2, "RAM64M": 1, "FDRE": 3, "FDSE": 1, "RAMB18E1": 1,
             "RAMB36E1": 2, "DSP48E1": 1, "CARRY4": 2, "MUXF7": 9, "BUFG": 1}
    assert CellCounts.of_cells(cells, family="xc7") == CellCounts(7, 4, 5, 1, 2)


def test_elements_of_arrays_are_renamed_and_slices_are_not():
    text = "wire width 8 \\x[9].y[0]\nconnect \\x [9] \\x[9].y[0] [3:0]\n"
    assert rename_elements(text) == "wire width 8 \\x.9.y.0\nconnect \\x [9] \\x.9.y.0 [3:0]\n"


def test_a_port_whose_elements_bear_the_names_of_its_bits_is_synthesised(tmp_path):
    core = CORES["row_layer"]
    text = as_rtlil(core.build("i5_n16_share8"), name="layer")
    assert "membranes[9]" in text
    netlist = synthesize(text, top="layer", family="ecp5", build=tmp_path)
    assert netlist.counts.ff > 0


def test_verilog_and_rtlil_give_the_same_size(tmp_path):
    one = synthesize(
        as_verilog(Register(8), name="register"), top="register", family="ecp5",
        language="verilog", build=tmp_path,
    )
    other = synthesize(
        as_rtlil(Register(8), name="register"), top="register", family="ecp5", build=tmp_path
    )
    assert one.counts == other.counts


def test_the_fallback_gives_the_same_size(tmp_path, monkeypatch):
    text = as_rtlil(Table(), name="table")
    usual = synthesize(text, top="table", family="ecp5", build=tmp_path)
    find = tools.find
    monkeypatch.setattr(tools, "find", lambda name: None if name == "pyosys" else find(name))
    fallback = synthesize(text, top="table", family="ecp5", build=tmp_path)
    assert usual.path != fallback.path
    assert usual.counts == fallback.counts


def test_the_same_design_is_synthesised_once(tmp_path, monkeypatch):
    text = as_rtlil(Register(8), name="register")
    first = synthesize(text, top="register", family="ecp5", build=tmp_path)
    monkeypatch.setattr(tools, "run", lambda *arguments, **options: pytest.fail("ran again"))
    assert synthesize(text, top="register", family="ecp5", build=tmp_path) == first


def test_an_unknown_family_is_refused(tmp_path):
    with pytest.raises(ValueError) as caught:
        synthesize("", top="top", family="ice5", build=tmp_path)
    assert str(caught.value) == "family must be one of ice40, ecp5, gowin, xc7, not 'ice5'"


def test_a_design_that_yosys_refuses_is_a_sentence(tmp_path):
    with pytest.raises(BuildError) as caught:
        synthesize("module top", top="top", family="ecp5", language="verilog", build=tmp_path)
    log = tmp_path / "logs" / "top.ecp5.synthesis.log"
    assert re.fullmatch(
        rf"p?yosys failed: design\.v:\d+: ERROR: syntax error.* \(see {re.escape(str(log))}\)",
        str(caught.value),
    ), str(caught.value)
    assert not list((tmp_path / "cache" / "synthesis").iterdir())


def test_ports_of_more_bits_than_there_are_pins_for(tmp_path, monkeypatch):
    ports = {"clk": 1, "rst": 1, "i": 40, "o": 40}
    path = tmp_path / "netlist.json"
    path.write_text(json.dumps({"modules": {"register": {
        "attributes": {"top": "1"},
        "ports": {name: {"bits": [*range(width)]} for name, width in ports.items()},
    }}}))
    netlist = Netlist(path, "xc7", CellCounts(), "yosys")
    monkeypatch.setattr(tools, "require", lambda name: tools.Tool(name, (), {}, "1"))
    message = (
        "the ports have 82 bits; on Artix-7 XC7A35T, pins are chosen for up to 24 of them"
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        place(netlist, part="a7-35t", seed=1, frequency_mhz=50, build=tmp_path)


#: Parts that are placed on each time; the others, which differ in size, take longer.
QUICK = ("up5k", "hx8k", "ecp5-25f", "gw1nr-9c", "a7-35t")


@pytest.mark.parametrize(
    "part",
    [part if part in QUICK else pytest.param(part, marks=pytest.mark.slow) for part in PARTS],
)
def test_a_placement_has_speed_and_size_and_is_made_once(part, tmp_path, monkeypatch):
    family = family_of(part)
    if family is XC7 and tools.find(family.flow.tool) is None:
        pytest.skip(f"{family.flow.tool}, which is in no package registry, is not installed")
    text = as_rtlil(Register(4), name="register")
    netlist = synthesize(text, top="register", family=PARTS[part].family, pads=True, build=tmp_path)
    first = place(netlist, part=part, seed=1, frequency_mhz=50, build=tmp_path)
    assert first.configuration.stat().st_size > 0
    pins = {"ice40": "SB_IO", "ecp5": "TRELLIS_IO", "gowin": "IOB", "xc7": "PAD"}[family.name]
    assert first.used[pins] == 4 + 4 + 2  # clock and reset besides
    for kind, cells in family.used.items():
        assert sum(first.available.get(cell, 0) for cell in cells) == PARTS[part].room[kind]
    monkeypatch.setattr(tools, "run", lambda *arguments, **options: pytest.fail("ran again"))
    assert place(netlist, part=part, seed=1, frequency_mhz=50, build=tmp_path) == first


def test_the_frequency_of_a_clock_is_found_by_its_name(tmp_path):
    netlist = synthesize(mixer(4), top="mixer", family="ecp5", build=tmp_path)
    first, second = (
        place(netlist, part="ecp5-25f", seed=seed, frequency_mhz=100, build=tmp_path)
        for seed in (1, 2)
    )
    assert 100 < first.fmax_of("clk") < 1000
    with pytest.raises(KeyError, match="clocks named like 'other'"):
        first.fmax_of("other")
    assert first.configuration.read_text() != second.configuration.read_text()  # the seed arrives


def test_a_design_that_does_not_fit_is_a_sentence(tmp_path):
    text = as_rtlil(Register(20), name="register")  # 42 pins, and the package has 39
    netlist = synthesize(text, top="register", family="ice40", build=tmp_path)
    with pytest.raises(BuildError) as caught:
        place(netlist, part="up5k", seed=1, frequency_mhz=50, build=tmp_path)
    assert re.fullmatch(
        r"the design does not fit iCE40 UP5K: packed, it takes 42 SB_IO of 39 \(see "
        r".*\.placement\.log\)",
        str(caught.value),
    ), str(caught.value)


def test_cells_are_counted_as_they_are_packed(tmp_path):
    """A logic cell has a look-up table and a flip-flop, which do not always share it."""
    netlist = synthesize(
        as_rtlil(Register(8), name="register"), top="register", family="ice40", build=tmp_path
    )
    packed = packed_cells(netlist, part="up5k", build=tmp_path)
    assert packed["ICESTORM_LC"] >= netlist.counts.ff > 0 and packed["ICESTORM_RAM"] == 0


def test_what_is_too_large_when_it_is_packed_is_told_by_how_much(tmp_path, monkeypatch):
    netlist = synthesize(
        as_rtlil(Register(8), name="register"), top="register", family="ice40", build=tmp_path
    )

    def fails(tool, arguments, *, log, **how):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("Info: \t ICESTORM_LC:  5607/  5280  106%\nInfo: \t SB_IO:  3/  39   7%\n")
        raise BuildError("nextpnr-ice40 failed: ERROR: Failed to expand region")

    monkeypatch.setattr("spikewright.tools.run", fails)
    with pytest.raises(TooLarge) as caught:
        place(netlist, part="up5k", seed=1, frequency_mhz=50, build=tmp_path)
    assert caught.value.over == {"lut": 327}
    assert re.fullmatch(
        r"the design does not fit iCE40 UP5K: packed, it takes 5,607 ICESTORM_LC of 5,280 \(see "
        r".*\.placement\.log\)",
        str(caught.value),
    ), str(caught.value)


def test_a_netlist_of_another_family_is_refused(tmp_path):
    netlist = Netlist(tmp_path / "netlist.json", "xc7", CellCounts(), "yosys")
    with pytest.raises(ValueError) as caught:
        place(netlist, part="up5k", seed=1, frequency_mhz=50, build=tmp_path)
    assert str(caught.value) == "a netlist for xc7 cannot be placed on iCE40 UP5K"


def test_a_missing_placer_is_a_sentence(tmp_path, monkeypatch):
    path = tmp_path / "netlist.json"
    path.write_text("{}")
    netlist = Netlist(path, "ecp5", CellCounts(), "yosys")
    monkeypatch.setattr(tools, "find", lambda name: None)
    with pytest.raises(ToolError, match=r"^nextpnr-ecp5 was not found; without it, no ECP5"):
        place(netlist, part="ecp5-25f", seed=1, frequency_mhz=50, build=tmp_path)


def running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
def test_ctrl_c_in_place_and_route_leaves_no_child_and_nothing_half_written(launch, tmp_path):
    netlist = synthesize(mixer(200), top="mixer", family="ecp5", build=tmp_path)
    script = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from spikewright.gateware.placement import place
        from spikewright.gateware.synthesis import CellCounts, Netlist
        netlist = Netlist(Path({str(netlist.path)!r}), "ecp5", CellCounts(), "yosys")
        try:
            place(netlist, part="ecp5-25f", seed=1, frequency_mhz=400, build=Path(sys.argv[1]))
        except KeyboardInterrupt:
            sys.exit(130)
    """)
    process = launch([sys.executable, "-c", script, tmp_path])
    logs = tmp_path / "logs"
    deadline = time.monotonic() + 240  # the first start of the placer may take a minute or two
    while not any("Placed" in log.read_text() for log in logs.glob("*.placement.log")):
        assert process.poll() is None, "it ended before it could be interrupted"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    assert list((tmp_path / "cache" / "placement").iterdir())  # at work under a temporary name

    os.kill(process.pid, signal.SIGINT)
    assert process.wait(20) == 130
    deadline = time.monotonic() + 20
    while running(int(children[0])):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not list((tmp_path / "cache" / "placement").iterdir())


@pytest.mark.parametrize(("inputs", "large"), [(300, 1), (20, 0)])
def test_a_large_memory_that_a_host_fills_is_one_that_no_bitstream_fills(inputs, large, tmp_path):
    network = example_network(
        sizes=(inputs, 12), steps=1, weight_bits=4, membrane=Format(6, 2)
    )
    engine = EventEngine(network=network, fold=3, weights="loaded")
    netlist = synthesize(
        as_rtlil(engine, name="engine"), top="engine", family="ice40", build=tmp_path
    )
    assert netlist.path.read_text().count('"type": "SB_SPRAM256KA"') == large
