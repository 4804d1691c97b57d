"""The bench of stochastic computing: its curves, its report, its page."""

import gzip
import json
import re
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from spikewright.bench.stochastic_engine import bench as job
from spikewright.bench.stochastic_engine import parts
from spikewright.bench.stochastic_engine.bench import Scope, bench_stochastic
from spikewright.bench.stochastic_engine.gateware import Deployment, gateware
from spikewright.bench.stochastic_engine.networks import (
    DIGITS,
    MNIST,
    Subject,
    with_epochs,
    with_hidden,
)
from spikewright.bench.stochastic_engine.networks import subject as make_subject
from spikewright.bench.stochastic_engine.page import BLOCKS, PAGE, PICTURES, docs, sections
from spikewright.cli import main
from spikewright.errors import DataError
from spikewright.gateware.resources import Target
from spikewright.machine import processor
from spikewright.network import reference
from spikewright.network.train import train
from spikewright.network.training_config import Phase
from spikewright.record.figure import Computed, Measured, PostRoute
from spikewright.record.report import Report
from spikewright.record.stochastic_bench import Curve, chosen
from spikewright.record.store import read_report
from spikewright.stochastic_models.engine import predictor
from spikewright.task.digits import load
from spikewright.task.mnist import FILES
from spikewright.task.source import VARIABLE
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.streams import ENCODINGS, SOURCES, Streams

BRIEF = replace(
    DIGITS,
    real=Phase(epochs=2, learning_rate=3e-2),
    quantized=Phase(epochs=1, learning_rate=2e-3),
    augmentation=None,
)
SCOPE = Scope(
    lengths=(16, 256), trained=(16,), full=32, rates=(1e-6, 0.1), draws=2, repeats=2, copies=1,
    deployments=(
        Deployment(hidden=2, design=EventDesign(ram_style="block"), target=Target("up5k", 20)),
        Deployment(
            hidden=2, design=StochasticDesign(streams=Streams(length=16), lanes=1),
            target=Target("a7-35t", 20, optional=True),
        ),
    ),
)


def bench(build: Path, **options) -> tuple[list[Curve], str]:
    """Run the bench in brief; return its curves and what it printed."""
    console = Console(record=True, width=200)
    options = {"seeds": (0, 1), "config": BRIEF, "scope": SCOPE, "build": build} | options
    return bench_stochastic(console=console, **options), console.export_text()


