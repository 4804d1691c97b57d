"""Names in the emitted Verilog: those of ports and signals, none made up where there is one."""

import re

import pytest
from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from spikewright_hw.cores import CORES
from spikewright_hw.emit import as_verilog

HEAD = re.compile(r"^module (\S+) ?\((.*?)\);", re.MULTILINE | re.DOTALL)


def ports(text: str) -> dict[str, set[str]]:
    """Return the ports of each module."""
    return {
        name.removeprefix("\\"): {one.strip() for one in given.split(",")}
        for name, given in HEAD.findall(text)
    }


@pytest.mark.parametrize("core", ["event", "wishbone", "stream_layer"])
def test_no_port_has_a_made_up_name(core):
    preset = next(iter(CORES[core].presets))
    text = as_verilog(CORES[core].build(preset), name="top")
    found = ports(text)
    assert len(found) > 3
    assert not [(name, port) for name, given in found.items() for port in given if "$" in port]
    assert text == as_verilog(CORES[core].build(preset), name="top")


class Inner(wiring.Component):
    """Half of what it is given, and the other half turned."""

    i: Signal
    o: Signal

    def __init__(self):
        super().__init__({"i": In(2), "o": Out(2)})

    def elaborate(self, platform) -> Module:
        m = Module()
        kept = Signal()
        m.d.sync += kept.eq(self.i[0])
        m.d.comb += [self.o[0].eq(kept), self.o[1].eq(~self.i[1])]
        return m


class Outer(wiring.Component):
    """Two of them, one after the other, and a signal that has the name of a port."""

    i: Signal
    o: Signal

    def __init__(self):
        super().__init__({"i": In(2), "o": Out(2)})

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.first, m.submodules.second = first, second = Inner(), Inner()
        again = Signal(2, name="i")
        m.d.comb += [
            first.i.eq(self.i), again.eq(first.o), second.i.eq(again), self.o.eq(second.o),
        ]
        return m


def test_a_module_has_its_own_ports_and_those_of_its_submodules_by_their_names():
    text = as_verilog(Outer(), name="top")
    found = ports(text)
    assert found["top"] == {"clk", "rst", "i", "o"}
    assert {"i", "o_0", "o_1"} & found["top.first"]
    wires = set(re.findall(r"^  wire (?:\[1:0\] )?(\S+);", text, re.MULTILINE))
    assert {"i", "i_2", "first__i", "first__o", "second__i", "second__o"} <= wires
