"""How NeuroBench tests a forecast: which values are known, which are asked for, and its score."""

from dataclasses import dataclass

import numpy as np

from .series import LYAPUNOV_POINTS

__all__ = ["FORECAST", "REPEATS", "TRAINED", "Stretch", "smape", "stretches"]

#: Values that a forecaster is trained on, and values that it forecasts: ten Lyapunov times each.
TRAINED = FORECAST = 10 * LYAPUNOV_POINTS
#: Repeats of a series: each begins half a Lyapunov time later.
REPEATS = 30


@dataclass(frozen=True, eq=False)
class Stretch:
    """A repeat: the values that are known, the first asked for among them, and those that follow.

    Parameters
    ----------
    known : array ``[751]``
        Ten Lyapunov times to train on, and the value that a forecast starts from.
    future : array ``[750]``
        What is to be forecast, each value from the forecasts before it.
    """

    known: np.ndarray
    future: np.ndarray


def stretches(values: np.ndarray, repeats: int) -> tuple[Stretch, ...]:
    """Return the repeats of a series."""
    made = []
    for repeat in range(repeats):
        first = repeat * LYAPUNOV_POINTS // 2
        known = values[first : first + TRAINED + 1]
        made.append(Stretch(known, values[first + len(known) : first + len(known) + FORECAST]))
    return tuple(made)


def smape(forecast: np.ndarray, future: np.ndarray) -> float:
    """Return the symmetric mean absolute percentage error, 0 to 200, as NeuroBench has it.

    200 times the mean of |f - y| / (|f| + |y|), which is 0 where both are 0. A forecast that is no
    number counts 200.

    Parameters
    ----------
    forecast, future : array
        Of the same shape.

    Raises
    ------
    ValueError
        They are not, or have no values.
    """
    forecast, future = np.asarray(forecast, np.float64), np.asarray(future, np.float64)
    if forecast.shape != future.shape or not forecast.ndim or not forecast.size:
        raise ValueError(
            f"forecast is an array of shape {list(forecast.shape)} and future one of "
            f"{list(future.shape)}; they must have the same, and values"
        )
    size = np.abs(forecast) + np.abs(future)
    with np.errstate(invalid="ignore"):
        shares = np.abs(forecast - future) / size
    shares = np.where(size == 0, 0.0, shares)
    return 200 * float(np.mean(np.where(np.isfinite(shares), shares, 1.0)))
