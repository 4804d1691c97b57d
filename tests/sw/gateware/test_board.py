import re
import subprocess

import pytest

from spikewright import tools
from spikewright.gateware.bit_rate import AUTO
from spikewright.gateware.board import BOARDS, board_named
from spikewright.gateware.board_file import read_rows
from spikewright.gateware.families.ecp5 import Ecp5Pll, plls
from spikewright.gateware.families.gowin import GowinPll
from spikewright.gateware.families.ice40 import Ice40Pll
from spikewright.gateware.pins import elaborate, platform_of
from spikewright_hw.board import BoardTop
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

NETWORK = example_network(sizes=(4, 3, 2), steps=2, weight_bits=3, membrane=Format(6, 2))

#: Lines that put a port on a pin, by family: the port and the pin.
PINS = {
    "ecp5": r'^LOCATE COMP "(\w+)" SITE "(\w+)";',
    "ice40": r"^set_io (\w+) (\w+)$",
    "gowin": r'^IO_LOC "(\w+)" (\w+);',
    "xc7": r'^set_property LOC (\w+) \[get_ports "(\w+)"\]',
}


def test_the_clock_of_the_ulx3s_is_80_mhz_and_its_port_runs_at_1_mbaud():
    board = BOARDS["ulx3s"]
    assert board.clock_hz == 80_000_000
    assert board.pll == Ecp5Pll(25_000_000, reference=5, feedback=16, divider=7)
    assert board.divisor == 80
    assert board.clock_hz / board.divisor == board.baud


@pytest.mark.parametrize(
    ("name", "clock_mhz"),
    [*(("ulx3s", mhz) for mhz in (10, 21.875, 46.875, 80, 131.25, 400)),
     ("ecpix5", 80), ("orangecrab", 80)],
)
def test_the_dividers_are_those_of_ecppll(name, clock_mhz, tmp_path):
    # ecppll comes with ecppack, native or in WebAssembly.
    pll = BOARDS[name].at(clock_mhz).pll
    assert isinstance(pll, Ecp5Pll)
    assert pll.output_hz == clock_mhz * 1e6
    program = tools.require("ecppack").command[0].replace("ecppack", "ecppll")
    result = subprocess.run(
        [program, "-i", f"{pll.input_hz / 1e6:g}", "-o", f"{pll.output_hz / 1e6:g}",
         "-f", "pll.v"],
        cwd=tmp_path, check=True, capture_output=True,
    )
    assert result.returncode == 0
    text = (tmp_path / "pll.v").read_text()
    for parameter, value in {
        "CLKI_DIV": pll.reference,
        "CLKFB_DIV": pll.feedback,
        "CLKOP_DIV": pll.divider,
        "CLKOP_CPHASE": pll.cphase,
    }.items():
        match = re.search(rf"\.{parameter}\((\d+)\)", text)
        assert match is not None and int(match[1]) == value, parameter


