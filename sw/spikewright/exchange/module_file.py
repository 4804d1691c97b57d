"""A trained module of PyTorch from a user's Python file, and samples of a task as it takes them."""

from pathlib import Path

import torch
from torch import Tensor, nn

from spikewright.errors import DataError
from spikewright.python_file import defined_in
from spikewright.task.task import Task
from spikewright_hw.checks import instance, pathlike

__all__ = ["load_module", "module_samples"]


def load_module(path: str | Path) -> nn.Module:
    """Return the trained module that a ``.py`` file defines.

    Parameters
    ----------
    path : str or Path
        It defines ``module``: a module of PyTorch, or a function without arguments that returns
        one, with its trained weights loaded; it is run.

    Raises
    ------
    DataError
        The file is missing, fails or defines no module; the message names the line.
    """
    path = pathlike("path", path)
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    return defined_in(path, "module", nn.Module, what="module of PyTorch")


def module_samples(module: nn.Module, task: Task, *, most: int = 500) -> Tensor:
    """Return the first samples of a task's training part as a module takes them.

    Parameters
    ----------
    module : torch.nn.Module
        One that begins with a linear layer takes samples × values; any other takes images as
        samples × channels × height × width, and signals as samples × channels × length.
    task : Task
    most : int
        How many.

    Raises
    ------
    DataError
        The samples are events or spikes.
    """
    instance(nn.Module)("module", module)
    if instance(Task)("task", task).kind in ("events", "spikes"):
        raise DataError(
            f"{task.name} is of the kind {task.kind}; what is converted takes values"
        )
    samples = torch.from_numpy(task.x_train[:most]).float()
    first = next((one for one in module.modules() if not list(one.children())), None)
    if isinstance(first, nn.Linear) or task.kind == "values":
        return samples.flatten(1)
    dims = {"image": 4, "signal": 3}[task.kind]
    shaped = samples.unsqueeze(-1) if samples.dim() < dims else samples  # one channel
    return shaped.movedim(-1, 1)
