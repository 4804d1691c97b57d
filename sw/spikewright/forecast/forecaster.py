"""A spiking forecaster: the next value of a series from some values before it.

Each value that is heard has a population of its own 64 neurons, all with the same weights. A neuron
answers to a 64th of the range: below it it is silent, above it it spikes in each of the 8 steps,
and within it its spikes are the digits of the value, the highest first, since it doubles what is
left after each step. The readout doubles, too, so a spike is worth what its digit is. So a value
becomes a sum of straight pieces in 8 steps, and the weights of the readout are their slopes: they
alone are learned, by ridge regression. (Neurons whose spikes are digits: C. Stoeckl, W. Maass, Nat.
Mach. Intell. 3:230, 2021.)

One forecast is one inference. To forecast on, the host feeds the answer back: it drops the oldest
value and takes the answer as the newest, rounded as inputs are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from spikewright_hw.checks import instance, shown, whole
from spikewright_hw.connection import Convolution, FeatureMap
from spikewright_hw.definition.definition import Parameter, State, neuron
from spikewright_hw.definition.expression import where
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from ..coding.direct import Direct
from ..coding.output_scale import OutputScale
from ..quantized.network import Provenance, QuantizedNetwork
from .series import LYAPUNOV_POINTS, MackeyGlass
from .values import finite

__all__ = ["PIECES", "SIGN", "STEPS", "WHOLES", "Forecaster", "forecasts", "lags_of", "pieces"]

#: Straight pieces of a value's range, and steps: the digits of a place within one.
PIECES, STEPS = 64, 8
_PIECE = 1 << STEPS
#: A value is a whole number of 14 bits: 8 of them are one graded input, the other 6 another.
WHOLES, _LOW = PIECES * _PIECE, 64
#: First whole number of each piece. Neurons of the upper half answer to what is above it, those
#: of the lower half to what is below its end, so that few spike.
_FIRST = np.arange(PIECES) * _PIECE
_UPPER = np.arange(PIECES) >= PIECES // 2
SIGN = np.where(_UPPER, 1, -1)
#: Values that are heard around the delay, beside the newest.
_HEARD = 6


@neuron(
    v=State("membrane", start="start"),
    threshold=Parameter(1.0, "the highest digit", unit="level"),
    start=Parameter(0.0, "membrane before the first step", unit="level"),
)
def digits(s, i, p):
    """Doubling integrate-and-fire: its spikes are the binary digits of its input.

    u = v + i, spike at u >= threshold, reset by subtraction in the same step, and what is left is
    doubled.
    """
    u = s.v + i
    spike = u >= p.threshold
    return {"v": 2 * where(spike, u - p.threshold, u), "spike": spike}


@neuron()
def doubling(s, i, p):
    """Readout of digits: v[t] = 2 v[t-1] + i[t]."""
    return {"v": 2 * s.v + i}


def lags_of(series: MackeyGlass) -> tuple[int, ...]:
    """Return how far back the values lie that a forecaster hears.

    The newest, and the six that are nearest to where the equation looks: between the delay and one
    value after it.

    Parameters
    ----------
    series : MackeyGlass
    """
    instance(MackeyGlass)("series", series)
    middle = series.tau * LYAPUNOV_POINTS / series.lyapunov - 0.5
    first = max(ceil(middle) - _HEARD // 2, 1)
    return (0, *range(first, first + _HEARD))


@dataclass(frozen=True, eq=False)
class Forecaster:
    """A forecaster with its weights.

    Parameters
    ----------
    lags : tuple of int
        How far back the values lie that it hears, 0 for the newest.
    low, high : float
        Range of values.
    weights : int array ``[lags * 64]``
        Of the readout.
    scale : OutputScale
        What an answer stands for.
    slopes, offset : array ``[lags * 64]``, float
        What the weights were rounded from, in the unit of the values.
    """

    lags: tuple[int, ...]
    low: float
    high: float
    weights: np.ndarray = field(repr=False)
    scale: OutputScale
    slopes: np.ndarray = field(repr=False)
    offset: float

    def coded(self, values: np.ndarray) -> np.ndarray:
        """Return values as whole numbers of 14 bits; those outside of the range are its ends."""
        share = (np.asarray(values) - self.low) / (self.high - self.low)
        return np.floor(np.clip(share, 0, 1) * (WHOLES - 1) + 0.5).astype(np.int64)

    def windows(self, values: np.ndarray) -> np.ndarray:
        """Return what is heard to forecast each value that has enough before it, in whole numbers.

        ``[values - most lag - 1, lags]``: the first is for the value at the place of the largest
        lag plus 1.
        """
        coded, most = self.coded(values), max(self.lags)
        return np.stack(
            [coded[most - lag : len(coded) - 1 - lag] for lag in self.lags], axis=1
        )

    def answers(self, windows: np.ndarray) -> np.ndarray:
        """Return what the network answers, computed in one go from what its neurons amount to."""
        return pieces(windows) @ self.weights

    def values(self, answers: np.ndarray) -> np.ndarray:
        """Return the values that answers stand for."""
        return self.scale.values(np.asarray(answers)[..., None])[..., 0]

    def error(self, values: np.ndarray) -> tuple[float, float]:
        """Return the root of the mean squared error of forecasts of one value: float, integer."""
        windows, wanted = self.windows(values), values[max(self.lags) + 1 :]
        real = pieces(windows) @ self.slopes + self.offset
        each = (real, self.values(self.answers(windows)))
        return tuple(  # pyright: ignore[reportReturnType]
            float(np.sqrt(np.mean((one - wanted) ** 2))) for one in each
        )

    def inputs(self, windows: np.ndarray) -> np.ndarray:
        """Return the graded inputs of windows, ``[windows, steps, 2 * lags]``: in step 0 alone."""
        made = np.zeros((len(windows), STEPS, 2 * len(self.lags)), np.uint8)
        made[:, 0, 0::2], made[:, 0, 1::2] = windows // _LOW, windows % _LOW
        return made

    def quantized(self, *, data_set: str, error: tuple[float, float]) -> QuantizedNetwork:
        """Return the network as a ``.spw`` file holds it.

        Parameters
        ----------
        data_set : str
            What it was trained on.
        error : tuple of float
            Of the test part, as :meth:`error` gives it.
        """
        count = len(self.lags)
        population = Layer(
            weights=((_LOW * SIGN).tolist(), SIGN.tolist()), weight_bits=8, neuron=digits,
            parameters={
                "threshold": float(_PIECE // 2),
                "start": tuple(map(float, np.where(_UPPER, -_FIRST, _FIRST + _PIECE - 1))),
            },
            membrane=Format(15, 0), input_bits=8,
            connection=Convolution(
                source=FeatureMap(channels=2, width=count), channels=PIECES, kernel=(1, 1)
            ),
        )
        readout = Layer(
            weights=self.weights[:, None].tolist(), weight_bits=8, neuron=doubling, parameters={},
            membrane=Format(26, 0),
        )
        return QuantizedNetwork(
            network=Network(layers=(population, readout), steps=STEPS),
            coding=Direct(
                inputs=2 * count, steps=STEPS, low=0, high=255, bits=8, sequence=True
            ),
            provenance=Provenance(
                data_set=data_set, seed=0, error_float=error[0], error_integer=error[1]
            ),
            output_scale=self.scale,
        )


def pieces(windows: np.ndarray) -> np.ndarray:
    """Return the numbers whose digits the spikes are, ``[..., lags * 64]``."""
    above = windows[..., None] - _FIRST
    within = np.where(_UPPER, above, _PIECE - 1 - above)
    return np.clip(within, 0, _PIECE - 1).reshape(*windows.shape[:-1], -1)


def forecasts(
    forecasters: Sequence[Forecaster], known: Sequence[np.ndarray], *, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Let forecasters of the same lags forecast on from what is known, each from its own answers.

    Parameters
    ----------
    forecasters : sequence of Forecaster
    known : sequence of array
        Values before the first forecast, of each.
    count : int
        How many values to forecast.

    Returns
    -------
    array ``[forecasters, count]``, array ``[forecasters, count, lags]``
        The values, and what was heard to forecast each.

    Raises
    ------
    ValueError
        Values are not finite numbers, or too few.
    """
    if not isinstance(forecasters, Sequence) or not forecasters:
        raise ValueError(f"forecasters is {shown(forecasters)}; it must be a list of forecasters")
    if not isinstance(known, Sequence) or len(known) != len(forecasters):
        raise ValueError("known must have the values before the first forecast, of each forecaster")
    count = whole(1)("count", count)
    lags = np.array(forecasters[0].lags)
    past = np.stack([
        one.coded(finite("known", values, least=max(lags) + 1)[-lags.max() - 1 :])
        for one, values in zip(forecasters, known, strict=True)
    ])
    weights = np.stack([one.weights for one in forecasters])
    made = np.empty((len(past), count))
    heard = np.empty((len(past), count, len(lags)), np.int64)
    for at in range(count):
        heard[:, at] = past[:, -1 - lags]
        answers = (pieces(heard[:, at]) * weights).sum(axis=1)
        for row, (one, answer) in enumerate(zip(forecasters, answers, strict=True)):
            made[row, at] = one.values(answer)
            past[row] = np.append(past[row, 1:], one.coded(made[row, at]))
    return made, heard