@pytest.mark.parametrize(("name", "clock_mhz"), [
    ("icebreaker", 16.125), ("icebreaker", 24), ("icebreaker", 48), ("ice40hx8k-b-evn", 100.5),
])
def test_the_dividers_are_those_of_icepll(name, clock_mhz, tmp_path):
    pll = BOARDS[name].at(clock_mhz).pll
    assert isinstance(pll, Ice40Pll) and pll.output_hz == clock_mhz * 1e6
    program = tools.require("icepack").command[0].replace("icepack", "icepll")
    said = subprocess.run(
        [program, "-i", f"{pll.input_hz / 1e6:g}", "-o", f"{clock_mhz:g}"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    ).stdout
    found = {name: int(value) for name, value in re.findall(r"(DIV.|FILTER_RANGE): +(\d+)", said)}
    assert found == {
        "DIVR": pll.reference, "DIVF": pll.feedback, "DIVQ": pll.divider,
        "FILTER_RANGE": pll.filter_range,
    }


@pytest.mark.parametrize(("name", "clock_mhz"), [
    ("tangnano9k", 67.5), ("tangnano9k", 81), ("tangnano20k", 54), ("tangnano20k", 48),
])
def test_the_dividers_are_those_of_gowin_pll(name, clock_mhz):
    pll, part = BOARDS[name].at(clock_mhz).pll, BOARDS[name].device
    assert isinstance(pll, GowinPll) and pll.output_hz == clock_mhz * 1e6
    program = tools.require("gowin_pack").command[0].replace("gowin_pack", "gowin_pll")
    said = subprocess.run(
        [program, "-i", "27", "-o", f"{clock_mhz}", "-d", part.platform["part"]],
        check=True, capture_output=True, text=True,
    ).stdout
    found = {name: int(value) for name, value in re.findall(r"\.(\w+_SEL)\((\d+)\)", said)}
    assert found == {
        "IDIV_SEL": pll.reference, "FBDIV_SEL": pll.feedback, "ODIV_SEL": pll.divider,
    }


@pytest.mark.parametrize(
    ("name", "clock_mhz", "kind"),
    [("icebreaker", 24, "SB_PLL40_PAD"), ("upduino3", 24, "SB_PLL40_CORE"),
     ("ice40hx8k-b-evn", 48, "SB_PLL40_CORE"), ("icebreaker", 12, "SB_IO")],
)
def test_the_clock_of_an_ice40(name, clock_mhz, kind):
    """A loop takes its own pad, or an input buffer's output; 12 MHz is the oscillator itself."""
    board = BOARDS[name].at(clock_mhz)
    design, _ = elaborate(BoardTop(
        network=NETWORK, divisor=board.divisor, clock_hz=board.clock_hz, virtual=False,
    ), board=board)
    assert kind in design
    assert ("SB_PLL40" in design) == kind.startswith("SB_PLL40")


@pytest.mark.parametrize("input_mhz", [12, 25, 48, 100])
def test_all_outputs_of_a_pll_are_within_the_limits_of_ecppll(input_mhz):
    """Its limits, from its source: libtrellis/tools/ecppll.cpp of Project Trellis."""
    made = plls(input_mhz * 1_000_000)
    assert list(made) == sorted(made)
    for output, pll in made.items():
        detector = input_mhz / pll.reference
        assert output * pll.reference == input_mhz * 1_000_000 * pll.feedback
        assert 3.125 <= detector <= 400 and pll.reference <= 128 and pll.feedback <= 80
        assert 400 <= output / 1e6 * pll.divider <= 800 and pll.divider <= 128
        assert 10 <= output / 1e6 <= 400


@pytest.mark.parametrize("name", BOARDS)
def test_what_a_board_says_of_its_part_is_what_amaranth_boards_says(name):
    """The part is not taken from there, so that a list of boards needs neither."""
    board, platform = BOARDS[name], platform_of(BOARDS[name])
    for key, value in board.device.platform.items():
        assert getattr(platform, key) == value
    assert platform.default_clk_constraint.frequency == board.oscillator_hz


@pytest.mark.parametrize("name", BOARDS)
def test_a_plan_is_made_for_every_board_without_a_tool(name, monkeypatch):
    """The netlist's source and the constraints, of which each pin is of one port."""
    monkeypatch.setattr(tools, "find", lambda name: pytest.fail(f"{name} was looked for"))
    design, constraints = elaborate(BoardTop(
        network=NETWORK, divisor=BOARDS[name].divisor, clock_hz=BOARDS[name].clock_hz,
        virtual=False,
    ), board=BOARDS[name])
    assert re.search(r"^module \\?design\b", design, re.MULTILINE)
    found = re.findall(PINS[BOARDS[name].family.name], constraints, re.MULTILINE)
    words = [word for both in found for word in both]
    assert {"uart_0__rx__io", "uart_0__tx__io"} < {*words}
    assert len(found) >= 3 and len({*words}) == len(words)


#: Lights of a board, and where its pin for an instrument is, by amaranth-boards and our files.
LIGHTS = {
    "ulx3s": ({0: "B2", 1: "C2", 2: "C1"}, "B11"),
    "icebreaker": ({0: "11", 1: "37"}, "4"),
    "colorlight-i5": ({0: "U16"}, ""),
    "tangnano20k": ({0: "15", 1: "16", 2: "17"}, ""),
    "orangecrab": ({}, ""),
}


@pytest.mark.parametrize("name", LIGHTS)
def test_a_board_shows_what_it_does(name):
    board, (lights, measure) = BOARDS[name], LIGHTS[name]
    design, constraints = elaborate(BoardTop(
        network=NETWORK, divisor=board.divisor, clock_hz=board.clock_hz, virtual=False,
    ), board=board)
    found = dict(re.findall(PINS[board.family.name], constraints, re.MULTILINE))
    shown = {int(port[4]): site for port, site in found.items() if port.startswith("led_")}
    assert shown == lights
    assert found.get("measure_0__io", "") == measure
    if board.pins is not None and board.pins.leds_inverted:
        assert design.count("led_0__io") > 1


@pytest.mark.parametrize("name", BOARDS)
def test_pins_of_ours_have_a_second_source(name):
    pins = BOARDS[name].pins
    if pins is not None:
        assert pins.source and pins.checked and pins.source != pins.checked
        assert BOARDS[name].platform or (pins.clock and pins.rx and pins.tx)


@pytest.mark.parametrize("name", BOARDS)
def test_the_port_of_every_board_is_within_one_percent_of_its_rate(name):
    board = BOARDS[name]
    assert board.clock_hz in board.clocks_hz
    for hz in board.clocks_hz:
        other = board.at(hz / 1e6)
        assert (other.clock_hz, other.baud, other.name) == (hz, board.baud, board.name)
        assert abs(other.clock_hz / other.divisor / other.baud - 1) <= 0.01
        assert other.divisor >= 4


@pytest.mark.parametrize(
    ("name", "rate", "commands", "message"),
    [
        ("ulx3s", 999_999, "all", (
            "rate is 999999, which the serial port of ULX3S cannot have: its rates are from "
            "1000000 to 3000000; take 3000000 or 2000000, or leave the rate out"
        )),
        ("icebreaker", 5_000_000, "all", (
            "rate is 5000000, which the serial port of iCEBreaker cannot have: 5 cycles of its "
            "clock are off by 4.0 %; take 6000000 or 4000000 or 3000000 or 2000000, or leave the "
            "rate out"
        )),
        ("tangnano20k", 2_000_000, "all", (
            "rate is 2000000, which the serial port of Tang Nano 20K cannot have: it has 1000000 "
            "and no other rate; leave the rate out"
        )),
        ("ulx3s", 3_000_000, "few", (
            "rate is 3000000, but a board without the command RATE stays at 1000000 bits per "
            "second; leave rate= out, or take commands='all'"
        )),
    ],
)
def test_a_rate_that_a_port_cannot_have_is_told(name, rate, commands, message):
    optional = EventDesign(commands=commands).optional
    with pytest.raises(ValueError) as caught:
        BOARDS[name].check_rate(rate, optional=optional)
    assert str(caught.value) == message
    for right in (AUTO, BOARDS[name].baud):
        BOARDS[name].check_rate(right, optional=optional)
    for one in BOARDS[name].bit_rates:
        BOARDS[name].check_rate(one.baud, optional=EventDesign().optional)


def test_every_clock_of_the_ulx3s_below_30_mhz():
    """By hand: 25 MHz * k / n, a whole number of Hz, and a divisor that keeps 1 Mbaud."""
    clocks = [hz / 1e6 for hz in BOARDS["ulx3s"].clocks_hz if hz < 30e6]
    # Not 12.5 (a divisor of 12 or 13 is off by 4 %), 15.625 and 18.75 (2.3 and 1.3 %).
    assert clocks == [10, 15, 20, 21.875, 25, 28.125]


@pytest.mark.parametrize(
    ("clock_mhz", "message"),
    [
        (58, "ULX3S cannot make a clock of 58 MHz; the nearest are 56.25 and 59.375 MHz"),
        (12.5, "ULX3S cannot make a clock of 12.5 MHz; the nearest are 10 and 15 MHz"),
        (80.0001, "ULX3S cannot make a clock of 80.0001 MHz; the nearest are 80 and 81.25 MHz"),
        (9, "9 MHz is out of the range of ULX3S, whose clock can be 10 to 400 MHz"),
        (400.5, "400.5 MHz is out of the range of ULX3S, whose clock can be 10 to 400 MHz"),
        (-80, "-80 MHz is out of the range of ULX3S, whose clock can be 10 to 400 MHz"),
        (float("nan"), "clock_mhz is nan; it must be a finite number"),
        (float("inf"), "clock_mhz is inf; it must be a finite number"),
    ],
)
def test_a_clock_that_a_board_cannot_make(clock_mhz, message):
    with pytest.raises(ValueError) as caught:
        BOARDS["ulx3s"].at(clock_mhz)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reference": 0}, "reference of a PLL is 1 to 128, not 0"),
        ({"divider": 129}, "divider of a PLL is 1 to 128, not 129"),
        ({"input_hz": 5_000_000}, "input of a PLL is 8 to 400 MHz, not 5 MHz"),
        ({"reference": 10}, "phase detector at 2.5 MHz; it needs 3.125 to 400 MHz"),
        ({"divider": 4}, "oscillator at 320 MHz; it needs 400 to 800 MHz"),
        ({"divider": 12}, "oscillator at 960 MHz; it needs 400 to 800 MHz"),
        ({"reference": 7, "feedback": 22}, "the output of a PLL is a whole number of Hz here"),
    ],
)
def test_settings_that_a_pll_cannot_have_are_refused(settings, message):
    with pytest.raises(ValueError) as caught:
        Ecp5Pll(
            **{"input_hz": 25_000_000, "reference": 5, "feedback": 16, "divider": 7, **settings}
        )
    assert str(caught.value) == message


