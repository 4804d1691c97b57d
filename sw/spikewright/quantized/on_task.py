"""Whether a network can do a task, and what it answers as the task has its targets."""

from typing import Protocol

import numpy as np

from ..coding.coding import encode
from ..coding.output_scale import OutputScale
from ..errors import DataError
from ..network.objective import check_readout
from ..task.task import Task
from .network import QuantizedNetwork

__all__ = ["Outputs", "answered", "check_fits", "check_targets"]


class Outputs(Protocol):
    """What a network gave for a batch of samples, on a board or by a reference."""

    @property
    def outputs(self) -> np.ndarray:
        """Outputs, ``[samples, outputs]``."""
        ...

    @property
    def membranes(self) -> np.ndarray:
        """Outputs after each step, ``[samples, steps, outputs]``."""
        ...

    @property
    def predictions(self) -> np.ndarray:
        """The highest output of each sample."""
        ...


def check_fits(quantized: QuantizedNetwork, task: Task, *, argument: str) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless the network can do the task.

    ``argument`` is the name of what gave the network.
    """
    network = quantized.network
    try:
        check_targets(
            task, outputs=network.outputs, readout=network.readout, steps=network.steps
        )
    except DataError as error:
        raise DataError(f"{error}; give {argument}= a network for it") from error
    if bool(task.classes) != (quantized.output_scale is None):
        answers, targets = ("classes", "values") if not task.classes else ("values", "classes")
        raise DataError(
            f"the network answers with {answers}, but the targets of {task.name} are {targets}; "
            f"give {argument}= a network for it"
        )
    try:
        encode(task.x_test[:1], quantized.coding)
    except DataError as error:
        raise DataError(
            f"the network's coding does not take the samples of {task.name}: {error}; give "
            f"{argument}= a network for it"
        ) from error


def check_targets(task: Task, *, outputs: int, readout: str, steps: int) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless a network can give the targets of a task.

    ``outputs``, ``readout`` and ``steps`` are the network's.
    """
    if outputs != task.outputs:
        what = "classes" if task.classes else "values to a target"
        raise DataError(
            f"the network has {outputs} outputs, but {task.name} has {task.outputs} {what}"
        )
    check_readout(task, readout)
    if task.each_step and task.steps != steps:
        raise DataError(
            f"the targets of {task.name} are at each of {task.steps} steps, but the network has "
            f"{steps}"
        )


def answered(run: Outputs, *, task: Task, scale: OutputScale | None) -> np.ndarray:
    """Return what a network answered, as the task has its targets.

    ``scale`` is what its outputs stand for, if these are values.

    Classes, ``[samples]``, or values in their unit, ``[samples, outputs]``; or the same for each
    step, ``[samples, steps]`` and ``[samples, steps, outputs]``.
    """
    outputs = run.membranes if task.each_step else run.outputs
    if scale is not None:
        return scale.values(outputs)
    return outputs.argmax(axis=-1) if task.each_step else run.predictions
