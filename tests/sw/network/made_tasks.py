"""Small tasks of spikes, made up, that a network learns in about a second."""

import numpy as np

from spikewright.task.task import Task

__all__ = ["latest", "patterns", "sums"]

_SAMPLES, _TRAINED = 240, 180


def _task(name: str, spikes: np.ndarray, targets: np.ndarray) -> Task:
    return Task(
        name=name, kind="spikes",
        x_train=spikes[:_TRAINED], y_train=targets[:_TRAINED],
        x_test=spikes[_TRAINED:], y_test=targets[_TRAINED:],
    )


def patterns(*, classes: int = 3, steps: int = 6, inputs: int = 12) -> Task:
    """Return a task of labels: which of some patterns of spikes it is, under noise."""
    rng = np.random.default_rng(0)
    known = rng.random((classes, steps, inputs)) < 0.3
    labels = np.arange(_SAMPLES) % classes
    noise = rng.random((_SAMPLES, steps, inputs)) < 0.08
    return _task("patterns", known[labels] ^ noise, labels)


def sums(*, each_step: bool, steps: int = 6, inputs: int = 8) -> Task:
    """Return a task of two values: weighted sums of the spikes until now, around 20."""
    rng = np.random.default_rng(0)
    spikes = rng.random((_SAMPLES, steps, inputs)) < 0.3
    values = 20 + 5 * np.cumsum(spikes @ rng.normal(size=(inputs, 2)), axis=1)
    return _task("sums", spikes, values if each_step else values[:, -1])


def latest(*, steps: int = 10) -> Task:
    """Return a task of a label at each step: which of three inputs spiked last."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, 6, (_SAMPLES, steps))
    drawn[:, 0] %= 3
    spikes = drawn[..., None] == np.arange(3)
    labels = drawn.copy()
    for step in range(1, steps):
        labels[:, step] = np.where(drawn[:, step] < 3, drawn[:, step], labels[:, step - 1])
    return _task("latest", spikes, labels)
