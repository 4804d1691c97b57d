"""What the event engine is to reach: rows, how they are kept, and what is said of them."""

import io
import json
import re
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from amaranth import Signal
from rich.console import Console

import spikewright as spw
from spikewright.bench.engine import bench, engines, reached, simulation, targets, work
from spikewright.bench.engine.speeds import reference_speed, stochastic_speed
from spikewright.bench.engine.subject import Engine, Subject
from spikewright.bench.engine.target import Asked, Found, NotHere, Target, at_least, at_most
from spikewright.bench.engine.work import Work
from spikewright.cache import cached, digest
from spikewright.coding.coding import encode
from spikewright.device.simulation import simulate
from spikewright.engine_cycles.inference import cycles
from spikewright.errors import DataError, DeviceError
from spikewright.gateware.board import BOARDS
from spikewright.gateware.design import run_reference
from spikewright.gateware.placement import Placement
from spikewright.job import training
from spikewright.record.figure import Computed, Figure
from spikewright.record.report import Report
from spikewright.record.store import write_report
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.link.uart_rx import UartRx

DIGITS = Subject(task="digits", settings={"hidden": (6,), "epochs": 1})
ENGINE = Engine(subject=DIGITS, design=EventDesign(banks=2, share=2), clock_mhz=80)
ROWS = targets._of_engine(
    "digits", "digits", ENGINE, mean_cycles=at_most(1), lut=at_most(5), bram=at_most(20),
    latency=at_most(50),
)


def fail(*_: object) -> Found:
    raise AssertionError("a row that is kept was worked out again")


@contextmanager
def simulated(network, *, design, board, build):
    """In the place of a board that is compiled: the same gateware in Amaranth's simulator."""
    yield SimpleNamespace(
        infer_all=lambda spikes: simulate(network, spikes, design=design, board=board)
    )


def placement(seed: int, fmax_mhz: float) -> Any:
    return SimpleNamespace(
        seed=seed, tool="placer 1", used={"TRELLIS_COMB": 7, "DP16KD": 3},
        fmax_of=lambda: fmax_mhz,
    )


def placed(netlist: str, *, seed: int, build: Path, **how: object) -> Any:
    """In the place of the placer: kept by content as it keeps them."""
    cached("placement", {"netlist": digest(netlist), "seed": seed}, lambda folder: None,
           root=build / "cache")
    return placement(seed, 60.0 + 10 * seed)


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """The folder of everything generated: the network is trained once."""
    return tmp_path_factory.mktemp("build")


@pytest.fixture
def engine(monkeypatch):
    """The bench with a network of the digits; what the placer gives is made up."""
    monkeypatch.setattr(simulation, "open_board", simulated)
    monkeypatch.setattr(Placement, "fmax_of", lambda one: one.fmax_of())
    monkeypatch.setattr(work, "synthesize", lambda source, **how: source)
    monkeypatch.setattr(work, "place", placed)
    monkeypatch.setattr(bench, "TARGETS", (
        Target(
            name="accuracy", title="digits", unit="%", asked=at_least(0),
            work=partial(reached.accuracy, subject=DIGITS), tasks=(),
        ),
        *(Target(**{**vars(row), "tasks": ()}) for row in ROWS),
        Target(
            name="interval", title="digits", unit="cycles",
            work=partial(reached.interval, engine=ENGINE),
        ),
        Target(
            name="speed", title="reference", unit="images/s", asked=at_least(1e12),
            work=partial(reference_speed, subject=DIGITS), timed=True,
        ),
        Target(
            name="peer", title="peer", unit="times", work=partial(stochastic_speed, length=16),
        ),
    ))


