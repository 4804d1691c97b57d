"""Trainings that a table compares over seeds: what is trained, by its name in the table."""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import nn
from torch.nn import functional

from spikewright_hw.definition.gains import MOST_STEPS

from ..coding.known import CODINGS, coding_of
from ..errors import SpikewrightWarning
from ..exchange.activations import QCFS
from ..exchange.convert import convert
from ..network.choices import LOSSES, NORMALISATIONS, OF_SPIKES, SURROGATE_NAMES
from ..network.train import train
from ..network.training_config import TrainingConfig, training_config
from ..quantized.from_reals import quantize_on_task
from ..task.task import Task
from .frameworks import (
    CONVERTED,
    FRAMEWORKS,
    Shape,
    Training,
    ann,
    ann_samples,
    fitted,
    missing,
)
from .neurons import each, spiking, standard
from .training_tables import brief

__all__ = ["SEEDED", "Entry", "Found", "entries"]

#: Longest delays, and the steps that they are compared in.
_DELAYS, _DELAY_STEPS = (0, 4, 8, 16), 20
#: Steps of a conversion, and levels of what is converted; steps in which frameworks are compared.
_STEPS, _LEVELS = (4, 8, 16, 32), 8
_DIRECT_STEPS, _CONVERTED_STEPS = 8, 16
#: Hidden neurons of a wide dense network; bits and steps of one with convolutions.
_WIDE, _BITS, _FEW_STEPS = 512, 2, 2
#: Samples that a conversion finds its thresholds on.
_SAMPLES = 500


@dataclass(frozen=True)
class Found:
    """What one training gave on the test part.

    Parameters
    ----------
    real, integer : float, optional
        Accuracies, 0 to 1: in real numbers, and by the integers.
    seconds : float
        CPU time of the training.
    """

    real: float | None
    integer: float | None
    seconds: float


@dataclass(frozen=True)
class Entry:
    """A row of a table: a name, and what trains it from a seed; or why nothing does."""

    name: str
    run: Callable[[int], Found] | None
    said: str = ""


def entries(table: str, task: Task, *, epochs: int) -> list[Entry]:
    """Return the rows of a table, a key of :data:`SEEDED`, for a task."""
    return list(SEEDED[table](task, epochs))


def _ours(name: str, config: TrainingConfig, task: Task) -> Entry:
    def run(seed: int) -> Found:
        started = time.process_time()
        made = train(config, task, seed=seed)
        seconds = time.process_time() - started
        return Found(made.accuracy_float, made.accuracy_integer, seconds)

    return Entry(name, run)


def _cells(task: Task, epochs: int) -> Iterator[Entry]:
    for name, config in each(brief(standard(task), epochs), spiking()).items():
        yield _ours(name, config, task)


def _surrogates(task: Task, epochs: int) -> Iterator[Entry]:
    for name in SURROGATE_NAMES:
        config = training_config(task, epochs=epochs, surrogate=name)
        yield _ours(name.replace("_", " "), config, task)


def _losses(task: Task, epochs: int) -> Iterator[Entry]:
    for name in LOSSES:
        readout = "first" if name == "first_spike" else "count" if name in OF_SPIKES else "last"
        config = training_config(task, epochs=epochs, loss=name, readout=readout)
        yield _ours(f"{name.replace('_', ' ')}, readout {readout}", config, task)


def _normalisations(task: Task, epochs: int) -> Iterator[Entry]:
    for name in NORMALISATIONS:
        config = training_config(task, epochs=epochs, normalisation=name)
        if name == "layer":
            yield Entry(name, None, "it cannot be folded into weights")
        elif name == "tebn" and config.coding.steps > MOST_STEPS:
            yield Entry(name, None, f"there are more than {MOST_STEPS} steps")
        else:
            yield _ours(name, config, task)


def _delays(task: Task, epochs: int) -> Iterator[Entry]:
    for most in _DELAYS:
        late = ",".join(map(str, range(most + 1)))
        config = training_config(
            task, hidden=f"64@{late}" if most else "64", steps=_DELAY_STEPS, epochs=epochs
        )
        if most:
            config = replace(config, model=replace(config.model, delays="linear"))
        yield _ours(f"0 to {most} steps" if most else "none", config, task)


def _encoders(task: Task, epochs: int) -> Iterator[Entry]:
    for name, kind in CODINGS.items():
        if task.kind in kind.kinds:
            config = training_config(task, coding=name, epochs=epochs)
            yield _ours(config.coding.describe(), config, task)


def _conversion(task: Task, epochs: int) -> Iterator[Entry]:
    shape = _shapes(task)[0]
    for title, activation in (("ReLU", nn.ReLU), (f"QCFS, {_LEVELS} levels", _qcfs)):
        learned = cache(lambda seed, made=activation: _learned(shape, task, made, epochs, seed))
        for steps in _STEPS:
            yield Entry(
                f"converted, {title}, {steps} steps",
                lambda seed, learned=learned, steps=steps: _converted(
                    *learned(seed), task=task, steps=steps
                ),
            )
    for steps in _STEPS:
        yield _ours(f"trained directly, {steps} steps", _direct(shape, task, steps, epochs), task)


