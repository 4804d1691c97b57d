"""What the outputs of a network stand for, where it answers with values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikewright_hw.checks import numbers, real, settle

__all__ = ["OutputScale"]


@dataclass(frozen=True, kw_only=True)
class OutputScale:
    """From outputs, whole numbers as gateware answers, to values: ``offset + scale * output``.

    Parameters
    ----------
    offset, scale : tuple of float
        One of each for each output, in the unit of the values; a scale is above 0.

    Raises
    ------
    ValueError
        A field is of another kind or out of its range; the message names it.
    """

    offset: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self):
        settle(self, offset=_several, scale=_several)
        if len(self.offset) != len(self.scale):
            raise ValueError(
                f"offset has {len(self.offset)} values and scale has {len(self.scale)}; each "
                "output needs one of both"
            )
        for index, one in enumerate(self.scale):
            if one <= 0:
                raise ValueError(f"scale[{index}] is {one:g}; it must be above 0")

    def values(self, outputs: ArrayLike) -> np.ndarray:
        """Return the values of outputs ``[..., outputs]``, a float64 array of the same shape.

        Raises :exc:`ValueError` if there are more outputs, or fewer, than this is for.
        """
        given = np.asarray(outputs)
        if given.shape[-1:] != (len(self.scale),):
            raise ValueError(
                f"outputs is of shape {list(given.shape)}; its last number must be that of the "
                f"outputs, {len(self.scale)}"
            )
        return np.array(self.offset) + np.array(self.scale) * given


def _several(name: str, value: Any) -> tuple[float, ...]:
    given = numbers(name, value)
    if not isinstance(given, tuple) or not given:
        raise ValueError(f"{name} is {value!r}; it must be a list of numbers, one for each output")
    finite = real()
    return tuple(finite(f"{name}[{index}]", one) for index, one in enumerate(given))
