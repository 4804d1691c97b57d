"""Training: first in real numbers, then on the integer grid.

Both phases are backpropagation through time with a surrogate gradient (Neftci, Mostafa, Zenke,
IEEE Signal Processing Magazine 36(6), 2019), AdamW and a cosine schedule. Between them each layer's
scale is fixed, and from there on the forward pass is the integers that the gateware will compute.

The same seed gives the same network, bit for bit, on the same machine and versions. Nothing is
written anywhere, so an interrupted training leaves nothing behind.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from spikewright.coding.ttfs import Ttfs, encode
from spikewright.errors import DataError
from spikewright.task.task import Task
from spikewright_hw.checks import instance, optional, real, settle, whole
from spikewright_hw.engine.streams import Streams
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from .augment import Augmentation, augment
from .draft import draft
from .model import Activity, Model, ModelConfig
from .reference import run
from .stream_synapses import stream_synapses
from .synapses import Synapses, weight_synapses

__all__ = ["Phase", "Progress", "Trained", "TrainingConfig", "one_thread", "train"]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One run of the optimiser: epochs, and the learning rate that the cosine starts from."""

    epochs: int
    learning_rate: float

    def __post_init__(self):
        settle(self, epochs=whole(0, 1_000_000), learning_rate=real(0))
        if self.learning_rate == 0:
            raise ValueError("learning_rate is 0; it must be above 0")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a network is trained.

    The defaults are for the digits, chosen by the mean integer accuracy over five folds of their
    training part; ``docs/training.md`` has the figures.

    Parameters
    ----------
    model : ModelConfig
    coding : Ttfs
    real, quantized : Phase
        In real numbers, and then on the grid.
    batch : int
        Samples of one optimiser step.
    weight_decay : float
        AdamW's.
    label_smoothing : float
        Share of the target that is spread over all classes.
    spikes : float
        Hidden spikes per sample that cost nothing.
    spike_cost : float
        Weight of the squared excess over ``spikes``.
    augmentation : Augmentation, optional
    streams : Streams, optional
        Bitstreams that the quantised phase computes on, with the errors that they will have on the
        stochastic engine; plain sums unless given.
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    coding: Ttfs = field(default_factory=Ttfs)
    real: Phase = Phase(epochs=160, learning_rate=3e-2)
    quantized: Phase = Phase(epochs=60, learning_rate=2e-3)
    batch: int = 128
    weight_decay: float = 1e-4
    label_smoothing: float = 0.05
    spikes: float = 22.0
    spike_cost: float = 5e-4
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    streams: Streams | None = None

    def __post_init__(self):
        settle(
            self,
            model=instance(ModelConfig),
            coding=instance(Ttfs),
            real=instance(Phase),
            quantized=instance(Phase),
            batch=whole(1, 1_000_000),
            weight_decay=real(0),
            label_smoothing=real(0, 1),
            spikes=real(0),
            spike_cost=real(0),
            augmentation=optional(instance(Augmentation)),
            streams=optional(instance(Streams)),
        )


