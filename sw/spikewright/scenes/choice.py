"""Which neurons a network for sounds has, and how its readout is learned: chosen by folds.

The folds are of the training part alone. Sounds of one group, such as clips of one recording, are
in one fold; without groups, folds are drawn, each with the same share of each class. A fold's
sounds are asked as they are; of all others the altered copies are learned from, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from ..errors import DataError
from ..record.markdown import table
from .detectors import Detectors, Readout

__all__ = ["DETECTORS", "FOLDS", "STRENGTHS", "Choice", "best_of", "choice_lines", "choices"]

#: What is tried: all of the one with all of the other.
DETECTORS = (
    *(Detectors(levels=(3, 6, 9), rises=(0, 2, 4), later=later) for later in (1, 2, 3)),
    Detectors(levels=(2, 4, 6, 8), rises=(0, 2), later=2),
)
STRENGTHS = (0.02, 0.1, 0.5)
#: Folds of the training part.
FOLDS = 3


@dataclass(frozen=True)
class Choice:
    """What was tried, and the share that was right in each fold, 0 to 1."""

    detectors: Detectors
    strength: float
    right: tuple[float, ...]


def choices(
    counts: np.ndarray, labels: np.ndarray, groups: Sequence[str] = ()
) -> tuple[Choice, ...]:
    """Try all of them.

    Parameters
    ----------
    counts : uint8 array ``[copies + 1, sounds, steps, bands]``
        The sounds as they are, and altered copies.
    labels : int array ``[sounds]``
    groups : sequence of str
        Of each sound; none if sounds are by themselves.

    Raises
    ------
    DataError
        There are fewer groups, or fewer sounds of a class, than folds; or a class is in one fold
        alone.
    """
    folds = [*_folds(labels, groups)]
    tried = []
    for detectors in DETECTORS:
        spikes = np.stack([detectors.spikes(copy) for copy in counts])
        tried += [
            Choice(detectors, strength, tuple(
                _right(spikes, labels, held, strength) for held in folds
            ))
            for strength in STRENGTHS
        ]
    return tuple(tried)


def _folds(labels: np.ndarray, groups: Sequence[str]) -> Iterator[np.ndarray]:
    """Return which sounds are in each fold, bool ``[sounds]``."""
    from sklearn.model_selection import GroupKFold, StratifiedKFold

    there = len(set(groups)) if groups else int(np.bincount(labels).min())
    if there < FOLDS:
        what = "groups of training sounds" if groups else "training sounds of a class"
        raise DataError(f"there are {there} {what}; {FOLDS} folds need at least as many")
    splitter = GroupKFold(FOLDS) if groups else StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for rest, held in splitter.split(labels, labels, groups or None):
        if len(missing := np.setdiff1d(labels, labels[rest])):
            raise DataError(
                f"class {missing[0]} is in one fold of the training part alone, so that nothing "
                "can be chosen; give more recordings"
            )
        yield np.isin(np.arange(len(labels)), held)


def _right(spikes: np.ndarray, labels: np.ndarray, held: np.ndarray, strength: float) -> float:
    """Learn from all folds but one, and return the share of that one that is right."""
    known = spikes[:, ~held].reshape(-1, spikes.shape[-1])
    readout = Readout.learned(known, np.tile(labels[~held], len(spikes)), strength=strength)
    return float(np.mean(readout.answers(spikes[0, held]) == labels[held]))


def best_of(tried: Sequence[Choice]) -> Choice:
    """Return the one with the highest mean over the folds; the first of equal ones."""
    return max(tried, key=lambda one: mean(one.right))


def choice_lines(tried: Sequence[Choice]) -> list[str]:
    """Return the lines of a table: a row for each set of neurons, a column for each strength."""
    best = best_of(tried)
    rows = []
    for detectors in dict.fromkeys(one.detectors for one in tried):
        own = [one for one in tried if one.detectors == detectors]
        rows.append([str(detectors), *(
            f"**{100 * mean(one.right):.1f}**" if one is best else f"{100 * mean(one.right):.1f}"
            for one in own
        )])
    strengths = dict.fromkeys(one.strength for one in tried)
    headings = [f"right in {FOLDS} folds, %, strength {one:g}" for one in strengths]
    return [*table(("neurons of a band", *headings), rows)]
