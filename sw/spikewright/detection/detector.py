"""A detector of moving shapes: a spiking network of convolutions, whose outputs are boxes.

The frame is parted into cells. Of each cell the network answers how sure it is of each class, and
where the middle of the shape in it lies and how large that is, as values around 0 to 1. All are 0
in an empty cell. It is trained by squared errors, whose least, where it is unsure whether a cell is
empty, is at place and size times how sure it is; so these are divided by that.
"""

import numpy as np

from ..network.training_config import TrainingConfig, training_config
from ..task.events import recordings
from ..task.task import Task
from .prophesee import BOX
from .shapes import CLASSES, DURATION_US, SIDE, Scene, moving_shapes

__all__ = ["CELLS", "boxes_of", "detection_task", "detector_config"]

#: Cells along each side of the frame.
CELLS = 4
_CELL, _LARGEST = SIDE / CELLS, 16.0
#: Of a cell: a value for each class, then middle (x, y) in cells, and size (w, h) in the largest.
_VALUES = len(CLASSES) + 4
#: Least value of a class at which there is a box, and of all classes; least size, pixels.
_LEAST, _SURE, _THIN = 0.05, 0.15, 4.0


def detection_task(*, train: int, test: int, seed: int = 0) -> tuple[Task, tuple[Scene, ...]]:
    """Return made scenes as a task of values, and the scenes of its test part.

    Parameters
    ----------
    train, test : int
        Scenes of each part.
    seed : int
        The parts are drawn from seeds of their own that follow from it.
    """
    parts = moving_shapes(train, seed=2 * seed), moving_shapes(test, seed=2 * seed + 1)
    (x_train, y_train), (x_test, y_test) = (
        (recordings([one.events for one in part]), np.stack([_values(one.boxes) for one in part]))
        for part in parts
    )
    return Task(
        name="moving shapes", kind="events", shape=(SIDE, SIDE, 2), classes=0,
        x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test,
    ), parts[1]


def detector_config(task: Task, *, network: str, epochs: int) -> TrainingConfig:
    """Return how the detector is trained: in four steps, weights of six bits.

    Parameters
    ----------
    task : Task
        Of :func:`detection_task`.
    network : str
        Short name of the whole network, which ends in a map of :data:`CELLS` × :data:`CELLS`.
    epochs : int
        In real numbers.
    """
    return training_config(
        task, network=network, steps=4, weight_bits=6, membrane="Q10.6", bias=True, epochs=epochs
    )


def _values(boxes: np.ndarray) -> np.ndarray:
    """Return what a network should answer: of the cell in which the middle of a box lies."""
    cells = np.zeros((CELLS, CELLS, _VALUES))
    for box in boxes:
        x, y = (box["x"] + box["w"] / 2) / _CELL, (box["y"] + box["h"] / 2) / _CELL
        cells[int(y), int(x), box["class_id"]] = 1
        size = box["w"] / _LARGEST, box["h"] / _LARGEST
        cells[int(y), int(x), len(CLASSES) :] = (x - int(x), y - int(y), *size)
    return cells.ravel()


def boxes_of(answers: np.ndarray) -> list[np.ndarray]:
    """Return the boxes that answers stand for, of each scene.

    Parameters
    ----------
    answers : array ``[scenes, values]``
    """
    return [_boxes(one.reshape(CELLS, CELLS, _VALUES)) for one in np.asarray(answers)]


def _boxes(cells: np.ndarray) -> np.ndarray:
    made: list[tuple[float, ...]] = []
    sure = cells[..., : len(CLASSES)].sum(axis=-1)
    for row, column in np.argwhere(sure > _SURE):
        x, y, w, h = cells[row, column, len(CLASSES) :] / sure[row, column]
        x, y = np.clip((x, y), 0, 1)
        w, h = np.clip((w * _LARGEST, h * _LARGEST), _THIN, _LARGEST)
        left, top = (column + x) * _CELL - w / 2, (row + y) * _CELL - h / 2
        made += [
            (DURATION_US, left, top, w, h, kind, 0, value)
            for kind, value in enumerate(cells[row, column, : len(CLASSES)]) if value > _LEAST
        ]
    return np.array(made, BOX)
