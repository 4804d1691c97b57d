"""When place and route is given up, and what is said then: nextpnr is played."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from spikewright.cli.words import as_options, options_named
from spikewright.errors import BuildError, OvertimeError
from spikewright.gateware import closing
from spikewright.gateware.bitstream import Bitstream
from spikewright.gateware.board import BOARDS
from spikewright.gateware.closing import ClockMissed, Closing, close, over_seeds
from spikewright.gateware.placement import LowEstimate, Placement
from spikewright.gateware.remedy import remedy
from spikewright.gateware.synthesis import CellCounts, Netlist
from spikewright.gateware.timing import Path as TimingPath
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

BOARD = BOARDS["ulx3s"]
CLOCK = "$glbnet$clock.clk"
NEURONS = TimingPath(("top.engine.layer_1.rows.weights.0.0.DOA7",
                      "top.engine.layer_1.rows.group_0.i_1_FF.DI"), 12.5)
SEARCH = TimingPath(("top.engine.layer_0.scan.a.Q", "top.engine.layer_0.scan.b.DI"), 16.0)
LINK = TimingPath(("top.port.decoder.position.Q", "top.command.fill.DI"), 16.0)
RUNS = (
    "from the weights of layers[1] to the neurons of layers[1] (sums and states), through 0 logic "
    "cells (top.engine.layer_1.rows.weights.0.0.DOA7 to top.engine.layer_1.rows.group_0.i_1_FF.DI)"
)
WORK = Closing(
    netlist=Netlist(Path("netlist.json"), "ecp5", CellCounts(), "yosys 1"),
    constraints="", board=BOARD, clock="clock.clk",
)


@dataclass
class Played:
    """A nextpnr of known results: for each seed a frequency, an estimate too low, or no end."""

    results: dict[int, float | Exception]
    asked: list[int] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)
    least: set[float] = field(default_factory=set)

    def place(self, netlist, *, seed, least_mhz, limit_s, **_) -> Placement:
        self.asked.append(seed)
        self.limits.append(limit_s)
        self.least.add(least_mhz)
        result = self.results[seed]
        if isinstance(result, Exception):
            raise result
        return Placement(
            configuration=Path("design.config"), fmax_mhz={CLOCK: result}, paths={CLOCK: NEURONS},
            used={}, available={}, seed=seed, tool="nextpnr-ecp5 1",
        )


@pytest.fixture
def played(monkeypatch):
    def play(*results: float | Exception) -> Played:
        made = Played(dict(enumerate(results, start=1)))
        monkeypatch.setattr(closing, "place", made.place)
        monkeypatch.setattr(closing, "longest_packed_path", lambda *_, **__: NEURONS)
        return made

    return play


def closed(work: Closing = WORK) -> Placement:
    return close(work, lambda step: None)


def test_the_first_seed_that_meets_the_clock_is_taken(played):
    nextpnr = played(78.0, 79.9, 80.0)
    assert closed().seed == 3
    assert nextpnr.asked == [1, 2, 3]
    assert nextpnr.least == {80 / 1.25}


@pytest.mark.parametrize(
    ("results", "asked", "said"),
    [
        ((LowEstimate(58.13, 64.0),), [1], ("the design is estimated to reach 58.1 MHz on ULX3S, "
         "whose clock is 80 MHz, and was not routed (seed 1; routing is known to gain 25% at "
         f"most). The longest path before placing runs {RUNS}.")),
        ((72.0,), [1], ("the design reaches 72.0 MHz at best on ULX3S, whose clock is 80 MHz (seed "
         f"1). The slowest path (12.5 ns) runs {RUNS}.")),
        ((73.0, 75.04, 74.0, 74.5, 73.5), [1, 2, 3, 4, 5], ("the design reaches 75.0 MHz at best "
         "on ULX3S, whose clock is 80 MHz (seeds 1, 2, 3, 4, 5). The slowest path (12.5 ns) runs "
         f"{RUNS}.")),
        ((78.0, LowEstimate(60.0, 64.0)), [1, 2], ("the design reaches 78.0 MHz at best on ULX3S, "
         f"whose clock is 80 MHz (seed 1). The slowest path (12.5 ns) runs {RUNS}.")),
        ((78.0, 77.0, OvertimeError("it did not finish")), [1, 2, 3], ("the design reaches 78.0 "
         "MHz at best on ULX3S, whose clock is 80 MHz (seeds 1, 2). The slowest path (12.5 ns) "
         f"runs {RUNS}.")),
    ],
)  # fmt: skip
def test_it_is_given_up_where_it_is_hopeless(played, results, asked, said):
    nextpnr = played(*results)
    with pytest.raises(ClockMissed) as caught:
        closed()
    assert str(caught.value) == said
    assert nextpnr.asked == asked
    assert caught.value.path == NEURONS


@pytest.mark.parametrize(("result", "reach"), [(LowEstimate(60.0, 64.0), 48.0), (72.0, 72.0)])
def test_a_search_over_clocks_learns_what_can_be_reached(played, result, reach):
    played(result)
    with pytest.raises(ClockMissed) as caught:
        closed()
    assert caught.value.reach_mhz == pytest.approx(reach)


def test_all_seeds_together_have_one_limit(played, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    nextpnr = played(78.0, 78.0, 78.0, 78.0, 78.0)
    place = nextpnr.place

    def slow(*arguments, **options):
        now[0] += 250.0
        return place(*arguments, **options)

    monkeypatch.setattr(closing, "place", slow)
    with pytest.raises(ClockMissed):
        closed()
    assert nextpnr.limits == [1200.0, 950.0, 700.0, 450.0, 200.0]
    assert closing.LIMIT_S == 1200.0


def test_nothing_placed_in_the_time_is_a_sentence(played):
    played(OvertimeError("nextpnr-ecp5 did not finish within 3 s and was stopped; see LOG"))
    with pytest.raises(BuildError) as caught:
        closed(replace(WORK, limit_s=3.0))
    assert str(caught.value) == (
        "no placement was routed within 0.05 minutes; give it more by limit_s= if the machine is "
        "busy, or take a smaller network: nextpnr-ecp5 did not finish within 3 s and was stopped; "
        "see LOG"
    )
    assert " give it more by --limit if the machine is busy, " in as_options(str(caught.value), {})


NETWORK = example_network(sizes=(20, 6, 3), steps=2, weight_bits=4, membrane=Format(6, 2))


@pytest.mark.parametrize(
    ("reach", "path", "design", "said"),
    [
        (49.4, NEURONS, EventDesign(), ("Use a slower clock, such as --clock 46.875, more "
         "neurons for each updater, such as --share 6, or a network with fewer neurons or weight "
         "bits")),
        (49.4, NEURONS, StochasticDesign(share=2), ("Use a slower clock, such as --clock "
         "46.875, more neurons for each updater, such as --share 4, or a network with fewer "
         "neurons or weight bits")),
        (80.0, NEURONS, EventDesign(share=6), ("Use a slower clock, such as --clock 80, "
         "or a network with fewer neurons or weight bits")),
        (49.4, SEARCH, EventDesign(), ("Use a slower clock, such as --clock 46.875, or a "
         "network with fewer neurons before that layer")),
        (49.4, LINK, EventDesign(), "Use a slower clock, such as --clock 46.875"),
        (49.4, None, EventDesign(), "Use a slower clock, such as --clock 46.875"),
        (9.0, NEURONS, EventDesign(share=6), ("Use a network with fewer neurons or weight "
         "bits")),
        (9.0, LINK, EventDesign(), ""),
    ],
)  # fmt: skip
def test_remedies_are_those_that_there_are(reach, path, design, said):
    missed = ClockMissed("no.", reach_mhz=reach, path=path)
    with pytest.raises(ClockMissed) as caught, options_named({"share": "--share"}):
        missed.args = (remedy(missed, board=BOARD, design=design, network=NETWORK),)
        raise missed
    assert str(caught.value) == said


def test_the_library_names_its_own_arguments():
    missed = ClockMissed("no.", reach_mhz=49.4, path=NEURONS)
    assert remedy(missed, board=BOARD, design=EventDesign(), network=NETWORK).startswith(
        "Use a slower clock, such as board.at(46.875), more neurons for each updater, "
        "such as share=6, or "
    )


def test_every_seed_is_placed_for_the_spread(played):
    nextpnr, steps = played(91.5, 60.0, 88.0), []
    assert over_seeds(WORK, 3, steps.append) == {1: 91.5, 2: 60.0, 3: 88.0}
    assert nextpnr.asked == [1, 2, 3] and nextpnr.least == {0.0}
    assert steps[-1] == "placing and routing, seed 3 of 3"
    assert over_seeds(WORK, 0, steps.append) == {}


def test_how_fast_a_bitstream_is_names_its_seed():
    built = Bitstream(
        path=Path("design.bit"), clock_mhz=80, fmax_mhz=91.48, lut=1, ff=1, bram=0, dsp=0,
        available={}, seed=2, tools=(),
    )
    assert built.speed() == "With seed 2 of the placer it reaches 91.5 MHz."
    one = replace(built, fmax_of_seeds={1: 79.0})
    assert one.speed() == (
        "With seed 2 of the placer it reaches 91.5 MHz, and with seed 1 79.0 MHz."
    )
    spread = replace(built, fmax_of_seeds={1: 79.0, 2: 91.48, 3: 88.0})
    assert spread.speed() == (
        "With seed 2 of the placer it reaches 91.5 MHz; over seeds 1 to 3, a median of 88.0 MHz, "
        "from 79.0 to 91.5."
    )
