"""What a network learns: samples, targets, and which of them are for what."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.checks import one_of, optional, real, settle, text, whole, wholes

from .samples import checked_samples, place_of, shape_of
from .targets import checked_targets, classes_of

__all__ = ["KINDS", "Task"]

#: What a sample may be.
KINDS = ("values", "image", "signal", "spikes", "events")

#: Default of a field that follows from the arrays.
_AS_THE_ARRAYS: Any = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """Samples and targets, split into a training and a test part: classification or regression.

    Nothing is ever chosen on the test part: a choice is made on a part of the training samples,
    see :func:`spikewright.task.validation.validation`.

    Parameters
    ----------
    name : str
        What it is called in reports.
    x_train, x_test : arrays
        Samples. Of the kinds ``values``, ``image`` and ``signal``: numbers ``[samples, *shape]``,
        kept as float32. Of ``spikes``: booleans, or 0 and 1, ``[samples, steps, inputs]``. Of
        ``events``: for each sample an array of its events, with the fields ``t`` (microseconds,
        never back in time), ``x``, ``y`` and ``p`` (polarity), as
        :data:`~spikewright.task.events.EVENT` has them.
    y_train, y_test : arrays
        Targets: labels ``[samples]``, whole numbers from 0 to ``classes - 1``; or a label for each
        step, ``[samples, steps]``; or, with ``classes`` of 0, values ``[samples, outputs]`` or
        ``[samples, steps, outputs]``, kept as float64.
    kind : str
        ``values``, in no order; ``image``, height × width, or height × width × channels;
        ``signal``, over time, or time × channels; ``spikes``, steps × inputs; ``events``, of a
        camera.
    shape : tuple of int, optional
        Of one sample; as the arrays are, unless given. Needed of ``events``: height, width and
        polarities of the frame.
    low, high : float, optional
        Range of the samples' values, both ends included: the least and the greatest of all samples
        unless given. Of ``spikes`` and ``events``, 0 and 1.
    classes : int, optional
        Number of classes; 0, if the targets are values. From the targets unless given: one more
        than the highest label of the training part, or 0 where they are floats.

    Raises
    ------
    DataError
        A part is empty or has another number of targets than samples; the parts differ in shape; a
        value is no number or out of the range; a label is none of the classes; a class has no
        training sample; an event is outside the frame or back in time. The message names the place.
    ValueError
        Another field is of another kind.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    kind: str = "values"
    shape: tuple[int, ...] = _AS_THE_ARRAYS
    low: float = _AS_THE_ARRAYS
    high: float = _AS_THE_ARRAYS
    classes: int = _AS_THE_ARRAYS

    def __post_init__(self):
        settle(
            self,
            name=text,
            kind=one_of(KINDS),
            shape=optional(wholes(1)),
            low=optional(real()),
            high=optional(real()),
            classes=optional(whole(0)),
        )
        self._settle_samples()
        self._settle_range()
        self._settle_targets()

    def _settle_samples(self) -> None:
        given = {part: f"x_{part} of {self.name}" for part in ("train", "test")}
        if self.shape is None:
            self._set("shape", shape_of(self.x_train, kind=self.kind, name=given["train"]))
        for part, name in given.items():
            samples = checked_samples(
                getattr(self, f"x_{part}"), kind=self.kind, shape=self.shape, name=name
            )
            self._set(f"x_{part}", samples)

    def _settle_range(self) -> None:
        if self.kind in ("spikes", "events"):
            for name, value in (("low", 0.0), ("high", 1.0)):
                if getattr(self, name) not in (None, value):
                    raise ValueError(
                        f"{name} is {getattr(self, name):g}, but {self.kind} are 0 or 1; leave it "
                        "out"
                    )
                self._set(name, value)
            return
        if self.low is None:
            self._set("low", float(min(self.x_train.min(), self.x_test.min())))
        if self.high is None:
            self._set("high", float(max(self.x_train.max(), self.x_test.max())))
        if not self.low < self.high:
            raise DataError(
                f"the values of {self.name} are from {self.low:g} to {self.high:g}; low must be "
                "below high"
            )
        for part in ("train", "test"):
            samples = getattr(self, f"x_{part}")
            with np.errstate(over="ignore"):  # a limit that float32 cannot hold excludes nothing
                outside = (samples < np.float32(self.low)) | (samples > np.float32(self.high))
            if outside.any():
                index, place = place_of(outside)
                raise DataError(
                    f"{place} of x_{part} of {self.name} is {samples[index]:g}; values must be "
                    f"from {self.low:g} to {self.high:g}, as low and high say"
                )

    def _settle_targets(self) -> None:
        names = {part: f"y_{part} of {self.name}" for part in ("train", "test")}
        if self.classes is None:
            self._set("classes", classes_of(self.y_train, name=names["train"]))
        for part, name in names.items():
            targets = checked_targets(
                getattr(self, f"y_{part}"), classes=self.classes, steps=self.steps,
                samples=len(getattr(self, f"x_{part}")), name=name,
            )
            self._set(f"y_{part}", targets)
        train, test = self.y_train, self.y_test
        if train.shape[1:] != test.shape[1:]:
            raise DataError(
                f"a target of {self.name} has the shape {_shown(train.shape[1:])} in the training "
                f"part and {_shown(test.shape[1:])} in the test part; they must be the same"
            )
        present = np.unique(train) if self.classes else train[:0]
        if len(present) < self.classes:  # there may be too many to count them one by one
            gaps = np.flatnonzero(present != np.arange(len(present)))
            absent = gaps[0] if gaps.size else len(present)
            raise DataError(
                f"class {absent} of {self.name} has no training sample; classes are 0 to "
                f"{self.classes - 1}, and each needs at least one"
                + ("; labels begin at 0" if absent == 0 else "")
            )

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def steps(self) -> int:
        """Steps in time of a sample; 0 for values and images, and for events, which have times."""
        return self.shape[0] if self.kind in ("signal", "spikes") else 0

    @property
    def values(self) -> int:
        """Values of one sample."""
        return math.prod(self.shape)

    @property
    def image(self) -> tuple[int, ...]:
        """Shape of a sample that is an image: height, width, channels if it has any; else ()."""
        return self.shape if self.kind == "image" else ()

    @property
    def outputs(self) -> int:
        """Outputs that a network for it has: one for each class, or for each value of a target."""
        return self.classes or self.y_train.shape[-1]

    @property
    def each_step(self) -> bool:
        """Whether there is a target at each step."""
        return self.y_train.ndim == (2 if self.classes else 3)


def _shown(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "of one label"
