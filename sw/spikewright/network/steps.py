"""The steps of an optimiser, one at a time: what a phase of a training is made of."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikewright.coding.coding import encode
from spikewright.task.task import Task

from .activity import Activity
from .augment import augment
from .losses import l1_activity, l2_activity
from .model import Model
from .objective import Objective
from .training_config import Phase, TrainingConfig

__all__ = ["Steps", "TrainingSpikes", "one_thread"]


class TrainingSpikes:
    """The training part of a task as spikes: encoded once, or anew for each epoch if augmented.

    Parameters
    ----------
    config : TrainingConfig
    task : Task
    generator : torch.Generator
        Draws what augmentation makes of the samples.
    """

    def __init__(self, config: TrainingConfig, task: Task, *, generator: torch.Generator):
        self._config = config
        self._task = task
        self._generator = generator
        self._kept = None if config.augmentation else self._encoded(task.x_train)

    def epoch(self) -> Tensor:
        """Return the spikes of an epoch, a bool tensor ``[samples, steps, inputs]``."""
        if self._kept is not None:
            return self._kept
        config, task = self._config, self._task
        assert config.augmentation is not None
        images = torch.from_numpy(task.x_train).view(-1, *task.image) - task.low
        span = task.high - task.low
        images = augment(images, config.augmentation, high=span, generator=self._generator)
        return self._encoded((images + task.low).numpy())

    def _encoded(self, samples: np.ndarray) -> Tensor:
        return torch.from_numpy(encode(samples, self._config.coding))


class Steps:
    """Optimiser steps of a model on the training part of a task: AdamW with a cosine schedule.

    Parameters
    ----------
    model : Model
        It is changed in place.
    config : TrainingConfig
    phase : Phase
        Says how long the cosine is, and where it starts.
    objective : Objective
        Says what is learned.
    spikes : TrainingSpikes
    generator : torch.Generator
        Draws the order of the samples.
    """

    def __init__(
        self,
        model: Model,
        config: TrainingConfig,
        phase: Phase,
        *,
        objective: Objective,
        spikes: TrainingSpikes,
        generator: torch.Generator,
    ):
        self._model = model
        self._config = config
        self._spikes = spikes
        self._objective = objective
        self._generator = generator
        self._batches = max(1, len(objective.targets) // config.batch)
        self._optimizer = torch.optim.AdamW(
            model.parameters(), lr=phase.learning_rate, weight_decay=config.weight_decay
        )
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            self._optimizer, phase.epochs * self._batches
        )

    def epoch(self) -> Iterator[float]:
        """Take the steps of one epoch; yield the loss of each batch before its step."""
        spikes, targets = self._spikes.epoch(), self._objective.targets
        each_step = self._objective.each_step
        order = torch.randperm(len(targets), generator=self._generator)
        for batch in order[: self._batches * self._config.batch].chunk(self._batches):
            outputs, result = self._model(spikes[batch].float(), each_step=each_step)
            loss = self._objective.loss(
                outputs, targets[batch], result, unit=self._model.output_step
            ) + _cost(result, self._config)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            self._schedule.step()
            yield loss.item()


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread: networks this small train faster so, and sums keep their order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _cost(result: Activity, config: TrainingConfig) -> Tensor | float:
    """Return the cost of the hidden spikes."""
    hidden = sum(spikes.sum(dim=(0, 2)) for spikes in result.spikes[:-1])
    if not isinstance(hidden, Tensor):
        return 0.0
    cost = config.spike_cost * functional.relu(hidden - config.spikes).square().mean()
    if config.l1:
        cost = cost + config.l1 * l1_activity(result.spikes[:-1])
    if config.l2:
        cost = cost + config.l2 * l2_activity(result.spikes[:-1])
    return cost