def test_rows_are_worked_out_kept_and_stand_on_the_page(engine, build, tmp_path, monkeypatch):
    monkeypatch.setattr("spikewright.bench.engine.speeds.PEER", "no_such_peer")
    (tmp_path / "docs").mkdir()
    page = tmp_path / bench.PAGE
    blocks = "".join(f"<!-- generated: {name} -->\n<!-- end -->\n" for name in bench.BLOCKS)
    page.write_text(blocks)
    printed = io.StringIO()
    settings = {"build": build, "samples": 3, "pnr_seeds": (1, 2, 3, 4)}
    report = spw.bench_engine(
        **settings, pages=True, root=tmp_path, console=Console(file=printed, width=400)
    )
    stored = json.loads((build / "reports" / "engine" / "report.json").read_text())
    assert stored["rows"] == list(report.rows)
    rows = {row["name"]: row for row in report.rows}
    assert rows["accuracy"]["met"] == "met" and rows["accuracy"]["how"] == "computed"
    assert rows["digits_cycles_mean"]["met"] == "not met"
    assert rows["digits_cycles_mean"]["how"] == "simulated"
    assert rows["digits_cycles_max"]["asked"] == rows["digits_cycles_max"]["met"] == ""
    assert (rows["digits_lut"]["reached"], rows["digits_bram"]["reached"]) == (7, 3)
    assert rows["digits_lut"]["met"] == "not met" and rows["digits_bram"]["met"] == "met"
    assert rows["digits_fmax"]["reached"] == 80.0  # the lower of the two in the middle
    assert rows["digits_fmax"]["how"] == "post-route"
    cycles = rows["digits_cycles_mean"]["reached"]
    assert rows["digits_latency"]["reached"] == pytest.approx(cycles / 80, abs=1e-3)
    busiest = float(rows["interval"]["asked"].removeprefix("≤ "))
    assert 1 <= busiest < cycles and rows["interval"]["met"] == "not met"
    assert rows["speed"]["how"] == "measured" and rows["speed"]["met"] == "not met"
    assert rows["peer"]["met"] == "not run" and "no_such_peer is not installed" in (
        rows["peer"]["note"]
    )
    assert rows["speed"]["command"] == "spikewright bench engine --row speed"
    text = page.read_text()
    assert "| digits_lut | digits: look-up tables | ≤ 5 | 7 | LUT4 | post-route | not met |" in text
    for shown in (text, printed.getvalue()):
        assert "| DWN (n=6, small) | 97.80 %" in shown

    # What is known is neither trained nor simulated nor placed again, nor timed.
    for module, name in ((training, "train_anew"), (simulation, "open_board")):
        monkeypatch.setattr(module, name, fail)
    assert spw.bench_engine(**settings, console=Console(file=io.StringIO())).rows == report.rows

    # A row that is run leaves the others in place, with the seeds of the placer that are known.
    again = partial(spw.bench_engine, "peer", build=build, samples=3)
    for seeds, count in (((1, 2, 3, 4, 5), 4), ((3, 4, 9), 2)):
        few = {row["name"]: row for row in again(pnr_seeds=seeds).rows}
        assert f"median of {count} seeds" in few["digits_fmax"]["note"]
        assert few["accuracy"] == rows["accuracy"] and few["speed"] == rows["speed"]
    other = {row["name"]: row["met"] for row in again(pnr_seeds=(7,)).rows}
    assert other["digits_fmax"] == other["digits_latency"] == "not run"
    # Other samples, another simulation; another seed, another network.
    other = {
        row["name"]: row["met"]
        for row in spw.bench_engine("peer", build=build, samples=4, pnr_seeds=(1,)).rows
    }
    assert other["digits_cycles_mean"] == "not run" and other["accuracy"] == "met"
    assert {row["met"] for row in spw.bench_engine(
        "peer", build=build, samples=3, pnr_seeds=(1,), seeds=(1,)
    ).rows if row["name"] != "speed"} == {"not run"}


def contents(build: Path, engine: Engine, edit: Any = lambda network: network) -> list[str]:
    """Return what a simulation and a placement of an engine are kept by."""
    found = Work(folder=None, seeds=(0,), pnr_seeds=(1,), samples=1, build=build)
    network = edit(found.of(engine.subject))
    found.of = lambda subject, seed=None: network  # pyright: ignore[reportAttributeAccessIssue]
    spikes = encode(spw.load_task("digits").x_test[:1], network.coding)
    run = run_reference(network, spikes, hidden_membranes=False)
    board = BOARDS[engine.board]
    return [
        digest(simulation.content_of(network, spikes, run, design=engine.design, board=board)),
        digest(found._emitted(engine)),
    ]


def heavier(network):
    """Return a network with one weight changed by one."""
    first, *rest = network.network.layers
    weights = [list(row) for row in first.weights]
    weights[0][0] += -1 if weights[0][0] > 0 else 1
    changed = replace(first, weights=tuple(map(tuple, weights)))
    return replace(network, network=replace(network.network, layers=(changed, *rest)))


