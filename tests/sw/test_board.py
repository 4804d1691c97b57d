import re
import subprocess

import pytest

from spikewright import tools
from spikewright.gateware.board import BOARDS, Pll


def test_the_clock_of_the_ulx3s_is_80_mhz_and_its_port_runs_at_1_mbaud():
    board = BOARDS["ulx3s"]
    assert (board.clock_hz, board.pll.vco_hz) == (80_000_000, 560e6)
    assert board.divisor == 80
    assert board.clock_hz / board.divisor == board.baud


@pytest.mark.parametrize("name", BOARDS)
def test_the_dividers_are_those_of_ecppll(name, tmp_path):
    # ecppll comes with ecppack, native or in WebAssembly.
    pll = BOARDS[name].pll
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


@pytest.mark.parametrize("name", BOARDS)
def test_the_port_of_every_board_is_within_one_percent_of_its_rate(name):
    board = BOARDS[name]
    assert abs(board.clock_hz / board.divisor / board.baud - 1) < 0.01


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
