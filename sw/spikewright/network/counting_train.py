"""Training of a counting network: in real numbers, then shortly on the integer grid.

Backpropagation through time, Adam with a constant learning rate, cross entropy on the spike counts.
What is tested is the running average of the last steps' weights (Polyak, Juditsky, SIAM J. Control
Optim. 30(4), 1992): at a constant learning rate the weights themselves jitter about it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikewright.task.task import Task
from spikewright_hw.definition.definition import Definition

from .counting import CountingConfig, CountingNetwork
from .counting_reference import count_spikes
from .train import Phase, one_thread

__all__ = ["CountingResult", "CountingTraining", "Steps", "step_times", "train_counting"]


@dataclass(frozen=True, kw_only=True)
class CountingTraining:
    """How the network is trained; chosen on the training part, the same for each neuron.

    Parameters
    ----------
    network : CountingConfig
    real, quantized : Phase
    batch : int
        Samples of one optimiser step.
    average : float
        What is left of the running average after a step.
    """

    network: CountingConfig = field(default_factory=CountingConfig)
    real: Phase = field(default_factory=lambda: Phase(epochs=10, learning_rate=2e-3))
    quantized: Phase = field(default_factory=lambda: Phase(epochs=3, learning_rate=5e-4))
    batch: int = 32
    average: float = 0.9


@dataclass(frozen=True)
class CountingResult:
    """Shares of the test part that are classified rightly, 0 to 1.

    Parameters
    ----------
    real : float
        In real numbers.
    integer : float
        By the integers, on arrays.
    """

    real: float
    integer: float


class Steps:
    """Optimiser steps of a network on a task, one at a time."""

    def __init__(
        self,
        network: CountingNetwork,
        task: Task,
        *,
        batch: int,
        learning_rate: float,
        average: float,
        generator: torch.Generator,
    ):
        self.network = network
        self._values = torch.from_numpy(task.x_train)
        self._labels = torch.from_numpy(task.y_train)
        self._batch = batch
        self._generator = generator
        self._optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
        self._keep = average
        self._averages = [one.detach().clone() for one in network.parameters()]

    def epoch(self) -> Iterator[float]:
        """Go through the samples once, in random order; give each batch's loss."""
        order = torch.randperm(len(self._labels), generator=self._generator)
        for batch in order.split(self._batch):
            yield self._step(self._values[batch], self._labels[batch])

    def _step(self, values: Tensor, labels: Tensor) -> float:
        loss = functional.cross_entropy(self.network(values), labels)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        for kept, one in zip(self._averages, self.network.parameters(), strict=True):
            kept.lerp_(one.detach(), 1 - self._keep)
        return loss.item()

    @torch.no_grad()
    def finish(self) -> None:
        """Return the network the averages for its weights."""
        for kept, one in zip(self._averages, self.network.parameters(), strict=True):
            one.copy_(kept)


def train_counting(
    definition: Definition,
    config: CountingTraining,
    task: Task,
    *,
    seed: int,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> CountingResult:
    """Train a network of one kind of neuron, quantise it, and test both.

    ``progress`` is called after each epoch with the phase, the epoch and how many there are.
    """
    with one_thread():
        generator = torch.Generator().manual_seed(seed)
        network = CountingNetwork(definition, config.network, generator=generator)
        network.calibrate(torch.from_numpy(task.x_train[: config.batch]))

        def run(name: str, phase: Phase) -> None:
            steps = Steps(
                network, task, batch=config.batch, learning_rate=phase.learning_rate,
                average=config.average, generator=generator,
            )
            for epoch in range(phase.epochs):
                for _ in steps.epoch():
                    pass
                progress(name, epoch + 1, phase.epochs)
            steps.finish()

        run("float", config.real)
        with torch.no_grad():
            counts = network(torch.from_numpy(task.x_test))
        network.quantize()
        run("quantised", config.quantized)
        integers = count_spikes(network.integers(), task.x_test, steps=config.network.steps)
    return CountingResult(
        real=_accuracy(counts.numpy(), task.y_test), integer=_accuracy(integers, task.y_test)
    )


def step_times(
    kinds: Mapping[str, Definition],
    config: CountingTraining,
    task: Task,
    *,
    rounds: int = 9,
    batches: int = 2,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[dict[str, float]]:
    """Time training steps of several neurons in turns.

    Gives for each round the CPU seconds of ``batches`` steps by neuron, one after the other, so
    that whatever slows the machine slows all of them. A first round is not given.
    """
    with one_thread():
        steps = {}
        for name, definition in kinds.items():
            generator = torch.Generator().manual_seed(0)
            network = CountingNetwork(definition, config.network, generator=generator)
            steps[name] = Steps(
                network, task, batch=config.batch, learning_rate=config.real.learning_rate,
                average=config.average, generator=generator,
            )
        for number in range(rounds + 1):
            tell(f"round {number} of {rounds}")
            seconds = {}
            for name, one in steps.items():
                epoch = one.epoch()
                started = time.process_time()
                for _ in range(batches):
                    next(epoch)
                seconds[name] = time.process_time() - started
            if number:
                yield seconds


def _accuracy(counts: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of samples whose output with the most spikes, of equal ones the first."""
    return float(np.mean(counts.argmax(axis=1) == labels))
