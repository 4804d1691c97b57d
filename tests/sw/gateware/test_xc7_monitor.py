# amaranth: UnusedElaboratable=no
"""The converter on a 7 series die: how it is set, what its codes say, and the model of it."""

import re
from dataclasses import replace

import pytest
from amaranth.sim import Simulator

from spikewright.gateware.board import BOARDS
from spikewright.gateware.families.xc7_converter import XadcModel
from spikewright.gateware.families.xc7_monitor import (
    AVERAGED,
    CHANNELS,
    CONVERSION,
    divider,
    limits,
    settings,
    verilog,
    volts,
)
from spikewright.gateware.plan import write_plan
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

ARTY = BOARDS["arty-a7-35"]
NETWORK = example_network(
    sizes=(4, 2), steps=1, weight_bits=4, membrane=Format(8, 2), neurons=("li",)
)


def test_the_registers_are_set_as_the_guide_has_them():
    """Tables 3-7 to 3-10 and 4-1, 4-2 of UG480."""
    found = settings(("vccint", "aux 10", "temperature"), clock_hz=80_000_000)
    assert found[0x40] == 0x1000  # 16 conversions are averaged
    assert found[0x41] >> 12 == 0b0010 and found[0x41] & 0x0F0F == 0x0F0F  # continuous, no alarms
    assert found[0x42] >> 8 == 4  # 20 MHz, of at most 26
    assert found[0x48] == 1 | 1 << 8 | 1 << 9 and found[0x49] == 1 << 10
    assert found[0x4A] == 1 << 8 | 1 << 9 and found[0x4B] == 1 << 10
    assert not any(found[address] for address in (0x4C, 0x4D, 0x4E, 0x4F))
    for channels in (("aux 16",), ("vccint", "vccint")):
        with pytest.raises(ValueError, match=r"is none of the converter, or is named twice; there"):
            settings(channels, clock_hz=1)


@pytest.mark.parametrize(("clock_hz", "divides"), [(10_000_000, 2), (52_000_000, 2),
                                                   (52_000_001, 3), (80_000_000, 4)])
def test_the_converter_is_never_too_fast(clock_hz, divides):
    assert divider(clock_hz) == divides and clock_hz / divides <= 26e6


def test_what_codes_stand_for():
    """The transfer functions of UG480: 3 V and 503.975 kelvins at full scale, 1 V outside."""
    assert volts("vccint", 0x5555) == pytest.approx(1.0, abs=1e-4)
    assert volts("vccaux", 0x9999) == pytest.approx(1.8, abs=1e-4)
    assert volts("aux 9", 0x8000) == 0.5
    assert volts("temperature", 0x977 << 4) == pytest.approx(25.0, abs=0.2)
    assert limits("aux 3")[0] > 0 == limits("vccint")[0]


def test_the_model_makes_what_the_registers_say():
    """Order, cycles, means and the answers of the port, against figures worked out here."""
    channels = ("aux 9", "vccint", "temperature")  # in another order than the sequence
    codes = {"aux 9": (400, 600), "vccint": (1365, 1365), "temperature": (2520, 2540)}
    dut = XadcModel(channels, clock_hz=60_000_000, codes=codes)
    one = CONVERSION * 3  # cycles of a conversion
    seen = []

    async def converter(ctx):
        cycle = 0
        while len(seen) < 6:
            await ctx.tick()
            cycle += 1
            if ctx.get(dut.eoc):
                seen.append((cycle, bool(ctx.get(dut.done))))
            assert ctx.get(dut.eoc) or not ctx.get(dut.done)

    async def port(ctx):
        await ctx.tick().until(dut.done)
        for name in channels:
            assert await read(ctx, CHANNELS[name]) == 16 * codes[name][0]
        assert await read(ctx, 0x1F) == 0
        # The board works in the last 4 of the 16 sequences of the next mean.
        await ctx.tick().repeat(12 * 3 * one - 10)
        ctx.set(dut.working, 1)
        await ctx.tick().until(dut.done)
        assert await read(ctx, CHANNELS["aux 9"]) == 12 * 400 + 4 * 600
        assert await read(ctx, CHANNELS["vccint"]) == 16 * 1365

    async def read(ctx, address) -> int:
        ctx.set(dut.address, address)
        ctx.set(dut.enable, 1)
        await ctx.tick()
        ctx.set(dut.enable, 0)
        ctx.set(dut.address, 0x55)
        for waited in range(10):
            if ctx.get(dut.ready):
                assert waited == 3
                return ctx.get(dut.data)
            await ctx.tick()
        raise AssertionError("no answer")

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(converter)
    simulator.add_testbench(port)
    simulator.run()
    round_of = 3 * one
    first = (AVERAGED - 1) * round_of
    assert [at - seen[0][0] for at, _ in seen] == [
        0, one, 2 * one, AVERAGED * round_of, AVERAGED * round_of + one,
        AVERAGED * round_of + 2 * one,
    ]
    assert abs(seen[0][0] - (first + one)) <= 1
    assert [done for _, done in seen] == [False, False, True] * 2


def test_the_module_has_each_pin_at_its_place():
    text = verilog(settings(("aux 10", "aux 1"), clock_hz=80_000_000), (10, 1))
    assert ".INIT_42(16'h0400)" in text and ".INIT_49(16'h0402)" in text
    for letter in "pn":
        bus = re.search(rf"\.VAUX{letter.upper()}\(\{{(.*)\}}\)", text)
        assert bus is not None
        bits = bus[1].split(", ")[::-1]
        assert len(bits) == 16
        assert {at: bit for at, bit in enumerate(bits) if bit != "1'b0"} == {
            1: f"{letter}1", 10: f"{letter}10"
        }


def test_a_plan_has_the_converter_on_its_pins(tmp_path):
    """And without optional commands, or on another board, it has none."""
    folder = write_plan(NETWORK, board=ARTY, build=tmp_path)
    constraints = (folder / "design.xdc").read_text()
    for sensor in ARTY.sensors:
        for letter, pin in zip("pn", sensor.pins.split(), strict=False):
            number = sensor.channel.split()[1]
            assert f'LOC {pin} [get_ports "monitor_{number}__{letter}__io"]' in constraints
    assert "XADC #(" in (folder / "monitor.v").read_text()
    assert "monitor.v" in (folder / "design.tcl").read_text()
    assert "spikewright_monitor" in (folder / "design.v").read_text()
    for board, design in (("basys3", EventDesign()), (ARTY, EventDesign(commands="few"))):
        other = write_plan(NETWORK, board=board, design=design, build=tmp_path / "other")
        assert "spikewright_monitor" not in (other / "design.v").read_text()


def test_a_family_without_a_converter():
    board = replace(BOARDS["ulx3s"], sensors=ARTY.sensors)
    for virtual in (False, True):
        with pytest.raises(ValueError, match=r"^ECP5 has no converter on the die$"):
            board.monitor(virtual=virtual)
    for ask in (board.family.sensor_limits, lambda channel: board.family.sensed(channel, 0)):
        with pytest.raises(ValueError, match=r"^ECP5 has no converter on the die$"):
            ask("vccint")
    assert BOARDS["ulx3s"].monitor(virtual=True) is None


def test_each_sensor_says_where_its_scale_is_from():
    for board in BOARDS.values():
        for sensor in board.sensors:
            assert sensor.channel in CHANNELS and sensor.source
            assert bool(sensor.pins) == sensor.channel.startswith("aux")
