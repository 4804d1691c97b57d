"""Training: first in real numbers, then on the integer grid.

Both phases are backpropagation through time with a surrogate gradient (Neftci, Mostafa, Zenke,
IEEE Signal Processing Magazine 36(6), 2019), AdamW and a cosine schedule. Between them each layer's
scale is fixed, and from there on the forward pass is the integers that the gateware will compute.

The same seed gives the same network, bit for bit, on the same machine and versions. Nothing is
written anywhere, so an interrupted training leaves nothing behind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import fmean

import numpy as np
import torch

from spikewright.coding.coding import encode
from spikewright.errors import DataError
from spikewright.task.task import Task
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from .draft import draft
from .model import Model
from .reference import run
from .steps import Steps, TrainingSpikes, one_thread
from .stream_synapses import stream_synapses
from .synapses import Synapses, weight_synapses
from .training_config import Phase, TrainingConfig

__all__ = ["Progress", "Trained", "train"]

#: Steps × neurons × samples that are run at once on the test part.
_MOST_STATES = 1 << 25


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
        spikes = TrainingSpikes(config, task, generator=generator)
        labels = torch.from_numpy(task.y_train)
        neurons = sum(config.model.sizes)
        accuracy = partial(_accuracy, spikes=test, labels=task.y_test, neurons=neurons)

        def run_phase(name: str, phase: Phase) -> None:
            steps = Steps(
                model, config, phase, spikes=spikes, labels=labels, generator=generator
            )
            for epoch in range(phase.epochs):
                progress(Progress(name, epoch + 1, phase.epochs, fmean(steps.epoch())))

        run_phase("float", config.real)
        accuracy_float = accuracy(partial(_real_predictions, model))
        try:
            model.quantize()
        except ValueError as error:
            raise DataError(f"the network cannot be quantised: {error}") from error
        run_phase("quantised", config.quantized)
        network = model.network(steps=config.coding.steps)
        synapses = _synapses(config)
    return Trained(
        network=network,
        model=model,
        config=config,
        task=task.name,
        seed=seed,
        accuracy_float=accuracy_float,
        accuracy_integer=accuracy(
            lambda some: run(network, some, synapses=synapses).predictions
        ),
    )


def _synapses(config: TrainingConfig) -> Callable[[Layer], Synapses]:
    if config.streams is None:
        return weight_synapses
    return partial(stream_synapses, streams=config.streams)


def _real_predictions(model: Model, spikes: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        _, result = model(torch.from_numpy(spikes).float())
    return result.predictions.numpy()


def _accuracy(
    predicted: Callable[[np.ndarray], np.ndarray],
    spikes: np.ndarray,
    labels: np.ndarray,
    neurons: int,
) -> float:
    """Return the share that is predicted rightly, part by part, so that states fit in memory."""
    length = max(1, _MOST_STATES // (spikes.shape[1] * neurons))
    parts = [
        predicted(spikes[start : start + length]) for start in range(0, len(spikes), length)
    ]
    return float(np.mean(np.concatenate(parts) == labels))


def _check(config: TrainingConfig, task: Task) -> None:
    sizes, coding = config.model.sizes, config.coding
    if sizes[0] != coding.inputs:
        raise DataError(
            f"the coding makes {coding.inputs} inputs and the network has {sizes[0]}; they must be "
            "the same"
        )
    if not task.classes or task.each_step:
        kind = "a label for each step" if task.classes else "values"
        raise DataError(
            f"the targets of {task.name} are {kind}; what is trained here is one label for each "
            "sample"
        )
    if sizes[-1] != task.classes:
        raise DataError(
            f"{task.name} has {task.classes} classes, but the network has {sizes[-1]} outputs"
        )
    if len(task.image) != 2 and config.augmentation is not None:
        raise DataError(f"{task.name} holds no images of one channel, so it cannot be augmented")
    try:
        draft(config.model, steps=coding.steps, streams=config.streams)
    except ValueError as error:
        raise DataError(f"this network cannot be trained: {error}") from error
