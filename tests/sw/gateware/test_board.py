import re
import subprocess

import pytest

from spikewright import tools
from spikewright.gateware.board import BOARDS
from spikewright.gateware.pll import Pll, plls


def test_the_clock_of_the_ulx3s_is_80_mhz_and_its_port_runs_at_1_mbaud():
    board = BOARDS["ulx3s"]
    assert (board.clock_hz, board.pll.vco_hz) == (80_000_000, 560e6)
    assert board.divisor == 80
    assert board.clock_hz / board.divisor == board.baud


@pytest.mark.parametrize("clock_mhz", [10, 21.875, 46.875, 80, 131.25, 400])
@pytest.mark.parametrize("name", BOARDS)
def test_the_dividers_are_those_of_ecppll(name, clock_mhz, tmp_path):
    # ecppll comes with ecppack, native or in WebAssembly.
    pll = BOARDS[name].at(clock_mhz).pll
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
def test_the_port_of_every_board_is_within_one_percent_of_its_rate(name):
    board = BOARDS[name]
    assert board.clock_hz in board.clocks_hz
    for hz in board.clocks_hz:
        other = board.at(hz / 1e6)
        assert (other.clock_hz, other.baud, other.name) == (hz, board.baud, board.name)
        assert abs(other.clock_hz / other.divisor / other.baud - 1) <= 0.01
        assert other.divisor >= 4


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
        Pll(**{"input_hz": 25_000_000, "reference": 5, "feedback": 16, "divider": 7, **settings})
    assert str(caught.value) == message
