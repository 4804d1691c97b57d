"""Values of a series as an argument: finite numbers, enough of them."""

from typing import Any

import numpy as np

from spikewright_hw.checks import shown

__all__ = ["finite"]


def finite(name: str, values: Any, *, least: int = 1) -> np.ndarray:
    """Return values as float64. Raises :exc:`ValueError`, naming the argument, for what is none."""
    try:
        made = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        made = np.empty((0, 0))
    if made.ndim != 1 or not np.isfinite(made).all():
        raise ValueError(f"{name} is {shown(values)}; it must be a list of finite numbers")
    if len(made) < least:
        raise ValueError(f"{name} has {len(made)} values; it must have {least} at least")
    return made
