"""The networks of ``spikewright bench stochastic``: how they are trained, and on what."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from spikewright_hw.fixed import Format
from spikewright_hw.network import Network

from ...coding.coding import encode
from ...coding.ttfs import Ttfs
from ...job.training import train
from ...network.augmentation import Augmentation
from ...network.model_config import ModelConfig
from ...network.phases import Progress
from ...network.training_config import Phase, TrainingConfig
from ...quantized.network import Provenance
from ...task.task import Task

__all__ = ["DIGITS", "MNIST", "Subject", "subject", "with_epochs", "with_hidden"]

#: 64-128-10 with 8-bit weights; all else as the main job has it. The membranes hold 16 times as
#: many weight steps as those of 4-bit weights need.
DIGITS = TrainingConfig(model=ModelConfig(weight_bits=8, membrane=Format(12, 4)))

#: 784-128-10 in four steps; chosen on the first of six stratified parts of the training samples.
MNIST = TrainingConfig(
    model=ModelConfig(sizes=(784, 128, 10), weight_bits=8, membrane=Format(14, 4)),
    coding=Ttfs(inputs=784, steps=4, high=255.0, silent=64.0),
    real=Phase(epochs=14, learning_rate=5e-3),
    quantized=Phase(epochs=4, learning_rate=5e-4),
    batch=256,
    spike_cost=0.0,
    augmentation=Augmentation(shift=1.0, rotation=8.0, scale=0.1, shear=0.1, noise=0.0),
)


@dataclass(frozen=True)
class Subject:
    """A task, and a network for each seed that was trained on it.

    Parameters
    ----------
    task : Task
    config : TrainingConfig
    networks : mapping of int to Network
        By seed.
    provenances : mapping of int to Provenance
        Theirs.
    spikes : bool array ``[samples, steps, inputs]``
        The test part, encoded.
    """

    task: Task
    config: TrainingConfig
    networks: dict[int, Network]
    provenances: dict[int, Provenance]
    spikes: np.ndarray

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the networks, in order."""
        return tuple(self.networks)

    @cached_property
    def digest(self) -> str:
        """A hash of the encoded test part and its labels."""
        content = np.packbits(self.spikes).tobytes() + self.task.y_test.tobytes()
        return hashlib.sha256(content).hexdigest()

    @property
    def sizes(self) -> str:
        """Inputs, hidden neurons and outputs in words."""
        return "-".join(map(str, self.config.model.sizes))


def with_epochs(config: TrainingConfig, epochs: int | None) -> TrainingConfig:
    """Return the configuration with other epochs in real numbers, unless it is None."""
    return config if epochs is None else replace(config, real=replace(config.real, epochs=epochs))


def with_hidden(config: TrainingConfig, hidden: int) -> TrainingConfig:
    """Return the configuration with one hidden layer of this many neurons."""
    inputs, *_, outputs = config.model.sizes
    return replace(config, model=replace(config.model, sizes=(inputs, hidden, outputs)))


def subject(
    task: Task,
    config: TrainingConfig,
    *,
    seeds: Sequence[int],
    build: Path,
    tell: Callable[[str], None],
) -> Subject:
    """Train a network for each seed, unless that was done before, and encode the test part.

    Raises
    ------
    StorageError
        A network cannot be written.
    """
    networks, provenances = {}, {}
    for seed in seeds:
        def progress(at: Progress, seed: int = seed) -> None:
            tell(f"{task.name}, seed {seed}: {at.phase}, epoch {at.epoch} of {at.epochs}")

        made = train(task, config, seed=seed, build=build, progress=progress)
        networks[seed], provenances[seed] = made.network, made.provenance
    return Subject(task, config, networks, provenances, encode(task.x_test, config.coding))
