"""The bitstream of a board of independent sets."""

import re

import pytest
from amaranth.hdl import Fragment

import spikewright as spw
from spikewright.gateware.closing import ClockMissed
from spikewright.qubo import bitstream
from spikewright_hw.qubo.board import QuboBoardTop

SOLVER = spw.QuboSolver(capacity=24, lanes=8)


def elaborated(top):
    """Elaborate a board top, as a build does: Amaranth warns of what nobody elaborates."""
    Fragment.get(top, platform=None)
    return top


def test_a_board_is_built_of_the_solvers_size(monkeypatch, tmp_path):
    asked = {}

    def build_top(make, **how):
        asked.update(how, top=elaborated(make()))
        return "built"

    monkeypatch.setattr(bitstream, "build_top", build_top)
    board = spw.BOARDS["ulx3s-85f"].at(62.5)
    built = spw.build_qubo_bitstream(SOLVER, board=board, seeds=(7,), build=tmp_path)
    assert (built, asked["board"], asked["seeds"]) == ("built", board, (7,))
    assert asked["names"] == {"vertices": 24, "lanes": 8}
    assert isinstance(asked["top"], QuboBoardTop)
    hello = asked["top"].processor.hello
    assert (hello.vertices, hello.lanes, hello.clock_hz) == (24, 8, 62_500_000)


@pytest.mark.parametrize(
    ("reach", "message"),
    [
        (63.0, "it misses. Use a slower clock, such as board.at(62.5), or fewer lanes"),
        (0.1, "it misses. Use fewer lanes"),
    ],
)
def test_a_clock_that_is_missed_is_told_with_what_helps(reach, message, monkeypatch):
    def build_top(make, **how):
        elaborated(make())
        raise ClockMissed("it misses.", reach_mhz=reach, path=None)

    monkeypatch.setattr(bitstream, "build_top", build_top)
    with pytest.raises(ClockMissed, match=f"^{re.escape(message)}$"):
        spw.build_qubo_bitstream(SOLVER)


@pytest.mark.slow
def test_a_bitstream_is_built(tmp_path):
    built = spw.build_qubo_bitstream(SOLVER, board="ulx3s-25f", build=tmp_path)
    assert built.path.is_file() and built.fmax_mhz >= built.clock_mhz
    assert not [*built.path.parent.glob("certificate.json")]
