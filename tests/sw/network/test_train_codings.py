"""Training on samples of every coding: it learns, encodes no more than it must, fits the task."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from spikewright.coding.coding import encode
from spikewright.coding.known import CODINGS, coding_of
from spikewright.coding.spikes import Spikes
from spikewright.coding.ttfs import Ttfs
from spikewright.errors import DataError
from spikewright.network import steps
from spikewright.network.augmentation import Augmentation
from spikewright.network.steps import TrainingSpikes
from spikewright.network.train import train
from spikewright.network.training_config import Phase, TrainingConfig, training_config
from spikewright.quantized import from_training, read, write
from spikewright.task.digits import load
from spikewright.task.task import Task

EVENT = [("t", "i8"), ("x", "i8"), ("y", "i8"), ("p", "i8")]
LENGTH, CLASSES, TRAINED = 20, 3, 96


def waves(
    count: int, *, length: int = LENGTH, pitch: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy waves of three frequencies, and which."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % CLASSES
    time = pitch * np.arange(length) / length
    phases = rng.uniform(0, 0.15, (count, 1))
    clean = np.sin(2 * np.pi * ((labels[:, None] + 0.5) * time + phases))
    return np.clip(clean + rng.normal(0, 0.1, clean.shape), -1.25, 1.25), labels


def made_up(kind: str, samples: Any, labels: np.ndarray, **fields: Any) -> Task:
    return Task(
        name=f"waves as {kind}", kind=kind, x_train=samples[:TRAINED], x_test=samples[TRAINED:],
        y_train=labels[:TRAINED], y_test=labels[TRAINED:], **fields,
    )


@pytest.fixture(scope="module")
def task_of() -> Callable[[str], Task]:
    samples, labels = waves(132)
    signal = made_up("signal", samples, labels, low=-1.25, high=1.25)

    def make(coding: str) -> Task:
        if coding == "filter_bank":
            return made_up(
                "signal", waves(132, length=640, pitch=30)[0], labels, low=-1.25, high=1.25
            )
        if coding not in ("spikes", "events"):
            return signal
        if coding == "spikes":
            return made_up("spikes", encode(samples, coding_of(signal, name="ttfs")), labels)
        heights = np.rint((samples + 1.25) * 2).astype(int)  # an event where the wave passes
        recordings = [
            np.array([(1000 * time, 0, y, 0) for time, y in enumerate(one.tolist())], EVENT)
            for one in heights
        ]
        return made_up("events", recordings, labels, shape=(6, 1, 1))

    return make


@pytest.mark.parametrize("name", CODINGS)
def test_it_learns_with_every_coding(name, task_of, tmp_path):
    """Chance is a third; and the network goes through its file with its coding."""
    task = task_of(name)
    config = training_config(task, coding=name, hidden=(24,), epochs=20)
    trained = train(replace(config, batch=32), task, seed=0)
    assert min(from_training(trained).provenance.accuracies) > 0.5
    write(tmp_path / "net.spw", from_training(trained))
    again = read(tmp_path / "net.spw")
    assert again.coding == config.coding and again.network == trained.network
    assert again.provenance.training["coding"]["name"] == name


@pytest.mark.parametrize("augmented", [False, True])
def test_samples_are_encoded_once_unless_they_are_augmented(augmented, monkeypatch):
    task = load()
    config = TrainingConfig(augmentation=Augmentation() if augmented else None)
    generator = torch.Generator().manual_seed(0)
    calls = []
    monkeypatch.setattr(steps, "encode", lambda *given: calls.append(1) or encode(*given))
    spikes = TrainingSpikes(config, task, generator=generator)
    first, second = spikes.epoch(), spikes.epoch()
    assert first.dtype == torch.bool and first.shape == (1437, 4, 64)
    assert len(calls) == (2 if augmented else 1)
    assert torch.equal(first, second) != augmented


def test_images_below_zero_are_augmented_alike():
    """Shifted by a constant, the same images have the same spikes."""
    task = load()
    below = replace(task, x_train=task.x_train - 8, x_test=task.x_test - 8, low=-8.0, high=8.0)
    one, other = (
        TrainingSpikes(training_config(each), each, generator=torch.Generator().manual_seed(0))
        for each in (task, below)
    )
    assert (one.epoch() == other.epoch()).float().mean() > 0.999  # float32 rounds otherwise


def test_hidden_spikes_cost_in_proportion_to_neurons_and_steps():
    small, default, large = (
        training_config(load(), hidden=hidden, steps=steps)
        for hidden, steps in (((16,), 4), ((128,), 4), ((256, 256), 8))
    )
    assert default == TrainingConfig() == replace(small, model=default.model)
    assert (large.spikes, large.spike_cost) == (22.0 * 8, 5e-4 / 64)


def test_inputs_of_the_coding_and_of_the_network_differ():
    config = replace(training_config(load()), coding=Spikes(inputs=9, steps=4))
    message = "the coding makes 9 inputs and the network has 64; they must be the same"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        train(config, load(), seed=0)


def test_convolutions_are_trained_by_a_recipe_of_their_own():
    few, digits = (
        Task(name="many", kind="image", x_train=np.zeros((count, 8, 8)), x_test=np.zeros((1, 8, 8)),
             y_train=np.arange(count) % 10, y_test=np.zeros(1, int), low=0, high=16)
        for count in (60_000, 1437)
    )
    config = training_config(few, hidden="4C3-P2-8")
    assert config.batch == 64
    assert config.real == Phase(epochs=8, learning_rate=5e-3)
    assert config.quantized == Phase(epochs=4, learning_rate=1e-3)
    assert training_config(digits, hidden="P2-8").real == Phase(epochs=160, learning_rate=5e-3)
    lower = training_config(digits, hidden="P2-8", epochs=3, learning_rate=1e-3)
    assert lower.real == Phase(epochs=3, learning_rate=1e-3)
    assert lower.quantized.epochs == 2
    assert lower.quantized.learning_rate == pytest.approx(2e-4)
    for dense in ((8,), "8-8"):
        config = training_config(digits, hidden=dense)
        assert (config.batch, config.real) == (128, Phase(epochs=160, learning_rate=0.03))


def test_many_images_are_trained_by_a_recipe_of_their_own():
    def images(count, kind="image"):
        x = np.zeros((count, 20, 20), np.uint8)
        return Task(
            name="many", kind=kind, x_train=x, x_test=x[:1], y_train=np.arange(count) % 10,
            y_test=np.zeros(1, int), low=0, high=255,
        )

    for count, epochs in ((20_000, 30), (80_000, 22)):
        config = training_config(images(count), hidden=(128,), weight_bits=4, steps=4)
        assert config.coding == Ttfs(inputs=400, steps=4, high=255.0, silent=102.0)
        assert config.real == Phase(epochs=epochs, learning_rate=0.01)
        assert config.quantized == Phase(epochs=epochs // 2, learning_rate=0.001)
        assert (config.spikes, config.spike_cost, config.batch) == (60.0, 5e-4, 128)
    for other in (images(19_999), images(20_000, kind="values")):
        assert training_config(other, hidden=(128,)).real.learning_rate == 0.03


def test_images_are_changed_unless_that_is_not_wanted():
    assert training_config(load()).augmentation == Augmentation()
    assert training_config(load(), augmentation=False).augmentation is None
    with pytest.raises(ValueError, match=r"^augmentation is 'no'; it must be True or False"):
        training_config(load(), augmentation="no")  # pyright: ignore[reportArgumentType]


def test_a_learning_rate_that_is_given_changes_both_in_proportion():
    task = load()
    config = training_config(task, learning_rate=0.015)
    assert config.real == Phase(epochs=160, learning_rate=0.015)
    assert config.quantized.epochs == 60
    assert config.quantized.learning_rate == pytest.approx(0.001)
    assert training_config(task, learning_rate=0.03) == TrainingConfig()
    both = training_config(task, epochs=80, learning_rate=0.015)
    assert (both.real.epochs, both.quantized.epochs) == (80, 30)
    assert both.quantized.learning_rate == pytest.approx(0.001)
    for wrong, message in (
        (0, "learning_rate is 0; it must be above 0"),
        (-0.1, "learning_rate is -0.1; it must be a number of at least 0"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            training_config(task, learning_rate=wrong)


def test_values_that_enter_in_each_of_many_steps_are_learned():
    # Gradients that explode through the resets left this at chance.
    config = training_config(load(), hidden=(64,), coding="direct", steps=16, epochs=5)
    trained = train(config, load(), seed=0)
    assert min(trained.accuracy_float or 0, trained.accuracy_integer or 0) > 0.5
