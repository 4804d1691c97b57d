"""A network for sounds, chosen and learned on the training part, and asked about the test part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..coding.filter_bank import FilterBankCoding
from ..gateware.design import run_reference
from ..job.training import versions
from ..network.reference import Run
from ..quantized.network import Provenance, QuantizedNetwork
from ..task.known import SOURCES
from ..task.metrics import share_right
from ..task.source import located
from ..task.task import Task
from .choice import Choice, best_of, choices
from .detectors import Readout, sound_network

__all__ = ["Learned", "first_of", "groups_of", "heard_again", "learned"]


@dataclass(frozen=True, eq=False)
class Learned:
    """A network, all that was tried before, and what it answers.

    Parameters
    ----------
    network : QuantizedNetwork
    tried : sequence of Choice
        By folds of the training part.
    counts : uint8 array ``[sounds, steps, bands]``
        Of the test part.
    run : Run
        What the integer reference gives for them.
    """

    network: QuantizedNetwork
    tried: Sequence[Choice]
    counts: np.ndarray
    run: Run


def groups_of(sounds: str, folder: str | Path | None) -> Sequence[str]:
    """Return whose each training sound is, such as a recording; none if each is by itself."""
    source = SOURCES[sounds]
    if source.groups is None:
        return ()
    return source.groups(located(source, None if folder is None else Path(folder)))


def first_of(
    task: Task, groups: Sequence[str], *, per_class: int | None
) -> tuple[Task, Sequence[str]]:
    """Return a task with the first training sounds of each class alone, and their groups."""
    if per_class is None:
        return task, groups
    kept = np.sort(np.concatenate([
        np.flatnonzero(task.y_train == label)[:per_class] for label in range(task.classes)
    ]))
    part = replace(task, x_train=task.x_train[kept], y_train=task.y_train[kept])
    return part, [groups[int(one)] for one in kept] if groups else ()


def heard_again(task: Task, *, copies: int, seed: int) -> Task:
    """Return a task with copies of its training sounds, each later, and louder or softer.

    What comes after the end of a sound begins it; the loudness is off by up to 1.5 octaves, and
    what is too loud then is cut.
    """
    random = np.random.default_rng(seed)
    parts = [task.x_train]
    for _ in range(copies):
        later = random.integers(0, task.shape[0], len(task.x_train))
        louder = 2 ** random.uniform(-1.5, 1.5, (len(task.x_train), 1))
        rolled = np.stack([np.roll(x, by) for x, by in zip(task.x_train, later, strict=True)])
        parts.append(np.clip(rolled * louder, task.low, task.high).astype(np.float32))
    return replace(
        task, x_train=np.concatenate(parts), y_train=np.tile(task.y_train, copies + 1)
    )


def learned(
    task: Task, coding: FilterBankCoding, groups: Sequence[str], *, copies: int, seed: int
) -> Learned:
    """Choose the neurons by folds, learn the readout on the whole training part, and ask.

    Parameters
    ----------
    task : Task
    coding : FilterBankCoding
    groups : sequence of str
        Of each training sound; none if each is by itself.
    copies : int
        Altered copies of each training sound.
    seed : int
        Of these.
    """
    heard = heard_again(task, copies=copies, seed=seed)
    counts = coding.encode(heard.x_train)
    tried = choices(counts.reshape(copies + 1, -1, *counts.shape[1:]), task.y_train, groups)
    best = best_of(tried)
    readout = Readout.learned(
        best.detectors.spikes(counts), heard.y_train, strength=best.strength
    )
    asked = coding.encode(task.x_test)
    made = sound_network(
        best.detectors, readout, bands=coding.inputs, steps=coding.steps, input_bits=coding.bits
    )
    run = run_reference(made, asked)
    real = readout.answers(best.detectors.spikes(asked))
    provenance = Provenance(
        data_set=task.name, seed=seed, versions=versions(),
        accuracy_float=share_right(real, task.y_test),
        accuracy_integer=share_right(run.predictions, task.y_test),
    )
    network = QuantizedNetwork(network=made, coding=coding, provenance=provenance)
    return Learned(network, tried, asked, run)
