"""The pictures of ``docs/coding.md``: a sample of each coding, and its spikes."""

from pathlib import Path
from typing import Any

import numpy as np

from ..coding.coding import Coding, encode
from ..coding.delta import Delta
from ..coding.events import Events
from ..coding.log_latency import LogLatency
from ..coding.population import Population
from ..coding.rate import Rate
from ..coding.ttfs import Ttfs
from ..record.coding_plot import coding_plot
from ..record.svg import standalone
from ..task.digits import load

__all__ = ["PICTURES", "coding_pictures", "examples"]

PICTURES = Path("docs") / "pictures" / "codings"
#: Steps of the signal, pixels along a side of the camera, and its events' distance in microseconds.
_LENGTH, _SIDE, _TICK = 60, 12, 100


def examples() -> dict[str, tuple[Coding, Any]]:
    """Return a coding and a sample by the coding's name; spikes that are given need none."""
    digit = load().x_test[0].reshape(8, 8)
    delta = Delta(length=_LENGTH, steps=_LENGTH, low=-1, high=1, threshold=0.125, start=0)
    found: tuple[tuple[Coding, Any], ...] = (
        (Ttfs(), digit),
        (LogLatency(inputs=64, steps=8, low=0, high=16, silent=1), digit),
        (Rate(inputs=64, steps=16, low=0, high=16, most=0.5), digit),
        (delta, _chirp()),
        (Population(values=4, steps=8, low=0, high=1), np.array([0.1, 0.35, 0.6, 0.9])),
        (Events(height=_SIDE, width=_SIDE, steps=16, factor=2), _moving_bar()),
    )
    return {coding.name: (coding, sample) for coding, sample in found}


def coding_pictures(*, root: Path) -> dict[Path, str]:
    """Return the pictures by their paths in a checkout."""
    made = {}
    for name, (coding, sample) in examples().items():
        spikes = encode([sample], coding)
        levels = coding.decode(spikes)[0, :, 0] if isinstance(coding, Delta) else None
        drawn = coding_plot(sample, spikes[0], name=name, levels=levels)
        made[root / PICTURES / f"{name}.svg"] = standalone(drawn)
    return made


def _chirp() -> np.ndarray:
    """Return a wave that becomes faster, until the level cannot follow."""
    time = np.arange(_LENGTH) / _LENGTH
    return np.round(0.9 * np.sin(2 * np.pi * (time + 3 * time**2)), 6)


def _moving_bar() -> np.ndarray:
    """Return the events of a bar that moves to the right: one edge darkens, the other brightens."""
    events = [
        (column * _TICK * _SIDE + row * _TICK, column - 2 * polarity, row, polarity)
        for column in range(2, _SIDE)
        for row in range(2, _SIDE - 2)
        for polarity in (0, 1)
    ]
    return np.array(events, [("t", "i8"), ("x", "i8"), ("y", "i8"), ("p", "i8")])