# The bench in brief trains, simulates and places for a minute, so what is asked of it is slow. Its
# engines, their streams and their faults have fast tests of their own.


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def whole(build) -> tuple[list[Curve], str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        return bench(build)


@pytest.fixture
def curves(whole) -> list[Curve]:
    return whole[0]


@pytest.fixture
def report(whole, build) -> Report:
    return read_report(build / "reports" / "stochastic")


@pytest.fixture(scope="module")
def subject(whole, build) -> Subject:
    return make_subject(load(), BRIEF, seeds=(0, 1), build=build, tell=lambda _: None)


@pytest.fixture
def elsewhere(build, tmp_path) -> Path:
    """Another folder for reports, with the same cache."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "cache").symlink_to(build / "cache")
    return tmp_path / "build"


def one(curves, part, **tags) -> Curve:
    (curve,) = chosen(curves, part, **tags)
    return curve


@pytest.mark.slow
def test_report(whole, report, build):
    curves, shown = whole
    assert len(report.rows) == len(curves)
    assert {row["part"] for row in report.rows} == {
        "accuracy", "trained", "product", "speed", "faults", "progressive"
    }
    for row, curve in zip(report.rows, curves, strict=True):
        assert row["values"] == list(curve.values) and len(row["at"]) == len(row["values"])
        figure = report[curve.name]
        assert figure.value == curve[curve.head]
        assert isinstance(figure.provenance, Measured if curve.part == "speed" else Computed)
    assert report.made["seeds"] == "0, 1"
    assert report.made["processor"] == processor()
    assert "number of the draw" in report.made["seeds of faults"]
    assert "accuracy, digits: % over length" in shown and "Report: " in shown
    assert "MNIST is not at hand, so only the digits are shown: name the folder of its" in shown
    pictures = {path.stem for path in (build / "reports" / "stochastic" / "pictures").iterdir()}
    assert pictures == {
        "accuracy_digits", "product", "product_pairs", "faults", "progressive_digits"
    }


@pytest.mark.slow
def test_accuracies_are_those_of_the_engines(curves, report, subject):
    found = chosen(curves, "accuracy", task="digits")
    assert {(curve.tags["encoding"], curve.tags["source"]) for curve in found} == {
        (encoding, source) for encoding in ENCODINGS for source in SOURCES
    }
    labels = subject.task.y_test
    integer = [
        100 * reference.run(network, subject.spikes).accuracy(labels)
        for network in subject.networks.values()
    ]
    assert report["accuracy_digits_integer"].value == pytest.approx(np.mean(integer))
    assert integer == pytest.approx([
        100 * one.accuracy_integer for one in subject.provenances.values()
    ])
    # Streams long enough are the weights.
    assert one(found, "accuracy", encoding="sign_magnitude", source="sobol")[256] == (
        pytest.approx(np.mean(integer))
    )
    curve = one(found, "accuracy", encoding="bipolar", source="lfsr")
    streams = Streams(length=16, encoding="bipolar", source="lfsr")
    shares = [
        np.mean(predictor(network, streams=streams)(subject.spikes) == labels)
        for network in subject.networks.values()
    ]
    assert curve.detail["seeds"][0] == shares and curve[16] == pytest.approx(100 * np.mean(shares))


@pytest.mark.slow
def test_networks_are_trained_for_short_streams(curves):
    assert {curve.tags["encoding"] for curve in chosen(curves, "trained")} == {*ENCODINGS}
    curve = one(curves, "trained", encoding="bipolar")
    config = replace(BRIEF, streams=Streams(length=16, encoding="bipolar"))
    shares = [train(config, load(), seed=seed).accuracy_integer or 0.0 for seed in (0, 1)]
    assert curve.detail["seeds"] == [shares] and curve[16] == pytest.approx(100 * np.mean(shares))


@pytest.mark.slow
def test_nothing_saturates_in_the_networks(subject):
    network = subject.networks[0]
    for layer, run in zip(
        network.layers, reference.run(network, subject.spikes).layers, strict=True
    ):
        low, high = layer.fixed.bounds["v"]
        assert low < run.membranes.min() and run.membranes.max() < high


@pytest.mark.slow
def test_few_faults_do_nothing_and_many_do_much(curves):
    found = chosen(curves, "faults")
    assert [(curve.tags["engine"], curve.tags["source"]) for curve in found] == [
        ("event", "weights"), ("event", "membranes"),
        ("stochastic", "streams"), ("stochastic", "weights"), ("stochastic", "membranes"),
    ]
    for curve in found:
        assert [len(draws) for draws in curve.detail["draws"]] == [4, 4]  # two of each network
        assert curve[1e-6] > 50  # of ten classes
    assert one(found, "faults", engine="event", source="membranes")[0.1] < 50


@pytest.mark.slow
def test_early_stops_take_fewer_cycles(curves):
    found = chosen(curves, "progressive", task="digits")
    event = one(found, "progressive", engine="event")
    for curve in found:
        if curve is event:
            continue
        assert curve.detail["prefixes"] == [16, 32] and len(curve.at) == 2
        assert event.at[0] < curve.at[0] < curve.at[1]
        assert 1.5 < curve.at[1] / curve.at[0] < 2


@pytest.mark.slow
def test_speed_is_in_turns(curves):
    for curve in chosen(curves, "speed"):
        assert all(len(each) == 2 for each in curve.detail["repeats"])
        assert min(curve.values) > 0


@pytest.fixture(scope="module")
def placed(whole, build):
    few = make_subject(
        load(), with_hidden(BRIEF, 2), seeds=(0,), build=build, tell=lambda _: None
    )
    return gateware({2: few}, SCOPE.deployments, build=build, tell=lambda _: None)


@pytest.mark.slow
def test_engines_on_parts(placed, report, whole):
    event, streams = placed
    assert event.sizes == streams.sizes == "64-2-10"
    name = "gateware_event_2_up5k"
    for kind in ("lut", "ff", "bram"):
        assert report[f"{name}_{kind}"].value == getattr(event.resources.counts, kind) > 0
    fmax = report[f"{name}_fmax_mhz"]
    assert isinstance(fmax.provenance, PostRoute) and fmax.value == event.resources.fmax_mhz > 10
    assert report[f"{name}_latency_us"].value == pytest.approx(event.cycles / fmax.value)
    assert event.cycles < streams.cycles
    assert "64-2-10 on iCE40 UP5K" in whole[1] and f"{fmax.value:.1f}" in whole[1]


@pytest.mark.slow
def test_an_energy_is_estimated_where_there_is_a_model(placed):
    event, streams = placed
    assert event.energy == () and streams.energy == ()
    on_ecp5 = replace(
        event,
        deployment=replace(event.deployment, target=Target("ecp5-25f", 20)),
        resources=replace(event.resources, fmax_mhz=50.0),
    )
    (total, *_) = on_ecp5.energy
    static = 1.1 * 77.0 * (event.cycles / 50.0) * 1e-3
    assert total.value == pytest.approx(static + 74.0 * event.synops * 1e-6)
    assert f"≈ {total.value:.3g}" in on_ecp5.cells()[-1]
    assert replace(on_ecp5, resources=replace(event.resources, fmax_mhz=None)).energy == ()


@pytest.mark.slow
def test_what_was_found_is_kept(curves, elsewhere, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(job, "speed", lambda *_, **__: chosen(curves, "speed"))
    for name in ("_share", "_point"):
        monkeypatch.setattr(parts, name, lambda *_: pytest.fail("found again"))
    again, _ = bench(elsewhere)
    assert json.dumps([curve.row() for curve in again]) == json.dumps(
        [curve.row() for curve in curves]
    )


@pytest.mark.slow
def test_the_page_is_written(curves, report, placed, tmp_path):
    lines = [figure for figure in report.figures if "accuracy_digits_" in figure.name]
    report = replace(report, sections=sections(curves, lines))
    page = tmp_path / PAGE
    message = f"there is no page {page}; run this in the checkout of the project"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        docs(report, curves, lines, placed, root=tmp_path)
    page.parent.mkdir(parents=True)
    kept = "<!-- generated: accuracy_mnist -->\nkept\n<!-- end -->\n"
    page.write_text(kept + "".join(
        f"<!-- generated: {name} -->\n\n<!-- end -->\n" for name in BLOCKS if "mnist" not in name
    ))
    assert page in docs(report, curves, lines, placed, root=tmp_path)
    text = page.read_text()
    assert text.startswith(kept)
    curve = one(curves, "accuracy", encoding="unipolar", source="halton")
    assert "| encoding | source | 16 | 256 |" in text
    assert f"| unipolar | halton | {curve[16]:.2f} | {curve[256]:.2f} |" in text
    assert "| 64-2-10 on iCE40 UP5K | event engine |" in text
    assert "| stochastic | streams |" in text and "The event engine: " in text
    names = {path.name for path in (tmp_path / PICTURES).iterdir()}
    assert "faults.svg" in names and len(names) == 5
    assert "var(--" not in (tmp_path / PICTURES / "faults.svg").read_text()
    assert docs(report, curves, lines, placed, root=tmp_path) == []


def test_the_page_of_the_project_has_the_blocks_and_the_pictures():
    root = Path(__file__).resolve().parents[3]
    text = (root / PAGE).read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- generated: (\w+) -->", text)) == set(BLOCKS)
    for picture in re.findall(r"\((pictures/[^)]*)\)", text):
        assert (root / "docs" / picture).is_file(), picture


@pytest.mark.slow
def test_mnist_is_benched_where_it_is_at_hand(curves, elsewhere, tmp_path, monkeypatch):
    """On ten images of noise; what counts is that it goes through."""
    rng = np.random.default_rng(0)
    for images, labels in FILES.values():
        for name, values in (
            (images, rng.integers(0, 256, (10, 28, 28), np.uint8)),
            (labels, np.arange(10, dtype=np.uint8)),
        ):
            header = bytes((0, 0, 8, values.ndim)) + struct.pack(
                f">{values.ndim}I", *values.shape
            )
            (tmp_path / name).write_bytes(gzip.compress(header + values.tobytes()))
    quick = replace(MNIST, quantized=Phase(epochs=1, learning_rate=1e-3))
    monkeypatch.setattr(job, "MNIST", quick)
    for where, part, function in ((job, "speed", "speed"), (parts, "faults", "fault_curves")):
        known = chosen(curves, part)
        monkeypatch.setattr(where, function, lambda *_, known=known, **__: known)
    scope = replace(SCOPE, lengths=(16,), full=16)
    curves, shown = bench(elsewhere, data=tmp_path, seeds=(0,), epochs=1, scope=scope)
    assert "MNIST is not at hand" not in shown
    found = chosen(curves, "accuracy", task="mnist")
    assert len(found) == len(ENCODINGS) * len(SOURCES)
    assert all(curve.at == (16,) and curve[16] * 10 % 100 == 0 for curve in found)
    assert {curve.tags.get("source") for curve in chosen(curves, "progressive", task="mnist")} == {
        None, "sobol", "lfsr"
    }


def test_options():
    assert with_epochs(DIGITS, None) is DIGITS
    assert with_epochs(MNIST, 3).real.epochs == 3
    assert with_epochs(MNIST, 3).quantized == MNIST.quantized


def test_the_command_line(monkeypatch):
    seen = {}
    monkeypatch.setattr(job, "bench_stochastic", lambda **options: seen.update(options))
    assert main(["bench", "stochastic"]) == 0
    assert seen == {"data": None, "seeds": [0, 1, 2], "epochs": None, "pages": False}
    arguments = ["--data", "here", "--seeds", "4", "5", "--epochs", "2", "--pages"]
    assert main(["bench", "stochastic", *arguments]) == 0
    assert seen == {"data": Path("here"), "seeds": [4, 5], "epochs": 2, "pages": True}


def test_no_seed(tmp_path):
    message = "there is no seed; the bench trains one network for each"
    with pytest.raises(DataError, match=f"^{message}$"):
        bench(tmp_path, seeds=())
