"""Made scenes: squares and discs that move before an event camera, and the boxes around them."""

from dataclasses import dataclass

import numpy as np

from spikewright_hw.checks import whole

from ..task.events import EVENT
from .prophesee import BOX

__all__ = ["CLASSES", "SIDE", "Scene", "moving_shapes"]

#: What there is, by its number.
CLASSES = ("square", "disc")
#: Pixels along each side of the frame, and microseconds of a scene.
SIDE, DURATION_US = 32, 40_000
#: Pictures that a scene is drawn in; an event is where one differs from the one before.
_PICTURES = 17
_SIZES, _SPEED, _MOST = (8, 13), (3.0, 7.0), 2


@dataclass(frozen=True)
class Scene:
    """A scene: its events, and the boxes at its end.

    Parameters
    ----------
    events : array ``[events]`` of :data:`~spikewright.task.events.EVENT`
    boxes : array ``[boxes]`` of :data:`BOX`
    """

    events: np.ndarray
    boxes: np.ndarray


def moving_shapes(count: int, *, seed: int = 0) -> tuple[Scene, ...]:
    """Make scenes of one or two shapes, which move and do not meet.

    A shape is lighter than what is behind it. It is 8 to 13 pixels wide and moves by 3 to 7 in the
    40 ms of a scene, in any direction; a pixel in 500 has an event of noise in each of 16 pictures.

    Parameters
    ----------
    count : int
    seed : int
    """
    whole(0)("count", count)
    random = np.random.default_rng(whole(0)("seed", seed))
    return tuple(_scene(random) for _ in range(count))


def _scene(random: np.random.Generator) -> Scene:
    shapes: list[tuple[int, float, np.ndarray, np.ndarray]] = []
    wanted = int(random.integers(1, _MOST + 1))
    for _ in range(20):
        if len(shapes) == wanted:
            break
        size = float(random.integers(*_SIZES, endpoint=True))
        angle, speed = random.uniform(0, 2 * np.pi), random.uniform(*_SPEED)
        end = random.uniform(size / 2, SIDE - size / 2, 2)
        start = end - speed * np.array([np.cos(angle), np.sin(angle)])
        apart = [np.abs(end - other[3]).max() - (size + other[1]) / 2 for other in shapes]
        if min(apart, default=9.0) > 2:
            shapes.append((int(random.integers(len(CLASSES))), size, start, end))
    pictures = np.stack([_picture(shapes, share) for share in np.linspace(0, 1, _PICTURES)])
    changes = np.diff(pictures.astype(np.int8), axis=0)
    noise = random.uniform(size=changes.shape) < 1 / 500
    changes = np.where(noise & (changes == 0), random.choice([-1, 1], changes.shape), changes)
    step, y, x = changes.nonzero()
    events = np.empty(len(step), EVENT)
    events["t"] = step * (DURATION_US // (_PICTURES - 1))
    events["x"], events["y"], events["p"] = x, y, changes[step, y, x] > 0
    boxes = np.zeros(len(shapes), BOX)
    for number, (kind, size, _, end) in enumerate(shapes):
        x0, y0 = end - size / 2
        boxes[number] = (DURATION_US, x0, y0, size, size, kind, number, 1)
    return Scene(events, boxes)


def _picture(shapes: list[tuple[int, float, np.ndarray, np.ndarray]], share: float) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    lit = np.zeros((SIDE, SIDE), bool)
    for kind, size, start, end in shapes:
        middle = start + share * (end - start)
        off = np.abs(x - middle[0]), np.abs(y - middle[1])
        lit |= (np.hypot(*off) if kind else np.maximum(*off)) <= size / 2
    return lit
