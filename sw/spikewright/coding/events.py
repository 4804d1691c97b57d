"""Events: recordings of an event camera, counted into steps of equal time.

A recording is an array of events with the fields ``t`` (microseconds, never back in time), ``x``,
``y`` and ``p`` (polarity). Time counts from the recording's first event. With a ``duration``, step
s takes the events from s duration / steps to below (s + 1) duration / steps, and later ones are
left out. Without one, the steps part each recording's own length, from its first event to its last.
An input spikes in a step with at least one event of its polarity at its place. With ``factor`` f, a
place is f × f pixels.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from spikewright.errors import DataError
from spikewright.task.task import Task
from spikewright_hw.checks import optional, settle, whole
from spikewright_hw.layer import MOST_NEURONS
from spikewright_hw.protocol import MAX_PAYLOAD

__all__ = ["Events"]

#: The fields of an event.
_FIELDS = ("t", "x", "y", "p")


@dataclass(frozen=True, kw_only=True)
class Events:
    """Events of a camera: a spike where there is an event in a step.

    Input ``(row * columns + column) * polarities + polarity`` is a polarity at a place, where there
    are ``height / factor`` rows and ``width / factor`` columns, rounded up.

    Parameters
    ----------
    height, width : int
        Pixels of the camera.
    polarities : int
        1 or more.
    steps : int
        Time steps.
    duration : int, optional
        Microseconds of all steps, from the first event; each recording's own length if None.
    factor : int
        Pixels along each side of a place.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range; the message names it.
    """

    name: ClassVar[str] = "events"
    kinds: ClassVar[tuple[str, ...]] = ("events",)

    height: int
    width: int
    polarities: int = 2
    steps: int
    duration: int | None = None
    factor: int = 1

    def __post_init__(self):
        settle(
            self,
            height=whole(1, MOST_NEURONS),
            width=whole(1, MOST_NEURONS),
            polarities=whole(1, MOST_NEURONS),
            steps=whole(1, MAX_PAYLOAD),
            duration=optional(whole(1, 1 << 40)),
            factor=whole(1, MOST_NEURONS),
        )
        if self.inputs > MOST_NEURONS:
            raise ValueError(
                f"height {self.height}, width {self.width} and polarities {self.polarities} with "
                f"factor {self.factor} make {self.inputs} inputs, and a network has at most "
                f"{MOST_NEURONS}; take a larger factor"
            )

    @property
    def _columns(self) -> int:
        return -(-self.width // self.factor)

    @property
    def inputs(self) -> int:
        """Inputs of the network: a polarity at a place each."""
        return -(-self.height // self.factor) * self._columns * self.polarities

    @classmethod
    def fitting(cls, task: Task, *, steps: int | None = None) -> Self:
        """Return the coding for a task: 16 steps of the longest training recording.

        Places are single pixels, unless these would be more inputs than a network has.
        """
        height, width, polarities = task.shape
        lengths = [int(one["t"][-1] - one["t"][0]) + 1 for one in task.x_train if len(one)]
        factor = 1
        while -(-height // factor) * -(-width // factor) * polarities > MOST_NEURONS:
            factor *= 2
        return cls(
            height=height, width=width, polarities=polarities,
            steps=16 if steps is None else steps, duration=max(lengths, default=1), factor=factor,
        )

    def encode(self, samples: Any) -> np.ndarray:
        """Return the spikes of recordings, each an array of events.

        Raises
        ------
        DataError
            A recording is no array of events; or an event is outside the frame, of another
            polarity, or back in time.
        """
        try:
            recordings = list(samples)
        except TypeError:
            raise DataError("the input is no list of recordings") from None
        spikes = np.zeros((len(recordings), self.steps, self.inputs), bool)
        for number, (recording, one) in enumerate(zip(recordings, spikes, strict=True)):
            self._mark(one, number, recording)
        return spikes

    def _mark(self, spikes: np.ndarray, number: int, recording: Any) -> None:
        t, x, y, p = self._checked(number, recording)
        if not len(t):
            return
        since = t - t[0]
        duration = int(since[-1]) + 1 if self.duration is None else self.duration
        kept = since < duration
        starts = [-(-step * duration // self.steps) for step in range(self.steps)]
        step = np.searchsorted(starts, since[kept], side="right") - 1
        place = y[kept] // self.factor * self._columns + x[kept] // self.factor
        spikes[step, place * self.polarities + p[kept]] = True

    def _checked(self, number: int, recording: Any) -> tuple[np.ndarray, ...]:
        """Return the fields of a recording as int64; :exc:`DataError` for a wrong one."""
        names = getattr(getattr(recording, "dtype", None), "names", None)
        if names is None or recording.ndim != 1 or not {*_FIELDS} <= {*names}:
            raise DataError(f"sample {number} is no array of events with the fields t, x, y and p")
        for name in _FIELDS:
            if recording[name].dtype.kind not in "biu":
                raise DataError(
                    f"{name} of sample {number} holds {recording[name].dtype} values; it must hold "
                    "whole numbers"
                )
        t, x, y, p = (recording[name].astype(np.int64) for name in _FIELDS)
        limits = (("x", x, self.width), ("y", y, self.height), ("p", p, self.polarities))
        for name, values, limit in limits:
            bad = np.flatnonzero((values < 0) | (values >= limit))
            if bad.size:
                raise DataError(
                    f"{name} of event {bad[0]} of sample {number} is {values[bad[0]]}; it must be "
                    f"from 0 to {limit - 1}"
                )
        back = np.flatnonzero(np.diff(t) < 0)
        if back.size:
            before, after = t[back[0]], t[back[0] + 1]
            raise DataError(
                f"event {back[0] + 1} of sample {number} is at {after} µs, before the event ahead "
                f"of it, at {before} µs; events must be in the order of their times"
            )
        return t, x, y, p

    def describe(self) -> str:
        """Return the coding in a few words."""
        time = "of each recording" if self.duration is None else f"of {self.duration / 1000:g} ms"
        return f"events, {self.steps} steps {time}"
