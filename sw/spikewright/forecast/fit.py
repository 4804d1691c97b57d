"""The weights of a forecaster: ridge regression, and rounding that makes up for its own errors."""

from functools import lru_cache
from math import floor, log2

import numpy as np

from spikewright_hw.checks import wholes

from ..coding.output_scale import OutputScale
from .forecaster import PIECES, SIGN, STEPS, WHOLES, Forecaster, pieces
from .values import finite

__all__ = ["fit_forecaster"]

#: Largest weight of 8 bits.
_MOST = 127
#: Of the range of what is known: how far a forecast may leave it.
_MARGIN = 0.06
#: What a slope costs, and a slope that differs from that of the next piece. Chosen on series of
#: other starts than the benchmark's.
_RIDGE, _BEND = 1e-7, 1e-4


def fit_forecaster(known: np.ndarray, lags: tuple[int, ...]) -> Forecaster:
    """Train a forecaster on values, without anything drawn at random.

    Parameters
    ----------
    known : array ``[values]``
        Each value that has enough before it is learned from these.
    lags : tuple of int
        How far back the values lie that it hears.

    Raises
    ------
    ValueError
        ``known`` is not of finite numbers, has too few, or all are the same.
    """
    lags = wholes(0)("lags", lags)
    if not lags:
        raise ValueError("lags is (); it must name one at least")
    known = finite("known", known, least=max(lags) + 3)
    if known.min() == known.max():
        raise ValueError(f"known is {known[0]:g} everywhere; a forecaster learns what changes")
    low, high = float(known.min()), float(known.max())
    margin = _MARGIN * (high - low)
    low, high = low - margin, high + margin
    step = (high - low) / (WHOLES - 1)
    blank = Forecaster(
        lags, low, high, np.zeros(len(lags) * PIECES, np.int64), OutputScale(offset=(0.0,),
        scale=(1.0,)), np.zeros(len(lags) * PIECES), 0.0,
    )
    heard = pieces(blank.windows(known)).astype(float)
    wanted = known[max(lags) + 1 :]
    mean, middle = heard.mean(axis=0), float(wanted.mean())
    centred = heard - mean
    cost = len(heard) * float(1 << STEPS) ** 2 * _penalty(len(lags))
    squares = centred.T @ centred + cost
    slopes = np.linalg.solve(squares, centred.T @ (wanted - middle))
    # A power of two of weights in a slope of one step of the inputs, so that the largest fits.
    unit = step / 2 ** floor(log2(_MOST * step / np.abs(slopes).max()))
    weights = _rounded(slopes / unit, squares)
    scale = OutputScale(offset=(middle - unit * float(mean @ weights),), scale=(unit,))
    return Forecaster(lags, low, high, weights, scale, slopes, middle - float(mean @ slopes))


@lru_cache(maxsize=4)
def _penalty(lags: int) -> np.ndarray:
    """Return the matrix of what slopes cost."""
    bends = np.zeros((PIECES - 1, PIECES))
    for piece in range(PIECES - 1):
        bends[piece, piece], bends[piece, piece + 1] = -SIGN[piece], SIGN[piece + 1]
    one = _BEND * bends.T @ bends + _RIDGE * np.eye(PIECES)
    return np.kron(np.eye(lags), one)


def _rounded(weights: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Round weights one after another; those that follow make up for each error.

    ``squares`` is the matrix of the squared error. (E. Frantar et al., "GPTQ", ICLR 2023.)
    """
    factor = np.linalg.cholesky(np.linalg.inv(squares)).T
    rest, made = weights.copy(), np.zeros(len(weights), np.int64)
    for at in range(len(weights)):
        made[at] = np.clip(np.floor(rest[at] + 0.5), -_MOST, _MOST)
        rest[at:] -= (rest[at] - made[at]) / factor[at, at] * factor[at, at:]
    return made