def _networks(task: Task, epochs: int) -> Iterator[Entry]:
    """Yield a wide dense network, and one of convolutions whose leaks are given or learned."""
    small = min(task.image[:2]) < 16
    dense = f"{_WIDE}-{task.outputs}"
    config = training_config(task, network=dense, epochs=epochs, event_products=True)
    yield _ours(f"{config.coding.inputs}-{dense}, event products", config, task)
    convolutions = f"16C3-P2-64-{task.outputs}" if small else f"32C5-P2-64C5-P2-128-{task.outputs}"
    for neuron, leak in (("lif", ""), ("plif", ", leaks learned")):
        config = training_config(
            task, network=convolutions, neuron=neuron, coding="direct", input_bits=_BITS,
            steps=_FEW_STEPS, epochs=epochs,
        )
        yield _ours(f"{convolutions}{leak}", config, task)


def _frameworks(task: Task, epochs: int) -> Iterator[Entry]:
    for shape in _shapes(task):
        ways = (("direct", _DIRECT_STEPS, FRAMEWORKS), ("converted", _CONVERTED_STEPS, CONVERTED))
        for way, steps, known in ways:
            title = f"{shape.name}, {way}, {steps} steps"
            for name, (package, training) in known.items():
                said = missing(package, training)
                run = None if said else _other(training, shape, task, steps, epochs)
                yield Entry(f"{title}, {name}", run, said)
            if way == "direct":
                yield _ours(f"{title}, Spikewright", _direct(shape, task, steps, epochs), task)
            else:
                yield Entry(f"{title}, Spikewright", lambda seed, shape=shape, steps=steps: (
                    _converted(*_learned(shape, task, _qcfs, epochs, seed), task=task, steps=steps)
                ))


def _shapes(task: Task) -> tuple[Shape, Shape]:
    """Return a dense network and one with a convolution, for images of a size."""
    small = min(task.image[:2]) < 16
    inputs, channels, kernel = len(task.x_train[0].ravel()), 16, 3 if small else 5
    hidden = 64 if small else 128
    return (
        Shape(f"{inputs}-128-{task.outputs}", 0, 0, 128),
        Shape(f"{channels}C{kernel}-P2-{hidden}-{task.outputs}", channels, kernel, hidden),
    )


def _direct(shape: Shape, task: Task, steps: int, epochs: int) -> TrainingConfig:
    return training_config(
        task, hidden=shape.name.rpartition("-")[0] if shape.channels else (shape.hidden,),
        coding="direct", steps=steps, epochs=epochs,
    )


def _other(
    training: Training | str, shape: Shape, task: Task, steps: int, epochs: int
) -> Callable[[int], Found]:
    assert not isinstance(training, str)

    def run(seed: int) -> Found:
        fit = training(shape, task, steps, epochs, seed)
        return Found(fit.accuracy, None, fit.seconds)

    return run


def _qcfs() -> nn.Module:
    return QCFS(levels=_LEVELS)


def _learned(
    shape: Shape, task: Task, activation: Callable[[], nn.Module], epochs: int, seed: int
) -> tuple[nn.Module, float]:
    """Return a trained network of values, and the CPU seconds that it took."""
    torch.manual_seed(seed)
    net = ann(shape, task, activation)
    fit = fitted(
        list(net.parameters()), lambda x, y: functional.cross_entropy(net(x), y),
        lambda x: net(x).argmax(dim=1), task, epochs=epochs, seed=seed,
    )
    return net, fit.seconds


def _converted(net: nn.Module, seconds: float, *, task: Task, steps: int) -> Found:
    started = time.process_time()
    converted = convert(net, ann_samples(task.x_train[:_SAMPLES], task), steps=steps)
    spent = time.process_time() - started
    scaled = _scaled(task)
    coding = coding_of(scaled, name="direct", steps=steps)
    with warnings.catch_warnings():  # what is counted are the answers to real samples
        warnings.simplefilter("ignore", SpikewrightWarning)
        made, _ = quantize_on_task(converted.network, scaled, coding=coding)
    return Found(*made.provenance.accuracies, seconds + spent)


def _scaled(task: Task) -> Task:
    """Return the task with values from 0 to 1, as networks of values are trained on."""
    span = task.high - task.low
    samples = {name: (getattr(task, name) - task.low) / span for name in ("x_train", "x_test")}
    return replace(task, low=0.0, high=1.0, **samples)


#: What makes the rows of each table.
SEEDED: dict[str, Callable[[Task, int], Iterator[Entry]]] = {
    "surrogates": _surrogates, "losses": _losses, "cells": _cells,
    "normalisations": _normalisations, "delays": _delays, "encoders": _encoders,
    "conversion": _conversion, "networks": _networks, "frameworks": _frameworks,
}
