"""Small tasks of every kind, made for tests."""

from typing import Any

import numpy as np

from spikewright.task.events import EVENT, recordings
from spikewright.task.task import KINDS, Task

__all__ = ["CLASSES", "KINDS", "SHAPES", "fields", "made"]

CLASSES = 3
#: By kind: the shape of a sample.
SHAPES = {
    "values": (5,), "image": (3, 4), "signal": (6, 2), "spikes": (4, 5), "events": (3, 4, 2),
}


def fields(kind: str, *, samples: int = 6) -> dict[str, Any]:
    """Return the fields of a task of this kind; the test part is half as large."""
    random = np.random.default_rng(0)
    parts = {"train": samples, "test": samples // 2}
    found: dict[str, Any] = {"name": "made", "kind": kind, "shape": SHAPES[kind]}
    found["classes"] = CLASSES
    for part, count in parts.items():
        found[f"x_{part}"] = _samples(kind, count, random)
        found[f"y_{part}"] = np.arange(count) % CLASSES
    return found


def made(kind: str, *, samples: int = 6) -> Task:
    return Task(**fields(kind, samples=samples))


def _samples(kind: str, count: int, random: np.random.Generator) -> np.ndarray:
    if kind != "events":
        values = random.random((count, *SHAPES[kind]))
        return values < 0.5 if kind == "spikes" else values
    height, width, polarities = SHAPES[kind]
    each = []
    for _ in range(count):
        events = np.zeros(7, EVENT)
        events["t"] = np.sort(random.integers(0, 1000, 7))
        for field, end in (("x", width), ("y", height), ("p", polarities)):
            events[field] = random.integers(0, end, 7)
        each.append(events)
    return recordings(each)
