"""Event camera detection: boxes are judged again, by COCO's own program."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .task_audit import TaskAudit, raw_log

__all__ = ["DETECTION"]

#: Scenes of the test part, classes, and pixels along each side of the frame.
_SCENES, _CLASSES, _SIDE = 300, 2, 32


def _recounted(data: dict[str, Any]) -> dict[str, float]:
    return {}  # from boxes.npz, whose numbers are not rounded, as the rows' are


def _impossible(data: dict[str, Any], folder: Path) -> Iterator[str]:
    log = raw_log(folder / "boxes.npz")
    labels, found = log["labels"], log["found"]
    rows, figures = data["rows"], {one["name"]: one["value"] for one in data["figures"]}
    for name, boxes, key in (("labels", labels, "labels"), ("found", found, "found")):
        shown = [[row["scene"], *box] for row in rows for box in row[key]]
        if boxes.shape != (len(shown), 7) or not np.allclose(
            boxes, np.array(shown).reshape(-1, 7), rtol=0, atol=1e-4
        ):
            yield f"the boxes {name} of boxes.npz are others than those of its rows"
            return
    if not (0 <= labels[:, 1]).all() or not (labels[:, 1] < _CLASSES).all():
        yield "a label has a class that there is not"
    if (labels[:, 2:4] < 0).any() or (labels[:, 2:4] + labels[:, 4:6] > _SIDE).any():
        yield "a label reaches out of the frame"
    for name, value in zip(("map", "map_half"), _judged(labels, found, len(rows)), strict=True):
        if not abs(value - figures[name]) <= 1e-9:
            yield f"{name} is {figures[name]:g}, and by its boxes {value:g}"


def _judged(labels: np.ndarray, found: np.ndarray, scenes: int) -> tuple[float, float]:
    """Return COCO's precision over overlaps of 0.5 to 0.95, and at 0.5."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def listed(boxes: np.ndarray) -> list[Any]:
        return [
            {"id": number, "image_id": int(scene), "category_id": int(kind), "iscrowd": 0,
             "bbox": [x, y, w, h], "area": w * h, "score": sure}
            for number, (scene, kind, x, y, w, h, sure) in enumerate(boxes.tolist(), 1)
        ]

    if not len(found):
        return 0.0, 0.0
    with contextlib.redirect_stdout(io.StringIO()):
        truth, answers = COCO(), listed(found)
        known: Any = {
            "info": {}, "annotations": listed(labels),
            "images": [{"id": one} for one in range(scenes)],
            "categories": [{"id": one} for one in range(_CLASSES)],
        }
        truth.dataset = known
        truth.createIndex()
        judged = COCOeval(truth, truth.loadRes(answers), "bbox")  # pyright: ignore
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    return float(judged.stats[0]), float(judged.stats[1])


def _missing(data: dict[str, Any], rehearsal: bool) -> Iterator[str]:
    if not rehearsal:
        yield "it is on made moving shapes, and not on the benchmark's recordings"
    if [row["scene"] for row in data["rows"]] != list(range(_SCENES)):
        yield f"it has {len(data['rows'])} scenes; the rehearsal has {_SCENES}, from 0 on"


def _headline(data: dict[str, Any]) -> tuple[str, str]:
    value = {one["name"]: one["value"] for one in data["figures"]}
    board = "No board was asked."
    if "on_board" in value:
        board = (
            f"A virtual board gave the same values in {value['on_board']} scenes, in "
            f"{value['cycles_mean']:,.0f} cycles on average, {value['latency_us']:,.0f} µs: "
            "simulated."
        )
    return "NeuroBench event camera detection, rehearsed on made moving shapes", (
        f"A rehearsal: these are not the benchmark's recordings. mAP {value['map']:.3f} over "
        f"overlaps of 0.5 to 0.95, {value['map_half']:.3f} at 0.5, on {len(data['rows'])} scenes, "
        "by the integer reference; with the boxes of other scenes "
        f"{value['map_exchanged']:.3f} and {value['map_half_exchanged']:.3f}. {board} "
        "Nothing is measured."
    )


DETECTION = TaskAudit(
    name="detection", title="Event camera object detection", track="algorithm",
    quick="200 scenes, 50 tested, one epoch, no virtual board", rehearsal="made moving shapes",
    recounted=_recounted, impossible=_impossible, missing=_missing, headline=_headline,
)
