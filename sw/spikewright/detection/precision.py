"""Mean average precision of boxes, by pycocotools: COCO's, over overlaps of 0.5 to 0.95.

NeuroBench's harness 2.3.0 has a metric of this, whose result is always 0.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from spikewright_hw.checks import real, shown, whole

from ..errors import DataError
from .prophesee import BOX

__all__ = ["AveragePrecision", "average_precision", "labelled_frames"]

#: What the data set's authors leave out of a recording: its first half second, and boxes that are
#: small.
SKIPPED_US, LEAST_SIDE, LEAST_DIAGONAL = 500_000, 20, 60
#: How far a found box may be from the time of a label.
TOLERANCE_US = 25_000


@dataclass(frozen=True)
class AveragePrecision:
    """Means over the classes that there are, each 0 to 1.

    Parameters
    ----------
    mean : float
        Mean over overlaps of 0.5, 0.55 and so on to 0.95: COCO's mAP.
    half : float
        At an overlap of 0.5.
    """

    mean: float
    half: float


def labelled_frames(
    truth: np.ndarray, found: np.ndarray, *, skipped_us: int = SKIPPED_US,
    least_side: float = LEAST_SIDE, least_diagonal: float = LEAST_DIAGONAL,
    tolerance_us: int = TOLERANCE_US,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Part a recording into frames, one for each time that has labels.

    Boxes of the first half second, and small ones, are left out of both, as the data set's authors
    do; the defaults are for the 1 megapixel camera.

    Parameters
    ----------
    truth, found : array ``[boxes]`` of :data:`BOX`
        Of one recording, the labels and what a detector found.
    skipped_us : int
        Microseconds at the start that do not count.
    least_side, least_diagonal : float
        Pixels that a box must have at least.
    tolerance_us : int
        A found box belongs to a label's time if it is at most so far from it.

    Returns
    -------
    two lists of arrays
        Labels and found boxes of each frame.
    """
    for name, boxes in (("truth", truth), ("found", found)):
        _check_boxes(name, boxes)
    whole(0)("skipped_us", skipped_us)
    whole(0)("tolerance_us", tolerance_us)
    for name, value in (("least_side", least_side), ("least_diagonal", least_diagonal)):
        real(0)(name, value)

    def kept(boxes: np.ndarray) -> np.ndarray:
        large = np.minimum(boxes["w"], boxes["h"]) >= least_side
        large &= np.hypot(boxes["w"], boxes["h"]) >= least_diagonal
        return boxes[large & (boxes["t"] > skipped_us)]

    truth, found = kept(truth), kept(found)
    times = np.unique(truth["t"])
    return (
        [truth[truth["t"] == time] for time in times],
        [found[np.abs(found["t"] - time) <= tolerance_us] for time in times],
    )


def average_precision(
    truth: Sequence[np.ndarray], found: Sequence[np.ndarray], *, classes: int
) -> AveragePrecision:
    """Return the average precision over frames.

    Parameters
    ----------
    truth, found : sequence of arrays of :data:`BOX`
        Of each frame, the labels and what was found, by ``class_confidence``.
    classes : int
        Their numbers are from 0 on; those without a label do not count.

    Raises
    ------
    DataError
        There is no label, the two have other numbers of frames, or a class is none.
    ValueError
        A frame is no array of boxes.
    """
    whole(1)("classes", classes)
    for name, frames in (("truth", truth), ("found", found)):
        if not isinstance(frames, Sequence):
            raise ValueError(f"{name} is {shown(frames)}; it must be a list of arrays of BOX")
        for number, boxes in enumerate(frames):
            _check_boxes(f"{name}[{number}]", boxes)
    if len(truth) != len(found):
        raise DataError(f"there are labels of {len(truth)} frames, and boxes of {len(found)}")
    labels, boxes = _records(truth, classes, "label"), _records(found, classes, "box")
    if not labels:
        raise DataError("there is no label in any frame, so no precision; give some")
    if not boxes:
        return AveragePrecision(0.0, 0.0)
    with contextlib.redirect_stdout(io.StringIO()):  # it tells of each step
        known = COCO()
        described: Any = {
            "info": {}, "images": [{"id": number + 1} for number in range(len(truth))],
            "categories": [{"id": one + 1, "name": str(one)} for one in range(classes)],
            "annotations": labels,
        }
        known.dataset = described
        known.createIndex()
        results: Any = boxes  # a list is taken, too
        judged = COCOeval(known, known.loadRes(results), "bbox")
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    mean, half = judged.stats[:2]
    return AveragePrecision(float(mean), float(half))


def _check_boxes(name: str, boxes: Any) -> None:
    if not isinstance(boxes, np.ndarray) or boxes.dtype != BOX or boxes.ndim != 1:
        raise ValueError(f"{name} is {shown(boxes)}; it must be an array of BOX")


def _records(frames: Sequence[np.ndarray], classes: int, what: str) -> list[Any]:
    """Return boxes as COCO has them; numbers of images and classes are from 1 on."""
    made = []
    for number, boxes in enumerate(frames):
        for box in boxes:
            if box["class_id"] >= classes:
                raise DataError(
                    f"a {what} of frame {number} has the class {box['class_id']}; there are "
                    f"{classes}, from 0 on"
                )
            x, y, w, h = (float(box[side]) for side in "xywh")
            made.append({
                "id": len(made) + 1, "image_id": number + 1,
                "category_id": int(box["class_id"]) + 1, "iscrowd": 0, "area": w * h,
                "bbox": [x, y, w, h], "score": float(box["class_confidence"]),
            })
    return made
