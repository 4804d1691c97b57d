"""Learned input selection: a network is trained, and the inputs that do most in it are kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from spikewright_hw.checks import instance, whole
from spikewright_hw.connection import Dense, FeatureMap

from ..coding.coding import encode
from ..coding.selected import Selected
from ..errors import DataError
from ..network.phases import Progress
from ..network.training_config import TrainingConfig
from ..quantized.network import QuantizedNetwork
from ..task.task import Task
from .training import train

__all__ = ["kept_inputs", "select_inputs"]

#: Samples that are encoded at once.
_PART = 4096


def select_inputs(
    task: Task,
    config: TrainingConfig,
    *,
    inputs_kept: int,
    seed: int = 0,
    build: str | Path = "build",
    progress: Callable[[Progress], None] = lambda _: None,
) -> TrainingConfig:
    """Train a network, and return the same training with the inputs alone that do most in it.

    Nothing is chosen on the test part. Train with what is returned, from new weights.

    Parameters
    ----------
    task : Task
    config : TrainingConfig
        Of a coding that makes spikes, and of a first layer that is dense, without delays.
    inputs_kept : int
        How many inputs, fewer than the coding has.
    seed : int
        Of the first training.
    build : str or Path
        Folder of everything generated, where that network is kept.
    progress : callable
        As :func:`~spikewright.job.training.train` has it.

    Raises
    ------
    DataError
        As :func:`~spikewright.job.training.train` does.
    ValueError
        The first layer is of another kind, or there are not so many inputs.
    """
    instance(Task)("task", task)
    instance(TrainingConfig)("config", config)
    whole(1)("inputs_kept", inputs_kept)
    _check(config, inputs_kept)
    network = train(task, config, seed=seed, build=build, progress=progress)
    kept = kept_inputs(network, task, inputs_kept=inputs_kept)
    connections = config.model.connections
    if connections is not None:
        first = Dense(source=FeatureMap(channels=inputs_kept), neurons=len(connections[0].target))
        connections = (first, *connections[1:])
    model = replace(
        config.model, sizes=(inputs_kept, *config.model.sizes[1:]), connections=connections
    )
    return replace(config, model=model, coding=Selected(coding=config.coding, kept=kept))


def kept_inputs(network: QuantizedNetwork, task: Task, *, inputs_kept: int) -> tuple[int, ...]:
    """Return the numbers of the inputs that do most, in rising order.

    What an input does is the sum of the magnitudes of its weights, as often as it spikes in the
    training part of a task. Of equal ones, the first are kept.
    """
    counts = np.zeros(network.coding.inputs, np.int64)
    for at in range(0, len(task.x_train), _PART):
        spikes = encode(task.x_train[at : at + _PART], network.coding)
        counts += spikes.sum(axis=(0, 1), dtype=np.int64)
    weights = np.abs(np.asarray(network.network.layers[0].weights, np.int64)).sum(axis=1)
    order = np.argsort(-counts * weights, kind="stable")
    return tuple(sorted(int(one) for one in order[:inputs_kept]))


def _check(config: TrainingConfig, inputs_kept: int) -> None:
    inputs, model = config.coding.inputs, config.model
    if inputs_kept >= inputs:
        raise ValueError(
            f"inputs_kept is {inputs_kept}, but the coding has {inputs} inputs; keep fewer"
        )
    if config.network is not None:
        raise ValueError(
            "config.network is given, and inputs are selected of a network that is trained anew; "
            "leave it out"
        )
    first = None if model.connections is None else model.connections[0]
    heard = () if model.origins is None else model.origins[0]
    if not (first is None or isinstance(first, Dense)) or any(max(one.each) for one in heard):
        raise ValueError(
            "the first layer is not dense, or has delays; inputs are selected of a dense layer"
        )
    try:
        Selected(coding=config.coding, kept=(0,))
    except ValueError as error:
        raise DataError(f"inputs cannot be selected: {error}") from error
