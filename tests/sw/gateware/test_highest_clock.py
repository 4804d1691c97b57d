"""The highest clock: bitstreams are played; what a clock reaches is known before."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import spikewright as spw
from spikewright.errors import OvertimeError
from spikewright.gateware import highest_clock
from spikewright.gateware.bitstream import Bitstream
from spikewright.gateware.board import BOARDS
from spikewright.gateware.closing import ClockMissed
from spikewright.gateware.highest_clock import Try, build_at_highest_clock
from spikewright.job.run_options import RunOptions
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

NETWORK = example_network(sizes=(6, 4, 3), steps=2, weight_bits=4, membrane=Format(8, 4))
Play = Callable[[dict[float, float]], list[float]]


@pytest.fixture
def played(monkeypatch, tmp_path) -> Play:
    """Let each clock reach a known frequency; return the list of those that are tried."""
    def play(reached: dict[float, float]) -> list[float]:
        asked = []

        def build(network, *, board, **_) -> Bitstream:
            clock = board.clock_hz / 1e6
            asked.append(clock)
            if reached[clock] == 0:
                raise OvertimeError("not in this time")
            if reached[clock] < clock:
                raise ClockMissed("missed", reach_mhz=reached[clock], path=None)
            file = tmp_path / f"{clock:g}" / "design.bit"
            file.parent.mkdir()
            (file.parent / "report.json").write_text('{"board": "ulx3s"}')
            return Bitstream(
                path=file, clock_mhz=clock, fmax_mhz=reached[clock], lut=1, ff=1, bram=1, dsp=0,
                available={}, seed=1, tools=(),
            )

        monkeypatch.setattr(highest_clock, "build_bitstream", build)
        return asked

    return play


@pytest.mark.parametrize(
    ("reached", "chosen"),
    [
        ({80.0: 92.95, 87.5: 93.1}, 87.5),  # next would be 88.67: no clock of this board
        ({80.0: 93.0, 87.5: 90.0, 85.0: 90.0}, 85.0),  # 87.5 closes, without the margin
        ({80.0: 93.0, 87.5: 86.0, 81.25: 84.0}, 80.0),  # above the first one none has the margin
        ({80.0: 82.1, 78.125: 83.0}, 78.125),  # the board's own has no margin
        ({80.0: 50.0, 46.875: 55.0, 50.0: 0}, 46.875),  # no time for the third
        ({80.0: 50.0, 46.875: 90.0, 78.125: 84.0}, 78.125),
    ],
)
def test_the_highest_that_closes_with_the_margin_is_taken(played, reached, chosen):
    clocks = BOARDS["ulx3s"].clocks_hz
    for clock in reached:
        assert round(clock * 1e6) in clocks
    asked = played(reached)
    found = build_at_highest_clock(NETWORK)
    assert found.bitstream.clock_mhz == found.board.clock_hz / 1e6 == chosen
    assert asked == list(reached)
    assert reached[chosen] >= 1.05 * chosen


def test_what_was_tried_is_said_and_recorded(played):
    played({80.0: 93.0, 87.5: 86.0, 81.25: 84.0})
    found = build_at_highest_clock(NETWORK)
    assert str(found) == (
        "80 MHz is the highest clock found that closes with a margin of 5%; reached, in MHz: 93.0 "
        "for 80, 86.0 for 87.5 (missed), 84.0 for 81.25"
    )
    assert found.tries[1] == Try(clock_mhz=87.5, reached_mhz=86.0, closed=False)
    record = json.loads((found.bitstream.path.parent / "report.json").read_text())
    assert record["board"] == "ulx3s"
    assert record["clock_search"] == {
        "margin": 1.05, "chosen_mhz": 80.0,
        "tries": [
            {"clock_mhz": 80.0, "reached_mhz": 93.0, "closed": True},
            {"clock_mhz": 87.5, "reached_mhz": 86.0, "closed": False},
            {"clock_mhz": 81.25, "reached_mhz": 84.0, "closed": True},
        ],
    }


def test_a_design_that_is_slower_than_all_clocks_is_told_as_it_is_of_one(played):
    played({80.0: 9.0})
    with pytest.raises(ClockMissed, match=r"^missed$"):
        build_at_highest_clock(NETWORK)


def test_the_slowest_clock_without_a_margin_is_a_sentence(played):
    slowest = BOARDS["ulx3s"].clocks_hz[0] / 1e6
    played({slowest: slowest * 1.01})
    with pytest.raises(ClockMissed) as caught:
        build_at_highest_clock(NETWORK, board=BOARDS["ulx3s"].at(slowest))
    assert str(caught.value) == (
        f"the design reaches {slowest * 1.01:.1f} MHz on ULX3S, whose slowest clock, {slowest:g} "
        "MHz, does not leave a margin of 5%"
    )


def test_no_time_for_the_first_is_what_it_is(played):
    played({80.0: 0})
    with pytest.raises(OvertimeError, match=r"^not in this time$"):
        build_at_highest_clock(NETWORK)


def test_a_run_without_a_bitstream_has_no_highest_clock():
    with pytest.raises(ValueError, match=r"^highest_clock is True, which is found by building the"):
        RunOptions(highest_clock=True, bitstream=False)


@pytest.mark.slow
def test_one_is_built_at_the_clock_that_is_found(tmp_path):
    """On the smallest part, with the real tools: another clock than the board's, met again."""
    found = spw.build_at_highest_clock(
        NETWORK, board="icebreaker", seeds=(1,), build=tmp_path
    )
    assert found.tries[0].clock_mhz == 24
    assert found.bitstream.fmax_mhz >= 1.05 * found.bitstream.clock_mhz
    record = json.loads(Path(found.bitstream.path.parent / "report.json").read_text())
    assert record["clock_mhz"] == record["clock_search"]["chosen_mhz"]
