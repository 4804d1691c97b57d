"""Words in sessions: base words with many recordings, then sessions of new ones with a few.

A recording is what :mod:`spikewright.task.audio` makes of it: 32 frames of 16 bands in its first
second. Sessions come in an order that is drawn, and bring all words of a group at once; of each
word some recordings are shown, the shots. After each session all words so far are asked: the test
part of the base words, and of each new one recordings of which none is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikewright_hw.checks import whole

from ..errors import DataError
from ..task.audio import Bands, features, read_wave
from ..task.fsdd import FSDD
from ..task.source import located
from ..task.task import Task

__all__ = ["FewShot", "Session", "Word", "few_shot_digits", "heard", "sessions"]

#: Base words and groups of the digits.
_DIGITS, _DIGIT_GROUPS = range(6), {"6, 7": (6, 7), "8, 9": (8, 9)}


@dataclass(frozen=True, eq=False)
class Word:
    """A word of a session: recordings that may be shown, and recordings that may be asked.

    Parameters
    ----------
    name : str
    shown, asked : float32 array ``[recordings, frames, bands]``
        0 to 1.
    """

    name: str
    shown: np.ndarray
    asked: np.ndarray


@dataclass(frozen=True, eq=False)
class FewShot:
    """Words to learn at first, and words that come later.

    Parameters
    ----------
    name : str
    base : Task
        The base words, with a test part.
    groups : mapping of str to sequence of Word
        The words of each session, by what the session is called.
    queries : int
        Recordings of a new word that are asked.
    """

    name: str
    base: Task
    groups: Mapping[str, Sequence[Word]]
    queries: int


@dataclass(frozen=True, eq=False)
class Session:
    """What a session brings.

    Parameters
    ----------
    name : str
    shots : sequence of array ``[shots, frames, bands]``
        Of each new word.
    asked : array ``[recordings, frames, bands]``
        Recordings of the new words.
    labels : int array ``[recordings]``
        Of those, from the number of the words before on.
    """

    name: str
    shots: Sequence[np.ndarray]
    asked: np.ndarray
    labels: np.ndarray


def sessions(words: FewShot, *, shots: int, seed: int) -> Iterator[Session]:
    """Return the sessions: their order, and which recordings are shown and asked, are drawn.

    Parameters
    ----------
    words : FewShot
    shots : int
        Recordings of each new word that are shown.
    seed : int

    Raises
    ------
    DataError
        A word has fewer recordings.
    """
    random = np.random.default_rng([whole(0)("seed", seed), 7])
    label = words.base.classes
    names = list(words.groups)
    for at in random.permutation(len(names)):
        group = words.groups[names[at]]
        shown, asked = [], []
        for word in group:
            shown.append(word.shown[_drawn(random, word, len(word.shown), shots, "shown")])
            asked.append(word.asked[_drawn(random, word, len(word.asked), words.queries, "asked")])
        labels = np.repeat(np.arange(label, label + len(group)), words.queries)
        label += len(group)
        yield Session(names[at], shown, np.concatenate(asked), labels)


def _drawn(
    random: np.random.Generator, word: Word, there: int, count: int, what: str
) -> np.ndarray:
    if there < count:
        raise DataError(
            f"the word {word.name} has {there} recordings that may be {what}; {count} are asked "
            "for: take fewer"
        )
    return random.choice(there, count, replace=False)


def heard(paths: Sequence[Path], bands: Bands) -> np.ndarray:
    """Return recordings as their energies in bands, float32 ``[recordings, frames, bands]``.

    Raises
    ------
    DataError
        A file cannot be read, or has another rate.
    """
    return np.stack([features(read_wave(path, rate=bands.rate), bands) for path in paths])


def few_shot_digits(folder: str | Path | None = None) -> FewShot:
    """Return spoken digits in sessions, a rehearsal: 0 to 5 at first, then two groups of two.

    Parameters
    ----------
    folder : str or Path, optional
        Of the Free Spoken Digit Dataset, or the one above it; that in ``SPIKEWRIGHT_DATA`` unless
        given.

    Raises
    ------
    DataError
        The recordings are not there or malformed, or a digit has none.
    """
    assert FSDD.recordings is not None
    found = FSDD.recordings(located(FSDD, None if folder is None else Path(folder)))
    parts = [
        {digit: [path for path, label in files if label == digit] for digit in range(10)}
        for files in (found.training, found.test)
    ]
    for part, what in zip(parts, ("training", "test"), strict=True):
        absent = [digit for digit, paths in part.items() if not paths]
        if absent:
            raise DataError(f"there is no {what} recording of the digit {absent[0]}")
    train, test = ({digit: heard(paths, found.bands) for digit, paths in part.items()}
                   for part in parts)
    return FewShot(
        name="fsdd", base=base_task("fsdd-base", *(
            [part[digit] for digit in _DIGITS] for part in (train, test)
        )),
        groups={
            name: [Word(str(digit), train[digit], test[digit]) for digit in digits]
            for name, digits in _DIGIT_GROUPS.items()
        },
        queries=min(len(test[digit]) for digits in _DIGIT_GROUPS.values() for digit in digits),
    )


def base_task(name: str, train: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> Task:
    """Return the task of base words, of recordings of each."""
    labels = [np.repeat(np.arange(len(part)), [len(one) for one in part]) for part in (train, test)]
    return Task(
        name=name, kind="signal", x_train=np.concatenate(train), y_train=labels[0],
        x_test=np.concatenate(test), y_test=labels[1], low=0.0, high=1.0, classes=len(train),
    )
