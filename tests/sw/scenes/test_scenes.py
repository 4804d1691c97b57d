"""The benchmark of acoustic scenes, on sounds that are made: what is reported, and refused."""

import re
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from spikewright.coding.coding import encode
from spikewright.errors import DataError
from spikewright.gateware.design import run_reference
from spikewright.gateware.synthesis import CellCounts, Netlist
from spikewright.record.benchmark import run_benchmark
from spikewright.scenes.benchmark import AscBenchmark
from spikewright.scenes.front_end import ENERGY, energy_mj
from spikewright.scenes.learning import heard_again, learned
from spikewright.task.known import load_task
from spikewright.task.task import Task

from ..task.data_files import tone, write_wave

HOUSE = Path(__file__).resolve().parents[3]


def write_digits(folder: Path) -> None:
    """Write tones of ten heights as spoken digits: takes 0 to 4 are the test part."""
    for digit in range(10):
        for take in (0, 5, 6, 7):
            sound = tone(rate=8000, hertz=150 * 1.35**digit + take, seconds=1)
            write_wave(folder / f"{digit}_made_{take}.wav", sound, rate=8000)


def test_a_rehearsal_is_called_one_and_has_front_end_and_inference_apart(tmp_path, monkeypatch):
    write_digits(tmp_path)
    page = tmp_path / "docs" / "asc.md"
    page.parent.mkdir()
    page.write_text("<!-- generated: fsdd -->\n<!-- end -->\n")
    said, trained = StringIO(), []

    def noted(task, coding, groups, **how):
        assert len(task.x_train) == 30 and coding.steps == 32 and groups == ()
        trained.append(learned(task, coding, groups, **how).network)
        return learned(task, coding, groups, **how)

    monkeypatch.setattr("spikewright.scenes.benchmark.learned", noted)
    large = Netlist(tmp_path, "ice40", CellCounts(lut=9000), "none")
    monkeypatch.setattr("spikewright.scenes.benchmark.engine_netlist", lambda *_, **__: large)
    report = run_benchmark(
        AscBenchmark(rehearsal="fsdd", folder=tmp_path, per_class=3),
        directory=tmp_path / "report", pages=True, root=tmp_path, build=tmp_path / "build",
        console=Console(file=said, width=200),
    )
    task = load_task("fsdd", folder=tmp_path, sound=True)
    run = run_reference(trained[0], encode(task.x_test, trained[0].coding))
    right = 100 * np.mean(run.predictions == task.y_test)
    assert report["accuracy_integer"].value == pytest.approx(right)
    cycles = report["front_end_cycles"].value
    assert cycles == 161 * 8000 and report["front_end_ms"].value == cycles / 12_000
    assert report["front_end_mj"].value == pytest.approx(cycles * ENERGY.value * 1e-9)
    assert report["inference_mj"].value == energy_mj(report["inference_cycles"].value)
    assert report["inference_mj"].provenance.kind == "estimated"
    assert 0 < report["front_end_lut"].value < 5280
    assert report.rows[0]["system"] == "Spikewright, 96 and 10 neurons (simulated, Estimate)"
    assert "| neurons of a band | right in 3 folds, %, strength 0.02 |" in said.getvalue()
    assert [row["system"] for row in report.rows[1:]] == [
        "Arduino Nano 33 BLE, CNN (published)", "SynSense Xylo Audio 2 (published)"
    ]
    assert report.summary.startswith("A rehearsal: these are not the benchmark's sounds. ")
    assert report.summary.endswith(
        "The network's engine takes 9000 LUTs, so the two do not fit on UP5K, which has 5280."
    )
    assert "Nothing is measured" in said.getvalue() and "| asc | 79.64 |" in page.read_text()
    assert (tmp_path / "report" / "report.json").is_file()


def test_a_clock_that_does_not_keep_up_is_refused(tmp_path):
    write_digits(tmp_path)
    said = re.escape(
        "the clock is 1 MHz, and 16 bands of 8000 samples a second take 1.29 MHz; give a faster "
        "clock"
    )
    with pytest.raises(DataError, match=f"^{said}$"):
        run_benchmark(
            AscBenchmark(rehearsal="fsdd", folder=tmp_path, clock_hz=1e6), build=tmp_path / "build"
        )


def test_copies_are_later_and_louder_or_softer():
    x = np.zeros((4, 50), np.float32)
    x[:, 10] = 0.2
    task = Task(
        name="clicks", kind="signal", x_train=x, y_train=np.arange(4) % 2, x_test=x[:2],
        y_test=np.array([0, 1]), low=-1, high=1,
    )
    made = heard_again(task, copies=2, seed=1)
    assert np.array_equal(made.x_train[:4], x) and made.y_train.tolist() == [0, 1] * 6
    loud = made.x_train[4:].max(axis=1)
    assert ((loud > 0.07) & (loud < 0.57)).all() and len({*loud.tolist()}) == 8
    assert len({*made.x_train[4:].argmax(axis=1).tolist()}) > 4
    assert np.array_equal(made.x_test, x[:2])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rehearsal": "shd"}, "rehearsal is 'shd'; there are esc10, fsdd"),
        ({"per_class": 2}, "per_class is 2; it must be a whole number of at least 3"),
        ({"clock_hz": 0}, "clock_hz is 0; it must be a number of at least 1"),
    ],
)
def test_what_is_no_benchmark_is_refused(fields, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        AscBenchmark(**fields)


def test_there_must_be_a_page_to_write(tmp_path):
    with pytest.raises(DataError, match=r"^there is no page .*asc\.md; run this in the checkout$"):
        run_benchmark(AscBenchmark(rehearsal="fsdd"), pages=True, root=tmp_path)
