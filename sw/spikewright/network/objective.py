"""What a task asks of the outputs of a network: the loss of training, and how well it is met."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikewright.coding.output_scale import OutputScale
from spikewright.errors import DataError
from spikewright.task.metrics import accuracy, error
from spikewright.task.task import Task
from spikewright_hw.readout import SPIKING

from .activity import Activity
from .losses import (
    LOGIT,
    first_spike_loss,
    membrane_loss,
    spike_count_loss,
    spike_rate_loss,
    tet_loss,
)
from .plain_steps import cross_entropy
from .training_config import TrainingConfig

__all__ = ["Objective", "check_readout"]

#: Room for values beyond those of the training part, as a share of the largest.
_ROOM = 0.25


def check_readout(task: Task, readout: str) -> None:
    """Raise :exc:`~spikewright.errors.DataError` for a readout that does not give the targets."""
    if task.each_step and readout != "last":
        raise DataError(
            f"the targets of {task.name} are at each step, and the readout {readout!r} gives one "
            "output for a sample; take 'last', whose membranes are read after each step"
        )
    if not task.classes and readout in SPIKING:
        raise DataError(
            f"the targets of {task.name} are values, and the readout {readout!r} counts spikes or "
            "steps; take 'last' or 'maximum', which read a membrane"
        )


class Objective:
    """What a network learns of a task.

    Labels are learned by the cross entropy of the outputs, and values by their mean squared error,
    each output's in units of its standard deviation in the training part, from its mean.

    Parameters
    ----------
    task : Task
    config : TrainingConfig
    """

    def __init__(self, task: Task, config: TrainingConfig):
        self._task = task
        self._smoothing = config.label_smoothing
        self._name = config.loss
        self._plain = config.same_everywhere
        self.each_step = task.each_step
        spiking = config.model.readout in SPIKING
        self._factor = LOGIT / config.coding.steps if spiking else 1.0
        self._mean, self._deviation = np.zeros(1), np.ones(1)
        targets = task.y_train
        if not task.classes:
            axes = tuple(range(targets.ndim - 1))
            self._mean, deviation = targets.mean(axis=axes), targets.std(axis=axes)
            self._deviation = np.where(deviation > 0, deviation, 1.0)
            targets = ((targets - self._mean) / self._deviation).astype(np.float32)
        #: Targets of the training part, as :meth:`loss` takes them.
        self.targets = torch.from_numpy(targets)

    @property
    def higher_is_better(self) -> bool:
        """Whether a higher :meth:`score` is better: of labels, not of values."""
        return bool(self._task.classes)

    @property
    def largest(self) -> float:
        """Largest output for which there must be room; 0 where outputs are compared alone."""
        if self._task.classes:
            return 0.0
        return float(self.targets.abs().max()) * (1 + _ROOM)

    def loss(self, outputs: Tensor, targets: Tensor, did: Activity, *, unit: float = 1.0) -> Tensor:
        """Return the loss that the config names.

        Parameters
        ----------
        outputs : Tensor ``[samples, (steps,) outputs]``
            In real units.
        targets : Tensor
        did : Activity
            What the layers did.
        unit : float
            What 1 of the last layer's membranes is in real units.
        """
        match self._name:
            case "outputs":
                return self._of_outputs(outputs, targets)
            case "spike_rate":
                return spike_rate_loss(did.spikes[-1], targets)
            case "membrane":
                return membrane_loss(did.membranes[-1] * unit, targets)
            case "tet":
                return tet_loss(did.membranes[-1] * unit, targets, smoothing=self._smoothing)
        of = spike_count_loss if self._name == "spike_count" else first_spike_loss
        return of(did.spikes[-1], targets, smoothing=self._smoothing)

    def _of_outputs(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if not self._task.classes:
            return functional.mse_loss(outputs, targets)
        logits = outputs if self._factor == 1.0 else outputs * self._factor
        if self.each_step:
            logits, targets = logits.flatten(0, 1), targets.flatten()
        if self._plain:
            return cross_entropy(logits, targets, smoothing=self._smoothing)
        return functional.cross_entropy(logits, targets, label_smoothing=self._smoothing)

    def scale(self, output_step: float) -> OutputScale | None:
        """Return what outputs stand for, if that is values, where 1 of one is this real number."""
        if self._task.classes:
            return None
        return OutputScale(
            offset=tuple(self._mean.tolist()),
            scale=tuple((self._deviation * output_step).tolist()),
        )

    def score(
        self, outputs: np.ndarray, scale: OutputScale | None, *, targets: np.ndarray
    ) -> float:
        """Return how well targets are met: the accuracy, 0 to 1, or the error.

        Parameters
        ----------
        outputs : array ``[samples, (steps,) outputs]``
        scale : OutputScale, optional
            That of :meth:`scale`.
        targets : array
            Of these samples, as a task has them.
        """
        if scale is None:
            return accuracy(outputs, targets)
        return error(scale.values(outputs), targets)