def test_results_follow_from_what_the_gateware_is(engine, build, monkeypatch):
    same = contents(build, ENGINE)
    assert contents(build, ENGINE) == same
    wider = Subject(task="digits", settings={**DIGITS.settings, "weight_bits": 5})
    for changed in (
        contents(build, replace(ENGINE, design=replace(ENGINE.design, banks=1))),
        contents(build, replace(ENGINE, subject=wider)),
        contents(build, ENGINE, heavier),
    ):
        assert not set(changed) & set(same)
    # An edit of the gateware's own code, seen in what it emits.
    latency = UartRx.elaborate

    def elaborate(self, platform):
        m = latency(self, platform)
        more = Signal()
        m.d.sync += more.eq(~more)
        return m

    monkeypatch.setattr(UartRx, "elaborate", elaborate)
    assert not set(contents(build, ENGINE)) & set(same)


def test_cycles_are_those_of_the_gateware(engine, build):
    shared = Work(
        folder=None, seeds=(0,), pnr_seeds=(1,), samples=4, build=build,
    )
    found = shared.cycles(ENGINE)
    task = spw.load_task("digits")
    assert len(found.each) == len(task.x_test) and found.simulated == 4
    network, few = shared.of(DIGITS), shared.inputs(DIGITS)[:4]
    counted = simulate(network, few, design=ENGINE.design).cycles
    assert (counted <= found.each[:4]).all() and (found.each[:4] - counted <= found.more).all()


def test_without_a_model_cycles_are_those_that_were_simulated(engine, build):
    shared = Work(folder=None, seeds=(0,), pnr_seeds=(1,), samples=2, build=build)
    found = shared.cycles(replace(ENGINE, modelled=False, samples=5))
    few = shared.inputs(DIGITS)[:5]
    assert (found.each == simulate(shared.of(DIGITS), few, design=ENGINE.design).cycles).all()
    assert found.simulated == 5 and found.more == 0
    target = Target(name="cycles", title="", unit="cycles", work=fail)
    row = reached.cycles(shared, target, engine=replace(ENGINE, modelled=False, samples=5), of=max)
    assert "the first 5 test images, where the gateware" in str(row.figure.provenance)


def test_fewer_inputs_are_chosen_in_training(engine, build):
    few = replace(DIGITS, inputs_kept=30)
    shared = Work(folder=None, seeds=(0,), pnr_seeds=(1,), samples=2, build=build)
    assert shared.of(few).network.inputs == 30 and shared.of(DIGITS).network.inputs == 64
    assert shared.cycles(replace(ENGINE, subject=few)).each.shape == (360,)
    target = Target(name="accuracy", title="", unit="%", work=fail)
    note = reached.accuracy(shared, target, subject=few).note
    assert note == "seed 0; 30 of 64 inputs, chosen in training"


def test_an_engine_alone_is_placed_between_registers(engine, build, monkeypatch):
    alone = replace(ENGINE, alone=True)
    shared = Work(folder=None, seeds=(0,), pnr_seeds=(1,), samples=1, build=build)
    given = {}
    monkeypatch.setattr(work, "synthesize", lambda source, **how: given.update(how) or source)
    monkeypatch.setattr(training, "train_anew", fail)  # its weights are first ones
    target = Target(name="lut", title="", unit="LUT4", work=fail)
    found = reached.placed(shared, target, engine=alone, what="lut")
    assert given["pads"] and given["language"] == "rtlil"
    assert found.note == "alone, the event engine, 2 banks; ECP5 LFE5U-25F"
    source, constraints = shared._emitted(alone)
    assert constraints is None and "uart" not in source and "uart" in shared._emitted(ENGINE)[0]


def test_heartbeats_are_those_of_their_report(tmp_path):
    shared = Work(folder=None, seeds=(0,), pnr_seeds=(1,), samples=1, build=tmp_path)
    target = next(one for one in targets.TARGETS if one.name == "heartbeats_f1_v")
    said = r"^`spikewright bench heartbeats --split patients --place` finds it, and docs/"
    with pytest.raises(NotHere, match=said):
        target.work(shared, target)
    figure = Figure("f1_v", 90.123, "%", Computed("by hand"))
    name = "heartbeats-patients"
    write_report(Report(name=name, title="beats", figures=(figure,)), tmp_path / "reports" / name)
    found = target.work(shared, target)
    assert (found.figure.name, found.figure.value) == ("heartbeats_f1_v", 90.12)
    assert found.figure.provenance == figure.provenance


