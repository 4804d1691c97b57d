"""Networks trained on the embedded task, kept by content."""

from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ..cache import cached, digest
from ..imports import code_key
from ..network.train import Progress, TrainingConfig, train
from ..quantized.network import from_training
from ..quantized.spw import write
from ..task import digits
from ..task.task import Task

__all__ = ["DEFAULT", "task_digest", "trained", "versions"]

#: The network of the main job: 64-128-10, 4-bit weights, time to first spike.
DEFAULT = TrainingConfig()


def versions() -> dict[str, str]:
    """Give the versions of the packages that decide what a training gives."""
    return {name: version(name) for name in ("numpy", "scikit-learn", "spikewright", "torch")}


def trained(
    *,
    seed: int,
    config: TrainingConfig = DEFAULT,
    task: Task | None = None,
    build: Path = Path("build"),
    progress: Callable[[Progress], None] = lambda _: None,
) -> Path:
    """Train a network, unless the same was trained before, and give the path of its ``.spw`` file.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    task = digits.load() if task is None else task
    key = {
        "task": task_digest(task),
        "config": asdict(config),
        "seed": seed,
        "code": code_key(__name__),
    }

    def stage(folder: Path) -> None:
        result = train(config, task, seed=seed, progress=progress)
        write(folder / "network.spw", from_training(result))

    return cached("training", key, stage, root=build / "cache") / "network.spw"


def task_digest(task: Task) -> str:
    """Give a hash of a task's samples and labels."""
    arrays = (task.x_train, task.y_train, task.x_test, task.y_test)
    return digest([task.name, *(_array_digest(array) for array in arrays)])


def _array_digest(array: np.ndarray) -> str:
    return digest([str(array.dtype), list(array.shape), array.tobytes().hex()])
