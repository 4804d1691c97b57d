"""A demo of a network: the first samples of its task's test part, which a board runs by itself."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikewright_hw.checks import instance, optional, whole
from spikewright_hw.engine.design import Design

from ..coding.coding import encode
from ..device.demo import virtual_demo
from ..errors import DataError
from ..gateware.board import DEFAULT_BOARD, Board
from ..gateware.design import run_reference
from ..quantized.network import QuantizedNetwork
from ..quantized.on_task import check_fits
from ..task.samples import wanted_samples
from ..task.task import Task
from .known_task import known_task

__all__ = ["DemoRun", "demo_samples", "run_demo"]


@dataclass(frozen=True, kw_only=True)
class DemoRun:
    """What a demo said of its samples, beside what is right.

    Parameters
    ----------
    classes : tuple of int
        What the board said.
    expected : tuple of int
        What the integer reference computes.
    labels : tuple of int
        The samples' own.
    """

    classes: tuple[int, ...]
    expected: tuple[int, ...]
    labels: tuple[int, ...]

    @property
    def mismatches(self) -> int:
        """How many classes are not those of the reference."""
        return sum(one != other for one, other in zip(self.classes, self.expected, strict=True))


def demo_samples(
    network: QuantizedNetwork, *, samples: int, task: Task | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first samples of a task's test part, as a network takes them, and their labels.

    Parameters
    ----------
    network : QuantizedNetwork
    samples : int
        How many.
    task : Task, optional
        The digits unless given, of a network that was trained on them.

    Raises
    ------
    DataError
        The network cannot do the task, it is not known which it does, or there are fewer samples.
    """
    instance(QuantizedNetwork)("network", network)
    samples, task = whole(1)("samples", samples), optional(instance(Task))("task", task)
    task = known_task(network) if task is None else task
    if task is None:
        raise DataError(
            f"samples are needed of what the network was trained on, "
            f"{network.provenance.data_set}, which is not at hand; name it by task= or data="
        )
    check_fits(network, task, argument="network")
    wanted_samples(samples, test=task.x_test, task=task.name, argument="demo")
    return encode(task.x_test[:samples], network.coding), task.y_test[:samples]


def run_demo(
    network: QuantizedNetwork,
    *,
    samples: int,
    task: Task | None = None,
    board: str | Board = DEFAULT_BOARD,
    design: Design | None = None,
    build: str | Path = "build",
) -> DemoRun:
    """Run a demo on a virtual board, and the integer reference on the same samples.

    Parameters
    ----------
    network, samples, task
        As :func:`demo_samples` takes them.
    board, design, build
        As :func:`~spikewright.device.demo.virtual_demo` takes them.

    Raises
    ------
    SpikewrightError
        As these two raise it.
    ValueError
        There is no such board.
    """
    spikes, labels = demo_samples(network, samples=samples, task=task)
    classes = virtual_demo(network, spikes, board=board, design=design, build=build)
    expected = run_reference(network, spikes, design=design, hidden_membranes=False).predictions
    return DemoRun(
        classes=classes, expected=tuple(map(int, expected)), labels=tuple(map(int, labels))
    )
