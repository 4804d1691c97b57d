"""Where a training stands, in a file: it goes on from there as if it had never been interrupted."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spikewright.errors import TrainingError
from spikewright.files import write_bytes
from spikewright.task.digest import task_digest
from spikewright.task.task import Task

from .training_config import TrainingConfig

__all__ = ["Checkpoint", "about", "read_checkpoint", "write_checkpoint"]

#: Of the files that are written and read here.
_FORMAT = 1


@dataclass(kw_only=True)
class Checkpoint:
    """All that the rest of a training depends on.

    Parameters
    ----------
    phase : int
        0 in real numbers, 1 on the grid.
    epoch : int
        Epochs of the phase that are done.
    model, optimizer, schedule : dict
        Their states.
    generator : Tensor
        State of the generator that draws samples and what is made of them.
    history : list of dict
        What was told of each epoch.
    best : dict, optional
        Of a training that stops early, what was best on the held-out samples of the phase.
    real : dict, optional
        How the first phase ended, in the second one: its model, its score, and of how many layers
        the steps ran compiled.
    """

    phase: int
    epoch: int
    model: dict[str, Any]
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    generator: Tensor
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Any] | None = None
    real: dict[str, Any] | None = None


def about(config: TrainingConfig, task: Task, *, seed: int) -> dict[str, Any]:
    """Return what two trainings must have in common, so that one can go on where the other ended.

    Sums of floats may differ between versions of PyTorch, so its version is part of it.
    """
    return {
        "spikewright": version("spikewright"), "torch": str(torch.__version__), "seed": seed,
        "task": task.name, "samples": task_digest(task), **_plain(config.settings()),
    }


def write_checkpoint(path: Path, checkpoint: Checkpoint, known: Mapping[str, Any]) -> None:
    """Write a checkpoint at once, with what it is about; errors are those of storage."""
    content = io.BytesIO()
    torch.save({"format": _FORMAT, "about": dict(known), **_on_cpu(vars(checkpoint))}, content)
    write_bytes(path, content.getvalue())


def read_checkpoint(path: Path, known: Mapping[str, Any]) -> Checkpoint | None:
    """Read a checkpoint, or return None if there is no file.

    Raises
    ------
    TrainingError
        The file is none, is damaged, or is of another training than ``known`` says.
    """
    if not path.exists():
        return None
    try:
        found = torch.load(path, weights_only=True)
        form, its = found.pop("format"), found.pop("about")
        checkpoint = Checkpoint(**found) if form == _FORMAT else None
    except Exception as error:  # torch has no exception of its own for what is no such file
        raise TrainingError(
            f"{path} is no checkpoint of a training, or it is damaged; delete it, or name another "
            "file"
        ) from error
    if checkpoint is None:
        raise TrainingError(
            f"{path} is a checkpoint of format {form}, and this version reads format {_FORMAT}; "
            "go on with the version that wrote it, or delete it"
        )
    differs = _difference(its, known)
    if differs is not None:
        raise TrainingError(
            f"{path} is a checkpoint of another training: {differs}; go on with the same settings, "
            "name another file, or delete it"
        )
    return checkpoint


def _on_cpu(value: Any) -> Any:
    """Return a value with its tensors on the CPU, so that any machine can read the file."""
    if isinstance(value, Tensor):
        return value.cpu()
    if isinstance(value, Mapping):
        return {key: _on_cpu(one) for key, one in value.items()}
    return [_on_cpu(one) for one in value] if isinstance(value, list) else value


def _difference(there: Any, here: Any, name: str = "") -> str | None:
    """Return in words the first field in which two trainings differ."""
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in sorted({*there, *here}):
            found = _difference(there.get(key), here.get(key), f"{name}.{key}".lstrip("."))
            if found is not None:
                return found
        return None
    if there == here:
        return None
    if name == "samples":
        return "its samples or targets are others"
    return f"{name} is {str(there)[:60]} there, and {str(here)[:60]} here"


def _plain(value: Any) -> Any:
    """Return a value as a file of PyTorch has it that is read without running code."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)
