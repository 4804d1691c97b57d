"""Detection: made scenes, a detector, its report, and what a board is held to."""

from contextlib import nullcontext
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from spikewright.detection.benchmark import DetectionBenchmark
from spikewright.detection.detector import boxes_of, detection_task
from spikewright.detection.precision import average_precision
from spikewright.detection.shapes import SIDE, moving_shapes
from spikewright.errors import DataError, DeviceError
from spikewright.job import board_figures
from spikewright.record.benchmark import run_benchmark

SMALL = {
    "scenes": 12, "tested": 4, "network": "2C3p1-P2-2C3p1-P2-2C3p1-P2-6C3p1", "epochs": 1,
}


def test_scenes_have_their_shapes_where_the_boxes_say():
    scenes = moving_shapes(40, seed=5)
    assert {len(one.boxes) for one in scenes} == {1, 2}
    for scene in scenes:
        events, boxes = scene.events, scene.boxes
        assert (np.diff(events["t"]) >= 0).all() and 0 < events["t"].max() < boxes["t"][0]
        assert (boxes["x"] >= 0).all() and (boxes["x"] + boxes["w"] <= SIDE).all()
        assert ((8 <= boxes["w"]) & (boxes["w"] <= 13)).all()
        late = events[events["t"] > 30_000]  # by then a shape is within two pixels of its box
        near = np.zeros(len(late), bool)
        for box in boxes:
            inside = [
                (late[axis] >= box[axis] - 2.5) & (late[axis] <= box[axis] + box["w"] + 2.5)
                for axis in "xy"
            ]
            near |= inside[0] & inside[1]
        assert near.mean() > 0.4  # the others are noise, two in a picture
    assert np.array_equal(moving_shapes(2, seed=5)[1].events, scenes[1].events)


def test_targets_are_the_boxes():
    task, scenes = detection_task(train=2, test=60, seed=3)
    found = boxes_of(task.y_test)
    for one, boxes in zip(scenes, found, strict=True):
        order = np.lexsort((one.boxes["x"] // 8, one.boxes["y"] // 8))
        assert sorted(boxes["class_id"]) == sorted(one.boxes["class_id"][order])
    precision = average_precision([one.boxes for one in scenes], found, classes=2)
    assert precision.mean == precision.half == 1
    # A cell that is half sure has its box as large, and half as sure.
    doubtful = boxes_of(task.y_test / 2)
    assert np.allclose(doubtful[0]["w"], found[0]["w"])
    assert np.allclose(doubtful[0]["class_confidence"], 0.5)
    assert len(boxes_of(task.y_test * 0.1)[0]) == 0


def test_a_report_says_what_it_is(tmp_path):
    page = tmp_path / "docs" / "detection.md"
    page.parent.mkdir()
    page.write_text(
        "".join(f"<!-- generated: {name} -->\n<!-- end -->\n" for name in ("said", "figures"))
    )
    out = StringIO()
    report = run_benchmark(
        DetectionBenchmark(**SMALL, on_board=0), directory=tmp_path / "report", build=tmp_path,
        pages=True, root=tmp_path, console=Console(file=out, width=200),
    )
    assert report.summary.startswith("A rehearsal: these are not the benchmark's recordings. mAP ")
    assert report.summary.endswith(" No board was asked. Nothing is measured.")
    assert 0 <= report["map"].value <= report["map_half"].value <= 1
    assert len(report.rows) == 4 and report.rows[0]["labels"]
    assert (tmp_path / "report" / "detector.spw").is_file()
    assert "| `map` |" in page.read_text() and "A rehearsal" in out.getvalue()


def test_a_board_that_differs_is_refused(tmp_path, monkeypatch):
    board = nullcontext(SimpleNamespace(infer_all=lambda spikes: spikes))
    monkeypatch.setattr(board_figures, "open_board", lambda *_, **__: board)
    monkeypatch.setattr(board_figures, "compare", lambda answers, run: SimpleNamespace(
        equal=False, mismatches={"spikes": 3}
    ))
    with pytest.raises(DeviceError, match=r"^the virtual board differs from the reference: .*3"):
        run_benchmark(
            DetectionBenchmark(**SMALL, on_board=2), directory=tmp_path, build=tmp_path,
            console=Console(file=StringIO()),
        )


@pytest.mark.parametrize(("given", "message"), [
    ({"scenes": 9}, "scenes is 9; it must be a whole number of at least 10"),
    ({"tested": 5, "on_board": 6}, "on_board is 6, and 5 scenes are tested; ask for no more"),
])
def test_what_cannot_be_is_refused(given, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        DetectionBenchmark(**given)


def test_without_the_page_nothing_is_trained(tmp_path):
    with pytest.raises(DataError, match=r"detection\.md; run this in the checkout$"):
        run_benchmark(DetectionBenchmark(), pages=True, root=tmp_path)