@dataclass(frozen=True)
class Progress:
    """Where the training stands: ``epoch`` of ``epochs`` are done in ``phase``."""

    phase: str
    epoch: int
    epochs: int
    loss: float


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished training.

    Parameters
    ----------
    network : Network
        The integers.
    model : Model
        The same on the grid in PyTorch; spikes and membranes are equal to the integer reference's.
    config : TrainingConfig
    task : str
    seed : int
    accuracy_float, accuracy_integer : float
        Share of the test part classified rightly, 0 to 1: by the network in real numbers before
        quantisation and the epochs on the grid, and by the integer reference, on the bitstreams
        it was trained for, if any.
    """

    network: Network
    model: Model
    config: TrainingConfig
    task: str
    seed: int
    accuracy_float: float
    accuracy_integer: float


def train(
    config: TrainingConfig,
    task: Task,
    *,
    seed: int,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Trained:
    """Train a network and quantise it.

    Parameters
    ----------
    progress : callable
        Called after each epoch; what it raises ends the training.

    Raises
    ------
    DataError
        The task does not fit the network or the coding, or no weights would make it a network;
        said before anything is trained.
    """
    _check(config, task)
    with one_thread():
        generator = torch.Generator().manual_seed(seed)
        model = Model(config.model, generator=generator, streams=config.streams)
        test = encode(task.x_test, config.coding)
        _run_phase("float", config.real, model, config, task, generator, progress)
        accuracy_float = _accuracy(model, test, task.y_test)
        try:
            model.quantize()
        except ValueError as error:
            raise DataError(f"the network cannot be quantised: {error}") from error
        _run_phase("quantised", config.quantized, model, config, task, generator, progress)
        network = model.network(steps=config.coding.steps)
    return Trained(
        network=network,
        model=model,
        config=config,
        task=task.name,
        seed=seed,
        accuracy_float=accuracy_float,
        accuracy_integer=run(network, test, synapses=_synapses(config)).accuracy(task.y_test),
    )


def _synapses(config: TrainingConfig) -> Callable[[Layer], Synapses]:
    if config.streams is None:
        return weight_synapses
    return partial(stream_synapses, streams=config.streams)


def _run_phase(
    name: str,
    phase: Phase,
    model: Model,
    config: TrainingConfig,
    task: Task,
    generator: torch.Generator,
    progress: Callable[[Progress], None],
) -> None:
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=phase.learning_rate, weight_decay=config.weight_decay
    )
    batches = max(1, len(task.x_train) // config.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, phase.epochs * batches)
    labels = torch.from_numpy(task.y_train)
    for epoch in range(phase.epochs):
        spikes = _epoch_spikes(config, task, generator)
        order = torch.randperm(len(labels), generator=generator)
        total = 0.0
        for batch in order[: batches * config.batch].chunk(batches):
            logits, result = model(spikes[batch])
            loss = _loss(logits, result, labels[batch], config)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        progress(Progress(name, epoch + 1, phase.epochs, total / batches))


def _epoch_spikes(config: TrainingConfig, task: Task, generator: torch.Generator) -> Tensor:
    samples = task.x_train
    if config.augmentation is not None:
        images = torch.from_numpy(samples).view(-1, *task.image)
        images = augment(images, config.augmentation, high=task.high, generator=generator)
        samples = images.flatten(1).numpy()
    return torch.from_numpy(encode(samples, config.coding).astype(np.float32))


def _loss(logits: Tensor, result: Activity, labels: Tensor, config: TrainingConfig) -> Tensor:
    loss = functional.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
    hidden = sum(spikes.sum(dim=(0, 2)) for spikes in result.spikes[:-1])
    if isinstance(hidden, Tensor):
        loss = loss + config.spike_cost * functional.relu(hidden - config.spikes).square().mean()
    return loss


def _accuracy(model: Model, spikes: np.ndarray, labels: np.ndarray) -> float:
    with torch.no_grad():
        _, result = model(torch.from_numpy(spikes.astype(np.float32)))
    return float(np.mean(result.predictions.numpy() == labels))


def _check(config: TrainingConfig, task: Task) -> None:
    sizes, coding = config.model.sizes, config.coding
    if not sizes[0] == coding.inputs == task.inputs:
        raise DataError(
            f"{task.name} has {task.inputs} inputs, the coding takes {coding.inputs} and the "
            f"network {sizes[0]}; they must be the same"
        )
    if sizes[-1] != task.classes:
        raise DataError(
            f"{task.name} has {task.classes} classes, but the network has {sizes[-1]} outputs"
        )
    if math.prod(task.image) != task.inputs and config.augmentation is not None:
        raise DataError(f"{task.name} holds no images, so it cannot be augmented")
    try:
        draft(config.model, steps=coding.steps, streams=config.streams)
    except ValueError as error:
        raise DataError(f"this network cannot be trained: {error}") from error


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread: networks this small train faster so, and sums keep their order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
