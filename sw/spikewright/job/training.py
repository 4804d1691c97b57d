"""Networks trained on a task, in the content-addressed cache."""

import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from spikewright_hw.checks import called, instance, optional, pathlike, whole

from ..cache import cached
from ..errors import SpikewrightWarning
from ..imports import code_key
from ..network.devices import placed
from ..network.phases import Progress
from ..network.processes import joined
from ..network.train import Trained
from ..network.train import train as train_anew
from ..network.training_config import TrainingConfig, training_config
from ..quantized.network import MOST_SEED, QuantizedNetwork, from_training
from ..quantized.spw import read, write
from ..task.digest import task_digest
from ..task.task import Task

__all__ = ["DEFAULT", "train", "training_key", "versions"]

#: The network of the main job: 64-128-10, 4-bit weights, time to first spike.
DEFAULT = TrainingConfig()


def versions() -> dict[str, str]:
    """Return the versions of the packages that decide what a training gives."""
    return {name: version(name) for name in ("numpy", "scikit-learn", "spikewright", "torch")}


def training_key(task: Task, config: TrainingConfig, *, seed: int) -> dict[str, Any]:
    """Return all that a trained network depends on, but for the processor, as JSON values."""
    return {
        "task": task_digest(task),
        "config": config.settings(),
        "seed": seed,
        "code": code_key(__name__),
    }


def train(
    task: Task,
    config: TrainingConfig | None = None,
    *,
    seed: int = 0,
    build: str | Path = "build",
    checkpoint: str | Path | None = None,
    log: str | Path | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> QuantizedNetwork:
    """Train a network on a task and quantise it, unless the same was trained before.

    Parameters
    ----------
    task : Task
    config : TrainingConfig, optional
        How, see :func:`~spikewright.network.training_config.training_config`; by default as the
        main job does.
    seed : int
        0 to 2**64 - 1. The same seed gives the same network, on the same machine and versions.
    build : str or Path
        Folder of everything generated; the network is kept there by what it was trained with.
    checkpoint : str or Path, optional
        File that holds, after each epoch, where the training stands. If it is there, the training
        goes on from it, to the same network bit for bit as if it had never been interrupted.
    log : str or Path, optional
        File that holds, after each epoch, all epochs so far: a table as CSV; or with ``tfevents``
        in its name, such as ``run.tfevents``, events, which TensorBoard reads. Of a network that
        was trained before, neither file is read or written, and a warning says so.
    progress : callable
        Called after each epoch; what it raises ends the training.

    Returns
    -------
    QuantizedNetwork
        The network in integers, its coding, and where it comes from.

    Raises
    ------
    DataError
        The task does not fit the network or the coding, no weights would make it a network, or
        the device is not there; said before anything is trained.
    TrainingError
        The checkpoint is damaged, or is of another training; or the loss or a weight is no longer
        finite: the message names the step and the layer.
    StorageError
        The network cannot be kept.
    ValueError
        The seed is out of its range.

    Notes
    -----
    In a program that ``torchrun`` has started several times, the processes share each batch. The
    first of them reads and writes files and calls ``progress``, and all return the same network.
    """
    instance(Task)("task", task)
    optional(instance(TrainingConfig))("config", config)
    whole(0, MOST_SEED)("seed", seed)
    called("progress", progress)
    files = {
        name: None if path is None else pathlike(name, path)
        for name, path in (("checkpoint", checkpoint), ("log", log))
    }
    cache = pathlike("build", build) / "cache"
    config = placed(training_config(task) if config is None else config)
    key = training_key(task, config, seed=seed)

    with joined() as processes:
        if processes.count > 1:
            key["processes"] = processes.count

        def anew() -> Trained:
            return train_anew(
                config, task, seed=seed, processes=processes, **files,
                progress=progress if processes.is_first else lambda _: None,
            )

        if not processes.is_first:  # it waits until the first says whether there is work
            if processes.of_first():
                anew()
            return processes.of_first()
        trained = False

        def stage(folder: Path) -> None:
            nonlocal trained
            trained = processes.of_first(True)
            write(folder / "network.spw", from_training(anew()))

        kept = cached("training", key, stage, root=cache)
        if not trained:
            processes.of_first(False)
        network = processes.of_first(read(kept / "network.spw"))
    unused = [str(path) for path in files.values() if path is not None]
    if unused and not trained:
        warnings.warn(
            f"{' and '.join(unused)}: neither read nor written, because the same network was "
            f"trained before; delete {kept} to train it anew",
            SpikewrightWarning, stacklevel=2,
        )
    return network
