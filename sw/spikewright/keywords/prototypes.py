"""Prototypes: a readout whose weights are means of what the layer before it does.

A network is trained on the base words. Its last hidden layer's spikes, counted over all steps, are
the features of a recording. A word's prototype is the mean of the features of its recordings; how
recordings of one word differ is learned from the base words, and prototypes are compared in its
measure (C. R. Rao's linear discriminant; T. Mensink and others, IEEE TPAMI 35(11), 2013, take class
means for new classes so). What is the same for all recordings is taken out, so that no neuron needs
a bias and the readout adds weights for spikes, nothing else: a new word is one more column of
weights, which a board with loaded weights is sent. No network is trained again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from spikewright_hw.fixed import Format
from spikewright_hw.layer import Layer

from ..coding.coding import encode
from ..network.reference import Run
from ..network.reference import run as run_reference
from ..quantized.network import QuantizedNetwork
from ..task.metrics import share_right

__all__ = ["Features", "features_of", "with_prototypes"]

#: Share of the mean variance that is added to the differences, chosen on base words alone.
_ADDED = 0.3
#: Bits of a prototype's weights.
_BITS = 8
#: The largest weight; less it, that of a word which is not known yet, so that it never wins.
_MOST = (1 << (_BITS - 1)) - 1
#: The readout's membranes: 2**20 steps of a weight, either way.
_MEMBRANE = Format(21, 0)


@dataclass(frozen=True, eq=False)
class Features:
    """The features of base words, and how recordings of one word differ.

    Parameters
    ----------
    counts : int array ``[recordings, features]``
    labels : int array ``[recordings]``
    """

    counts: np.ndarray
    labels: np.ndarray

    @cached_property
    def mean(self) -> np.ndarray:
        """Features, mean over the recordings."""
        return self.counts.mean(axis=0)

    @cached_property
    def spread(self) -> np.ndarray:
        """Covariance within a word, mean over the words, and some more of each."""
        each = [np.cov(self.of(label).T) for label in range(int(self.labels.max()) + 1)]
        spread = np.mean(each, axis=0)
        return spread + _ADDED * np.trace(spread) / len(spread) * np.eye(len(spread))

    def of(self, label: int) -> np.ndarray:
        """Return the counts of a word."""
        return self.counts[self.labels == label]

    def column(self, counts: np.ndarray) -> np.ndarray:
        """Return the weights of a word of these counts, real numbers.

        They give 0 to the mean of all recordings, and 1 is the spread of a word.
        """
        weights = np.linalg.solve(self.spread, counts.mean(axis=0) - self.mean)
        usual = np.linalg.solve(self.spread, self.mean)
        weights -= usual * (weights @ self.mean) / (usual @ self.mean)
        return weights / np.sqrt(weights @ self.spread @ weights)


def features_of(network: QuantizedNetwork, recordings: np.ndarray) -> np.ndarray:
    """Return the spikes of the last hidden layer, counted over all steps, ``[recordings, n]``."""
    run: Run = run_reference(network.network, encode(recordings, network.coding))
    return run.layers[-2].spikes.sum(axis=1, dtype=np.int64)


def with_prototypes(
    network: QuantizedNetwork, columns: Sequence[np.ndarray], *, outputs: int,
    recordings: np.ndarray, labels: np.ndarray,
) -> QuantizedNetwork:
    """Return a network whose readout has these prototypes, in whole numbers.

    Parameters
    ----------
    network : QuantizedNetwork
        Trained on the base words.
    columns : sequence of array
        Of each word so far, as :meth:`Features.column` gives them.
    outputs : int
        Words that there will be, so that the network has the same shape in each session.
    recordings, labels : array
        What the two accuracies are of that the network's provenance has.
    """
    real = np.stack(columns, axis=1)
    whole = np.full((len(real), outputs), -_MOST)
    whole[:, : real.shape[1]] = np.floor(real * (_MOST / np.abs(real).max()) + 0.5)
    before, last = network.network.layers[:-1], network.network.layers[-1]
    rows: Any = whole.tolist()
    readout = Layer(
        weights=rows, weight_bits=_BITS, neuron=last.neuron, parameters={"decay": 1.0},
        membrane=_MEMBRANE,
    )
    made = replace(network.network, layers=(*before, readout))
    counts = features_of(network, recordings)
    accuracies = [
        share_right((counts @ one).argmax(axis=1), labels)
        for one in (real, whole[:, : real.shape[1]])
    ]
    provenance = replace(
        network.provenance, accuracy_float=accuracies[0], accuracy_integer=accuracies[1]
    )
    return replace(network, network=made, provenance=provenance)