def test_a_model_of_another_engine_is_refused(engine, build, monkeypatch):
    shared = Work(folder=None, seeds=(0,), pnr_seeds=(1,), samples=1, build=build)
    given = cycles
    monkeypatch.setattr(work, "cycles", lambda *one, **how: given(*one, **how) + 100)
    with pytest.raises(DeviceError, match=r"^the event engine, 2 banks took \d+ cycles less than"):
        shared.cycles(ENGINE)


def test_what_is_wrong_is_said_at_once(tmp_path, monkeypatch):
    monkeypatch.delenv("SPIKEWRIGHT_DATA", raising=False)
    build = tmp_path / "build"
    for call, message in (
        (lambda: spw.bench_engine("mnist", build=build),
         "there is no row 'mnist'; there are mnist_accuracy, "),
        (lambda: spw.bench_engine("mnist_lut", build=build), "mnist needs its files: "),
        (lambda: spw.bench_engine("fashion_cycles_max", folder=tmp_path, build=build),
         "Fashion-MNIST is neither in "),
    ):
        with pytest.raises(DataError, match=f"^{re.escape(message)}"):
            call()
    for name in ("seeds", "pnr_seeds"):
        for given in ((), (1, 1)):
            named: dict[str, Any] = {name: given}
            message = re.escape(f"{name} is {list(given)}; name each once, and at least one")
            with pytest.raises(ValueError, match=f"^{message}$"):
                spw.bench_engine("mnist_lut", build=build, **named)
    with pytest.raises(ValueError, match=r"^samples is 0; it must be a whole number"):
        spw.bench_engine("reference_speed", samples=0, build=build)
    assert not build.exists()


def test_a_bound_and_what_is_found_go_there_and_back():
    assert str(at_most(12_000)) == "≤ 12,000" and str(at_least(98.3)) == "≥ 98.3"
    assert at_most(2).met_by(2) and not at_most(2).met_by(2.01)
    assert at_least(2).met_by(2) and not at_least(2).met_by(1.99)
    figure = Figure("cycles", 3, "cycles", Computed("by hand"))
    for asked in (None, Asked("≤", 4.5)):
        found = Found(figure=figure, note="so", asked=asked)
        assert Found.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_the_clock_of_the_smallest_part_is_that_of_the_slowest_seed():
    rates = (25.0, 23.5, 26.0)
    made = Work(folder=None, seeds=(0,), pnr_seeds=(1, 2, 3), samples=1, build=Path())
    made.placed = lambda engine: sorted(  # pyright: ignore[reportAttributeAccessIssue]
        (placement(seed, rate) for seed, rate in enumerate(rates)), key=lambda one: one.fmax_of()
    )
    target = next(row for row in targets.TARGETS if row.name == "up5k_fmax")
    found = target.work(made, target)
    assert found.figure.value == 23.5 and found.note.startswith("slowest of 3 seeds, 23.5 to 26.0")
    assert target.asked is not None and not target.asked.met_by(found.figure.value)


def test_the_rows_are_those_of_the_boards_there_are():
    names = [target.name for target in targets.TARGETS]
    assert len(set(names)) == len(names)
    assert BOARDS[engines.FAST.board].device.label == "ECP5 LFE5U-25F"
    assert not np.isnan([
        target.asked.bound for target in targets.TARGETS if target.asked is not None
    ]).any()


def test_the_peer_is_named_where_it_is_not_here(monkeypatch):
    monkeypatch.setattr("spikewright.bench.engine.speeds.PEER", "no_such_peer")
    target = Target(name="peer", title="peer", unit="times", work=fail)
    with pytest.raises(NotHere, match=r"^no_such_peer is not installed; pip install"):
        stochastic_speed(Work(
            folder=None, seeds=(0,), pnr_seeds=(1,), samples=1, build=Path("build"),
        ), target, length=16)


@pytest.mark.parametrize(
    ("rates", "said"),
    [((80.0,), "one seed"), ((80.0, 90.0), "median of 2 seeds, 80.0 to 90.0 MHz")],
)
def test_one_seed_is_no_median(rates, said):
    assert reached._spread("median", rates) == said
    assert reached._middle(len(rates)) == (
        "of one seed" if len(rates) == 1 else "the median of 2 seeds"
    )
