"""Heartbeats: what becomes of a beat, who is asked of what, and what is reported."""

from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from spikewright.device.simulation import simulate
from spikewright.errors import DataError, DeviceError
from spikewright.heartbeats.benchmark import HeartbeatBenchmark
from spikewright.heartbeats.front_end import INPUTS, heart_inputs
from spikewright.heartbeats.page import BLOCKS, PUBLISHED
from spikewright.heartbeats.split import FOLDS, drawn, heartbeat_tasks, load_heartbeats
from spikewright.job import board_figures
from spikewright.quantized.spw import read
from spikewright.record.benchmark import run_benchmark
from spikewright.record.store import read_report
from spikewright.task.mitbih import Beats
from spikewright.task.task import Task

from ..task.data_files import WRITTEN

HOUSE = Path(__file__).resolve().parents[3]
ENDS = (0, 20, 36, 44, 50, 54, 57, 60, 63, 66, 70, 76, 84, 94, 110, 130)


def made(count: int, *, records: int = 1, seed: int = 0) -> Beats:
    random = np.random.default_rng(seed)
    return Beats(
        values=random.random((count, 187)).astype(np.float32),
        labels=random.integers(0, 5, count),
        places=np.cumsum(random.integers(180, 500, count)),
        records=100 + np.sort(np.arange(count) % records),
    )


def test_inputs_are_what_the_page_says_of_a_beat_and_of_those_before():
    beats = made(90)
    found = heart_inputs(beats)
    assert found.shape == (90, INPUTS) == (90, 68) and found.dtype == np.float32
    means = [
        [beat[start:end].astype(float).mean() for start, end in pairwise(ENDS)]
        for beat in beats.values
    ]
    usual, before = np.median(means[:8], axis=0), np.diff(beats.places) / 360
    before = [before[0], *before]
    for n in range(90):
        middle = np.median(before[max(0, n - 63) : n + 1])
        earlier = before[n - 1] if n else middle
        after = before[min(n + 1, 89)]
        up = [*np.diff(means[n]), *(means[n] - usual), before[n] / middle - 1, after / middle - 1,
              after / before[n] - 1, earlier / middle - 1]
        changes = [0.0] + [
            abs(before[k] - before[k - 1]) / np.median(before[max(0, k - 63) : k + 1])
            for k in range(1, n + 1)
        ]
        each = [30 * one for one in up] + [-30 * one for one in up]
        each += [60 * np.median(changes[-32:]), 10 * middle]
        assert abs(found[n] - np.floor(np.clip(each, 0, 15))).max() <= 1  # sums are rounded
        assert np.mean(found[n] == np.floor(np.clip(each, 0, 15))) > 0.95
        usual = usual + np.clip((means[n] - usual) / 2, -1 / 128, 1 / 128)


def test_a_beat_knows_nothing_of_those_after_the_next_nor_of_other_records():
    beats = made(60, records=2)
    found = heart_inputs(beats)
    later = replace(beats, values=beats.values.copy(), places=beats.places.copy())
    later.values[21:30] = 0
    later.places[22:30] += 40
    assert np.array_equal(heart_inputs(later)[:21], found[:21])
    assert np.array_equal(heart_inputs(later)[30:], found[30:])
    assert not np.array_equal(heart_inputs(later)[21:30], found[21:30])
    alone = made(1)
    assert not heart_inputs(alone)[0, [29, 30, 31, 32, 66, 67]].any()  # it has no interval


def test_who_is_asked(tmp_path):
    WRITTEN["mitbih", "records"](tmp_path)
    between = load_heartbeats(folder=tmp_path)
    assert (between.name, len(between.x_train), len(between.x_test)) == (
        "heartbeats-patients", 110, 110
    )
    assert (between.shape, between.low, between.high, between.classes) == ((68,), 0, 15, 5)
    held, source = heartbeat_tasks("patients", folder=tmp_path, held_out=True)
    assert len(held) == FOLDS
    assert source == (
        "Beats are of 22 of 22 records of DS1 and 22 of 22 records of DS2. No list of checksums "
        "named all of the files."
    )
    asked = [len(one.x_test) for one in held]
    assert asked == [30, 30, 25, 25] and all(len(one.x_train) == 110 - here for one, here in
                                             zip(held, asked, strict=True))
    at_random = load_heartbeats("random", folder=tmp_path)
    assert np.bincount(at_random.y_test).tolist() == [9] * 5 and len(at_random.x_train) == 175
    held, _ = heartbeat_tasks("random", folder=tmp_path, held_out=True)
    assert sum(len(one.x_test) for one in held) == 175
    two = load_heartbeats(anomaly=True, folder=tmp_path)
    assert two.classes == 2 and np.bincount(two.y_test).tolist() == [22, 88]
    assert np.array_equal(two.x_test, between.x_test)
    with pytest.raises(ValueError, match=r"^split is 'patient'; there are patients, random$"):
        load_heartbeats("patient", folder=tmp_path)


