"""Which heartbeats are learned, and which are asked: between patients, or at random."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from spikewright_hw.checks import flag, one_of, optional, pathlike

from ..errors import DataError
from ..task.mitbih import RECORDS, Beats, read_heartbeats
from ..task.task import Task
from .front_end import BITS, heart_inputs

__all__ = ["ANOMALY", "CLASSES", "SPLITS", "drawn", "heartbeat_tasks", "load_heartbeats"]

#: How beats are parted.
SPLITS = ("patients", "random")
#: The classes after AAMI, and those of the question whether a beat is normal.
CLASSES = ("N", "S", "V", "F", "Q")
ANOMALY = ("normal", "anomaly")
#: Parts of the training part, each held out once, where something is chosen.
FOLDS = 4
#: Of beats at random: one of so many is tested.
_OF_RANDOM = 5


def load_heartbeats(
    split: str = "patients", *, anomaly: bool = False, folder: str | Path | None = None
) -> Task:
    """Return the heartbeats of MIT-BIH as graded inputs: a task of 68 values, 0 to 15.

    Parameters
    ----------
    split : str
        ``patients``: DS1 is learned, and DS2 is asked, whose patients are others. ``random``: of
        all beats a fifth of each class is asked, drawn by a fixed seed, so that each patient is in
        both parts.
    anomaly : bool
        Whether the classes are normal beats and all others, in the place of the five of AAMI.
    folder : str or Path, optional
        Of the records, or the one above it; the one in ``SPIKEWRIGHT_DATA`` unless given.

    Raises
    ------
    DataError
        The files are not there, malformed, or not those of their list of checksums.
    ValueError
        There is no such split.
    """
    (task,), _ = heartbeat_tasks(split, anomaly=anomaly, folder=folder)
    return task


def heartbeat_tasks(
    split: str, *, anomaly: bool = False, folder: str | Path | None = None, held_out: bool = False
) -> tuple[tuple[Task, ...], str]:
    """Return the task of a split, or with ``held_out`` those of parts of its training part.

    Those are patients of DS1, every fourth, or quarters of the training beats: each is asked once,
    by networks that have learned the others, and no beat of the test part is among them. Also
    returns in a sentence or two which records there are, and whether their checksums are known.
    """
    one_of(SPLITS)("split", split)
    flag("anomaly", anomaly)
    place = optional(pathlike)("folder", folder)
    first, second = read_heartbeats(None if place is None else Path(place))
    inputs = np.concatenate([heart_inputs(first), heart_inputs(second)])
    labels = np.concatenate([first.labels, second.labels])
    if split == "patients":
        test = np.arange(len(labels)) >= len(first.labels)
    else:
        test = _fold_of(labels, _OF_RANDOM) == 0
    parts = [(~test, test)]
    if held_out:
        fold = np.full(len(labels), -1)
        fold[~test] = (
            _fold_of_patients(first) if split == "patients" else _fold_of(labels[~test], FOLDS)
        )
        parts = [((fold >= 0) & (fold != one), fold == one) for one in range(FOLDS)]
    name = "heartbeats-" + ("anomaly-" if anomaly else "") + split
    answers = np.minimum(labels, 1) if anomaly else labels
    return tuple(
        _task(name, inputs, answers, learned, asked, classes=ANOMALY if anomaly else CLASSES)
        for learned, asked in parts
    ), _said_of(first, second)


def _said_of(first: Beats, second: Beats) -> str:
    there = (
        f"{len(np.unique(part.records))} of {len(wanted)} records of {name}"
        for name, part, wanted in zip(("DS1", "DS2"), (first, second), RECORDS, strict=True)
    )
    checked = (
        "The files are those of their list of checksums." if first.checked and second.checked
        else "No list of checksums named all of the files."
    )
    return f"Beats are of {' and '.join(there)}. {checked}"


def _task(
    name: str, inputs: np.ndarray, labels: np.ndarray, learned: np.ndarray, asked: np.ndarray, *,
    classes: Sequence[str],
) -> Task:
    if not learned.any() or not asked.any():
        raise DataError(f"{name} has no beat to learn or none to ask; take more records")
    return Task(
        name=name, x_train=inputs[learned], y_train=labels[learned], x_test=inputs[asked],
        y_test=labels[asked], low=0, high=(1 << BITS) - 1, classes=len(classes),
    )


def _fold_of(labels: np.ndarray, folds: int) -> np.ndarray:
    """Return a part for each beat, drawn by a fixed seed, each with its share of each class."""
    random, fold = np.random.default_rng(0), np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        here = np.flatnonzero(labels == label)
        fold[random.permutation(here)] = np.arange(len(here)) % folds
    return fold


def _fold_of_patients(beats: Beats) -> np.ndarray:
    """Return a part for each beat, the same for all of a record."""
    return np.unique(beats.records, return_inverse=True)[1] % FOLDS


def drawn(task: Task, shares: Sequence[float], *, seed: int) -> Task:
    """Return a task whose training part has each class as often as its share says.

    Of a share below 1, so many samples are drawn, none twice; of one above, all are there as often
    as it has wholes, and the rest is drawn. This weighs the classes, and small ones are heard.

    Parameters
    ----------
    task : Task
    shares : sequence of float
        Of each class, above 0.
    seed : int
        Of what is drawn.
    """
    random, chosen = np.random.default_rng(seed), []
    for label, share in enumerate(shares):
        here = random.permutation(np.flatnonzero(task.y_train == label))
        count = max(1, round(share * len(here)))
        chosen.append(np.resize(here, count))
    order = np.concatenate(chosen)
    return replace(task, x_train=task.x_train[order], y_train=task.y_train[order])
