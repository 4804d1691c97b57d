"""Sessions learned one after the other, with what is answered after each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..coding.coding import encode
from ..network.reference import run as run_reference
from ..quantized.network import QuantizedNetwork
from ..task.metrics import share_right
from .few_shot import FewShot, sessions
from .prototypes import Features, features_of, with_prototypes

__all__ = ["Learned", "learned"]


@dataclass(frozen=True, eq=False)
class Learned:
    """A session after it was learned: the network, all that is asked, and what was answered."""

    name: str
    network: QuantizedNetwork
    recordings: np.ndarray
    labels: np.ndarray
    answers: np.ndarray
    before: int

    @property
    def accuracy(self) -> float:
        """Of all words so far, %."""
        return 100 * share_right(self.answers, self.labels)

    @property
    def of_new(self) -> float:
        """Of the words of all sessions, %; of the base words alone there are none."""
        new = self.labels >= self.before
        return 100 * share_right(self.answers[new], self.labels[new]) if new.any() else 0.0


def learned(
    trained: QuantizedNetwork, features: Features, words: FewShot, *, shots: int, seed: int
) -> list[Learned]:
    """Go through all sessions; the base words are the first.

    Parameters
    ----------
    trained : QuantizedNetwork
        On the base words.
    features : Features
        Of their training part.
    words : FewShot
    shots : int
        Recordings of each new word that are shown.
    seed : int
        Of the order of the sessions, and of what is shown and asked.
    """
    base = words.base
    outputs = base.classes + sum(map(len, words.groups.values()))
    columns = [features.column(features.of(label)) for label in range(base.classes)]
    recordings, labels = base.x_test, base.y_test
    states = [_answered("base words", trained, columns, outputs, recordings, labels, base.classes)]
    for session in sessions(words, shots=shots, seed=seed):
        columns += [features.column(features_of(trained, shown)) for shown in session.shots]
        recordings = np.concatenate([recordings, session.asked])
        labels = np.concatenate([labels, session.labels])
        states.append(
            _answered(session.name, trained, columns, outputs, recordings, labels, base.classes)
        )
    return states


def _answered(
    name: str, trained: QuantizedNetwork, columns: Sequence[np.ndarray], outputs: int,
    recordings: np.ndarray, labels: np.ndarray, before: int,
) -> Learned:
    network = with_prototypes(
        trained, columns, outputs=outputs, recordings=recordings, labels=labels
    )
    run = run_reference(network.network, encode(recordings, network.coding))
    return Learned(name, network, recordings, labels, run.predictions, before)