def test_classes_are_weighed_by_drawing():
    x = np.arange(30)[:, None]
    task = Task(name="made", x_train=x, y_train=np.repeat([0, 1, 2], (20, 6, 4)),
                x_test=x, y_test=np.zeros(30, int))
    found = drawn(task, (0.5, 2.5, 1), seed=1)
    assert np.bincount(found.y_train).tolist() == [10, 15, 4]
    times = np.bincount(found.x_train[:, 0].astype(int), minlength=30)
    assert times[:20].max() == 1 and sorted(times[20:26]) == [2, 2, 2, 3, 3, 3]
    assert times[26:].tolist() == [1] * 4
    assert len(drawn(task, (0.001, 1, 1), seed=1).x_train) == 11  # none is left out


def test_a_report_says_how_each_class_was_told(tmp_path, monkeypatch):
    WRITTEN["mitbih", "records"](tmp_path)
    page = tmp_path / "docs" / "heartbeats.md"
    page.parent.mkdir()
    page.write_text("<!-- generated: anomaly -->\n<!-- end -->\n")
    opened = []

    class Board:
        def __init__(self, network, design):
            self.network, self.design = network, design

        def infer_all(self, inputs):
            return simulate(self.network, inputs, board="icebreaker", design=self.design)

    @contextmanager
    def open_simulated(network, *, board, design, build):
        opened.append((board, design.fold))
        yield Board(network, design)

    monkeypatch.setattr(board_figures, "open_board", open_simulated)
    said = StringIO()

    def bench(**more):
        return run_benchmark(
            HeartbeatBenchmark(anomaly=True, folder=tmp_path, hidden=8, seeds=(3,), on_board=2),
            directory=tmp_path / "report", root=tmp_path, build=tmp_path / "build",
            console=Console(file=said, width=200), **more,
        )

    report = bench(pages=True)
    assert opened == [("icebreaker", (4, 2))] and report.name == "heartbeats-anomaly-patients"
    row = report.rows[0]
    assert report["accuracy"].value == row["accuracy"] and report["mismatches"].value == 0
    assert report["f1_anomaly"].value == row["f1"]["anomaly"]
    assert report["energy_per_inference_uj"].provenance.kind == "estimated"
    assert report["latency_us"].value == report["cycles_mean"].value / 24
    assert read_report(tmp_path / "report").rows == report.rows
    assert read(tmp_path / "report" / "heartbeats.spw").network.digest().hex() == row["network"]
    text = page.read_text()
    assert "| always normal | 80 | 50 | 0 |" in text
    assert "On the virtual board, 2 beats: 0 of " in text and "F1 of anomaly" in text
    assert PUBLISHED[0] not in text  # that is of five classes
    assert "No list of checksums named all of the files." in " ".join(said.getvalue().split())

    real = Board.infer_all
    monkeypatch.setattr(Board, "infer_all", lambda self, inputs: real(self, inputs[::-1]))
    with pytest.raises(DeviceError, match=r"^the virtual board differs from the reference: "):
        bench()


def test_what_is_held_out_is_put_on_no_board(tmp_path, monkeypatch):
    WRITTEN["mitbih", "records"](tmp_path)
    monkeypatch.setattr(board_figures, "open_board", None)
    said = StringIO()
    report = run_benchmark(
        HeartbeatBenchmark(split="random", held_out=True, folder=tmp_path, hidden=4, seeds=(0,)),
        directory=tmp_path / "report", build=tmp_path / "build",
        console=Console(file=said, width=200),
    )
    assert "F1 of S" in said.getvalue()
    assert not any(word in said.getvalue() for word in ("logic cells", PUBLISHED[0]))
    assert report.name == "heartbeats-random-held-out" and "175 held-out beats" in report.summary
    assert not (tmp_path / "report" / "heartbeats.spw").exists()


@pytest.mark.parametrize(("given", "said"), [
    ({"seeds": (1, 1)}, "seeds is [1, 1]; name each once, and at least one"),
    ({"held_out": True, "place": True},
     ("place is True, but each part that is held out has a network of its own; leave one of the "
      "two out")),
])
def test_what_cannot_be_asked(given, said):
    with pytest.raises(ValueError) as caught:
        HeartbeatBenchmark(**given)
    assert str(caught.value) == said


def test_no_page_and_no_files(tmp_path):
    with pytest.raises(DataError, match=r"^there is no page .*heartbeats\.md; run this in the"):
        run_benchmark(HeartbeatBenchmark(), pages=True, root=tmp_path)
    with pytest.raises(DataError, match=r"^MIT-BIH is neither in"):
        run_benchmark(HeartbeatBenchmark(folder=tmp_path), root=tmp_path)


def test_the_page_has_a_block_of_each_report():
    text = (HOUSE / "docs" / "heartbeats.md").read_text(encoding="utf-8")
    for block in BLOCKS.values():
        assert f"<!-- generated: {block} -->" in text
