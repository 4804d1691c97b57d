"""The steps of an optimiser, one at a time: what a phase of a training is made of."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikewright.coding.coding import encode
from spikewright.coding.direct import Direct
from spikewright.task.task import Task

from . import plain_steps
from .activity import Activity
from .augment import augment
from .losses import l1_activity, l2_activity
from .model import Model
from .objective import Objective
from .processes import ALONE, Processes
from .training_config import Phase, TrainingConfig

__all__ = ["NotFinite", "Steps", "TrainingSpikes", "one_thread"]


class NotFinite(Exception):
    """A number of a training is no longer finite.

    Parameters
    ----------
    what, where : str
    step : int
        Of the epoch, from 1.
    """

    def __init__(self, what: str, where: str, step: int):
        super().__init__(what)
        self.what, self.where, self.step = what, where, step


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
        """Return the spikes of an epoch, a bool tensor ``[samples, steps, inputs]``.

        Graded inputs are uint8; those that are the same in each step are there once, expanded.
        """
        if self._kept is not None:
            return self._kept
        config, task = self._config, self._task
        assert config.augmentation is not None
        images = torch.from_numpy(task.x_train).view(-1, *task.image) - task.low
        span = task.high - task.low
        changed = plain_steps.augment if config.same_everywhere else augment
        images = changed(images, config.augmentation, high=span, generator=self._generator)
        return self._encoded((images + task.low).numpy())

    def _encoded(self, samples: np.ndarray) -> Tensor:
        coding = self._config.coding
        if isinstance(coding, Direct) and not coding.sequence:
            once = torch.from_numpy(encode(samples, replace(coding, steps=1)))
            return once.expand(-1, coding.steps, -1)
        return torch.from_numpy(encode(samples, coding))


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
    processes : Processes
        That have a share of each batch.
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
        processes: Processes = ALONE,
    ):
        self._model = model
        self._processes = processes
        self._config = config
        self._spikes = spikes
        self._objective = objective
        self._generator = generator
        self._batches = max(1, len(objective.targets) // config.batch)
        optimizer, schedule = torch.optim.AdamW, torch.optim.lr_scheduler.CosineAnnealingLR
        if config.same_everywhere:
            optimizer, schedule = plain_steps.PlainAdamW, plain_steps.cosine_schedule
        self._optimizer = optimizer(
            model.parameters(), lr=phase.learning_rate, weight_decay=config.weight_decay
        )
        self._schedule = schedule(self._optimizer, phase.epochs * self._batches)

    def epoch(self) -> Iterator[float]:
        """Take the steps of one epoch; yield the loss of each batch before its step."""
        spikes, targets = self._spikes.epoch(), self._objective.targets
        each_step = self._objective.each_step
        order = torch.randperm(len(targets), generator=self._generator)
        batches = order[: self._batches * self._config.batch].chunk(self._batches)
        for step, batch in enumerate(map(self._processes.share, batches), 1):
            given = _given(spikes, batch, self._model.device)
            outputs, result = self._model(given, each_step=each_step)
            loss = self._objective.loss(
                outputs, targets[batch].to(self._model.device), result,
                unit=self._model.output_step,
            ) + _cost(result, self._config)
            self._optimizer.zero_grad()
            loss.backward()
            learned = self._model.parameters()
            value = self._processes.average(
                loss.detach(), [one.grad for one in learned if one.grad is not None]
            )
            if not math.isfinite(value):
                own = "" if loss.isfinite() else self._where(result)
                raise NotFinite(f"the loss is {value}", self._processes.first_text(own), step)
            self._optimizer.step()
            self._schedule.step()
            yield value

    def check_weights(self) -> None:
        """Raise :exc:`NotFinite` if the last step has made a weight that is no number."""
        found = _not_finite(self._model)
        if found is not None:
            raise NotFinite("a weight is no longer finite", found, self._batches)

    @property
    def learning_rate(self) -> float:
        """That of the next step."""
        return float(self._optimizer.param_groups[0]["lr"])

    def state(self) -> dict[str, Any]:
        """Return the states of the optimiser and of its schedule."""
        return {
            "optimizer": self._optimizer.state_dict(), "schedule": self._schedule.state_dict()
        }

    def load(self, optimizer: dict[str, Any], schedule: dict[str, Any]) -> None:
        """Take the states of an optimiser and of its schedule."""
        self._optimizer.load_state_dict(optimizer)
        self._schedule.load_state_dict(schedule)

    def _where(self, result: Activity) -> str:
        """Return in words the first layer that is no longer finite."""
        found = _not_finite(self._model)
        if found is not None:
            return found
        first = len(self._model.weights) - len(result.membranes)
        for number, membranes in enumerate(result.membranes, first):
            fine = membranes.isfinite().flatten(1).all(dim=1)
            if not fine.all():
                return (
                    f"the membranes of layer {number} are no longer finite from time step "
                    f"{int(fine.int().argmin())} on"
                )
        return "all membranes are finite, and their loss is too large for a float"


def _given(spikes: Tensor, batch: Tensor, device: torch.device) -> Tensor:
    """Return some samples as floats; of steps that are all the same, one is copied."""
    if spikes.stride(1) == 0:
        once = spikes[:, :1][batch].to(device).float()
        return once.expand(-1, spikes.shape[1], -1)
    return spikes[batch].to(device).float()


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread: networks this small train faster so, and sums keep their order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _not_finite(model: Model) -> str | None:
    for name, value in model.named_parameters():
        if not value.isfinite().all():
            kind, _, place = name.partition(".")
            if not place:
                return f"the {kind} of the surrogate is no longer finite"
            return f"the {kind} of layer {place.split('.')[0]} are no longer finite"
    return None


def _cost(result: Activity, config: TrainingConfig) -> Tensor | float:
    """Return the cost of the hidden spikes."""
    hidden = sum(spikes.sum(dim=(0, 2)) for spikes in result.hidden)
    if not isinstance(hidden, Tensor):
        return 0.0
    if result.rates is not None:
        hidden = hidden * config.coding.steps
    cost = config.spike_cost * functional.relu(hidden - config.spikes).square().mean()
    if config.l1:
        cost = cost + config.l1 * l1_activity(result.hidden)
    if config.l2:
        cost = cost + config.l2 * l2_activity(result.hidden)
    return cost