def test_a_board_that_there_is_not():
    with pytest.raises(ValueError) as caught:
        board_named("ulx3")
    assert str(caught.value) == (
        "board is 'ulx3'; the nearest names are ulx3s, ulx3s-85f, ulx3s-45f (`spikewright boards` "
        "lists all)"
    )
    with pytest.raises(ValueError, match=r"^board is 7; the nearest names are \w"):
        board_named(7)  # pyright: ignore[reportArgumentType]


def test_a_board_may_have_another_name():
    assert board_named("ulx3s-25f") is BOARDS["ulx3s"]
    assert board_named(BOARDS["ulx3s"]) is BOARDS["ulx3s"]


FILE = """
title = "A board"
part = "ecp5-25f"
oscillator_mhz = 25
clock_mhz = 80
baud = 1_000_000
serial = "its port"
pins = { source = "one", checked = "another", clock = "A1" }
[boards.a]
pins.rx = "B1"
"""


def test_tables_of_a_file_are_joined(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(FILE)
    (row,) = read_rows(file)
    assert row.pins is not None and (row.pins.clock, row.pins.rx) == ("A1", "B1")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[boards.a]", "[board.a]", "a.toml has no table [boards.NAME]"),
        ("baud =", "boud =", "a.toml, board a: got an unexpected keyword argument 'boud'"),
        ("baud = 1_000_000", "",
         ("a.toml, board a: missing 1 required keyword-only argument: 'baud'")),
        ("pins.rx", "pins.xr", "a.toml, board a: pins: got an unexpected keyword argument 'xr'"),
        ("baud =", "measure = 'pmod'\nbaud =",
         ("a.toml, board a: measure is 'pmod'; it is a connector of amaranth-boards, its number "
          "and a pin, such as 'pmod 0 1'")),
        ("oscillator_mhz = 25", "oscillator_mhz 25",
         ("a.toml is no TOML: Expected '=' after a key in a key/value pair (at line 4, column "
          "16)")),
    ],
)
def test_a_file_of_a_board_with_a_fault(old, new, message, tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(FILE.replace(old, new))
    with pytest.raises(ValueError) as caught:
        list(read_rows(file))
    assert str(caught.value) == message
