"""The steps of an optimiser, one at a time: what a phase of a training is made of."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikewright.coding.ttfs import encode
from spikewright.task.task import Task

from .augment import augment
from .model import Activity, Model
from .training_config import Phase, TrainingConfig

__all__ = ["Steps", "one_thread"]


class Steps:
    """Optimiser steps of a model on the training part of a task: AdamW with a cosine schedule.

    Parameters
    ----------
    model : Model
        It is changed in place.
    config : TrainingConfig
    phase : Phase
        Says how long the cosine is, and where it starts.
    task : Task
    generator : torch.Generator
        Draws the order of the samples, and what augmentation makes of them.
    """

    def __init__(
        self,
        model: Model,
        config: TrainingConfig,
        phase: Phase,
        task: Task,
        *,
        generator: torch.Generator,
    ):
        self._model = model
        self._config = config
        self._task = task
        self._generator = generator
        self._batches = max(1, len(task.x_train) // config.batch)
        self._labels = torch.from_numpy(task.y_train)
        self._optimizer = torch.optim.AdamW(
            model.parameters(), lr=phase.learning_rate, weight_decay=config.weight_decay
        )
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            self._optimizer, phase.epochs * self._batches
        )

    def epoch(self) -> Iterator[float]:
        """Take the steps of one epoch; yield the loss of each batch before its step."""
        spikes = self._spikes()
        order = torch.randperm(len(self._labels), generator=self._generator)
        for batch in order[: self._batches * self._config.batch].chunk(self._batches):
            logits, result = self._model(spikes[batch])
            loss = _loss(logits, result, self._labels[batch], self._config)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            self._schedule.step()
            yield loss.item()

    def _spikes(self) -> Tensor:
        config, task = self._config, self._task
        samples = task.x_train
        if config.augmentation is not None:
            images = torch.from_numpy(samples).view(-1, *task.image)
            images = augment(
                images, config.augmentation, high=task.high, generator=self._generator
            )
            samples = images.flatten(1).numpy()
        return torch.from_numpy(encode(samples, config.coding).astype(np.float32))


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread: networks this small train faster so, and sums keep their order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _loss(logits: Tensor, result: Activity, labels: Tensor, config: TrainingConfig) -> Tensor:
    loss = functional.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
    hidden = sum(spikes.sum(dim=(0, 2)) for spikes in result.spikes[:-1])
    if isinstance(hidden, Tensor):
        loss = loss + config.spike_cost * functional.relu(hidden - config.spikes).square().mean()
    return loss
