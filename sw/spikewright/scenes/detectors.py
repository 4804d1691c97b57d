"""A spiking network for sounds: neurons that detect levels and rises, and a readout.

Each band has the same few neurons, without memory. A neuron *of a level* spikes in each step in
which the band's count is above its level; one *of a rise*, if the count is above that of some steps
before by more than its rise. The readout adds a weight for each spike, so its answer is a sum over
how often each neuron has spiked. Its weights are learned by multinomial logistic regression on
these numbers, and rounded to 8 bits: nothing else is learned.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from spikewright_hw.checks import settle, whole, wholes
from spikewright_hw.connection import Convolution, FeatureMap, Joined
from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network
from spikewright_hw.origin import Origin

__all__ = ["Detectors", "Readout", "sound_network"]

#: Bits of the readout's weights, and of its membranes after the point.
_WEIGHT_BITS, _FRACTION = 8, 6
_MOST = (1 << _WEIGHT_BITS - 1) - 1
#: Iterations of the regression: those after them change no answer to speak of.
_ITERATIONS = 100


@dataclass(frozen=True, kw_only=True)
class Detectors:
    """The neurons of each band.

    Parameters
    ----------
    levels : tuple of int
        Of each neuron of a level, what a count must be above.
    rises : tuple of int
        Of each neuron of a rise, by more than what a count must be above an earlier one.
    later : int
        Steps between the two; before the first there was silence.
    """

    levels: tuple[int, ...]
    rises: tuple[int, ...]
    later: int

    def __post_init__(self):
        settle(self, levels=wholes(0), rises=wholes(0), later=whole(1))

    def __str__(self) -> str:
        levels, rises = (", ".join(map(str, each)) for each in (self.levels, self.rises))
        return f"counts above {levels}; above those {self.later} steps before by more than {rises}"

    def spikes(self, counts: np.ndarray) -> np.ndarray:
        """Return how often each neuron spikes, ``[sounds, neurons]``.

        Parameters
        ----------
        counts : uint8 array ``[sounds, steps, bands]``
        """
        grown = counts.astype(np.int16)
        grown[:, self.later :] -= counts[:, : -self.later]
        each = [counts > level for level in self.levels] + [grown > rise for rise in self.rises]
        found = np.stack([one.sum(axis=1) for one in each], axis=-1)
        return found.reshape(len(counts), -1)

    def layer(self, bands: int, *, input_bits: int) -> Layer:
        """Return the neurons of all bands, which hear their counts."""
        levels, rises = len(self.levels), len(self.rises)
        part = Convolution(
            source=FeatureMap(channels=1, width=bands), channels=levels + rises, kernel=(1, 1)
        )
        return Layer(
            weights=((1,) * (levels + rises), (0,) * levels + (-1,) * rises), weight_bits=2,
            neuron="lif", membrane=Format(input_bits + 2, 0), input_bits=input_bits,
            parameters={
                "decay": 0.0,
                "threshold": tuple(float(one + 1) for one in (*self.levels, *self.rises)),
            },
            connection=Joined(parts=(part, part)), origins=(Origin(), Origin(delays=self.later)),
        )


@dataclass(frozen=True, eq=False)
class Readout:
    """Weights of a readout in real numbers, ``[neurons, classes]``, and an offset for each class.

    What a sound is, is the class with the highest sum of ``spikes @ weights + offsets``.
    """

    weights: np.ndarray
    offsets: np.ndarray

    @classmethod
    def learned(cls, spikes: np.ndarray, labels: np.ndarray, *, strength: float) -> "Readout":
        """Learn a readout by logistic regression, whose weights cost less the larger ``strength``.

        Parameters
        ----------
        spikes : array ``[sounds, neurons]``
        labels : int array ``[sounds]``
            Of three classes or more, each there.
        strength : float
            The inverse of the weight of the squared weights, for numbers of variance 1.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        mean, spread = spikes.mean(axis=0), spikes.std(axis=0)
        spread[spread == 0] = 1
        model = LogisticRegression(C=strength, max_iter=_ITERATIONS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit((spikes - mean) / spread, labels)
        weights = model.coef_.T / spread[:, None]
        return cls(weights, model.intercept_ - mean @ weights)

    def answers(self, spikes: np.ndarray) -> np.ndarray:
        """Return the class of each sound."""
        return (spikes @ self.weights + self.offsets).argmax(axis=1)

    def layer(self, steps: int) -> Layer:
        """Return the readout in whole numbers: the offset is shared out over the steps."""
        scale = _MOST / np.abs(self.weights).max()
        weights = np.floor(self.weights * scale + 0.5).astype(np.int64)
        bias = np.floor(self.offsets * scale / steps * 2**_FRACTION + 0.5).astype(np.int64)
        most = steps * int((np.abs(weights).sum(axis=0) + (np.abs(bias) >> _FRACTION) + 1).max())
        return Layer(
            weights=weights.tolist(), weight_bits=_WEIGHT_BITS, neuron="li",
            parameters={"decay": 1.0}, membrane=Format(most.bit_length() + 1, _FRACTION),
            bias=tuple(bias.tolist()),
        )


def sound_network(
    detectors: Detectors, readout: Readout, *, bands: int, steps: int, input_bits: int
) -> Network:
    """Return the network in whole numbers.

    Parameters
    ----------
    detectors : Detectors
    readout : Readout
    bands, steps, input_bits : int
        Of the counts that it hears.
    """
    return Network(
        layers=(detectors.layer(bands, input_bits=input_bits), readout.layer(steps)), steps=steps
    )
