"""``spikewright bench training --table speed``: a step of training, beside other frameworks'.

Forwards and backwards through LIF networks on drawn spikes, each framework in turn, so that
whatever slows the machine slows all of them; and through networks of every neuron of this project,
beside LIF. CPU seconds of one thread count, so that other work of the machine does not.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import torch
from rich.console import Console
from torch import Tensor
from torch.nn import functional

from spikewright_hw.definition.definition import Definition
from spikewright_hw.neuron import DEFINITIONS

from .. import terminal
from ..errors import DataError
from ..files import write_if_changed
from ..job.progress import JobProgress
from ..job.training import versions
from ..machine import processor
from ..network.activity import activity
from ..network.cell import Cell
from ..network.drive import drive
from ..network.steps import one_thread
from ..network.surrogate import ArcTangent
from ..network.wiring import Wired
from ..record.figure import Figure, Measured
from ..record.markdown import filled, table, wrapped
from ..record.report import Report
from ..record.store import write_report
from ..record.training_bench import BLOCKS
from .peers import ALPHA, DECAY, PEERS, Step, installed
from .training import PAGE

__all__ = ["NETWORKS", "OURS", "bench_training_speed"]

#: Sizes of the networks, and the share of inputs that spike in a step.
NETWORKS: dict[str, float] = {"64-128-10": 0.15, "784-128-128-10": 0.15}
_STEPS, _BATCH = 25, 128
#: Whether neurons are compiled, and products are sums over events, by what a table calls that.
OURS: dict[str, tuple[bool, bool]] = {
    "Spikewright": (True, False),
    "Spikewright, event products": (True, True),
    "Spikewright, PyTorch alone": (False, False),
}
_FIRST = next(iter(PEERS))
#: The network that neurons are compared in.
_OF_NEURONS = "784-128-128-10"

HEADINGS = ("network", "", "CPU ms", f"times {_FIRST}", "gradients differ by")


@dataclass(frozen=True)
class _Drawn:
    """A network's first weights, spikes ``[steps, samples, inputs]`` and labels."""

    weights: list[Tensor]
    spikes: Tensor
    labels: Tensor


def bench_training_speed(
    *, rounds: int = 15, pages: bool = False, build: Path = Path("build"), root: Path = Path(),
    console: Console | None = None,
) -> Report:
    """Time steps of training, print the table, and write the report ``training_speed``.

    Parameters
    ----------
    rounds : int
        Turns that each takes; medians count.
    pages : bool
        Whether the tables of ``docs/training.md`` in the checkout ``root`` are written, too.
    build, root : Path
        Folder of everything generated; the checkout.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        There is no page, or it is marked wrongly.
    StorageError
        Something cannot be written.
    """
    console = terminal.console() if console is None else console
    rows: list[dict[str, Any]] = []
    with one_thread(), JobProgress() as progress, progress.part("Steps of training") as tell:
        for name, share in NETWORKS.items():
            tell(name)
            rows += _frameworks(name, _drawn(name, share), rounds)
        tell("every neuron")
        rows += _neurons(_drawn(_OF_NEURONS, NETWORKS[_OF_NEURONS]), rounds)
    missing = [title for title, (package, _) in PEERS.items() if not installed(package)]
    report = _report(rows, missing)
    for line in (*_lines(rows, "framework"), "", *_lines(rows, "neuron")):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(report.summary, markup=False, highlight=False)
    path = write_report(report, build / "reports" / report.name)
    console.print(f"Report: {path}", highlight=False)
    if pages:
        _write_page(report, root / PAGE)
    return report


def _drawn(name: str, share: float) -> _Drawn:
    generator = torch.Generator().manual_seed(0)
    sizes = [int(size) for size in name.split("-")]
    spikes = torch.rand(_STEPS, _BATCH, sizes[0], generator=generator) < share
    return _Drawn(
        [torch.randn(rows, columns, generator=generator) * (2 / math.sqrt(rows))
         for rows, columns in pairwise(sizes)],
        spikes.float(), torch.randint(0, sizes[-1], (_BATCH,), generator=generator),
    )


def _ours(
    drawn: _Drawn, neurons: Sequence[Definition], *, compiled: bool, event_products: bool = False
) -> Step:
    """Return a step of this project; other neurons than LIF have weights of their own size."""
    cells = [
        Cell(
            one, learn=(), surrogate=ArcTangent(width=2 / (math.pi * ALPHA), height=ALPHA / 2),
            **given,  # pyright: ignore[reportArgumentType]
        )
        for one in neurons
        for given in [{"decay": DECAY} if one.name == "lif" else {}]
    ]
    weights = [
        (matrix * (1 if cell.definition.name == "lif" else drive(cell.definition, cell.values())))
        .requires_grad_()
        for cell, matrix in zip(cells, drawn.weights, strict=True)
    ]
    back = [
        torch.zeros(matrix.shape[1], matrix.shape[1]) if cell.definition.hears_itself else None
        for cell, matrix in zip(cells, weights, strict=True)
    ]

    def step() -> tuple[float, list[Tensor]]:
        layers = [
            Wired(*one, compiled=compiled, event_products=event_products)
            for one in zip(cells, weights, back, strict=True)
        ]
        readout = "count" if neurons[-1].spikes else "last"
        outputs = activity(drawn.spikes.transpose(0, 1), layers, readout=readout).outputs
        loss = functional.cross_entropy(outputs, drawn.labels)
        return loss.item(), list(torch.autograd.grad(loss, weights))

    return step


def _frameworks(name: str, drawn: _Drawn, rounds: int) -> Iterator[dict[str, Any]]:
    neurons = [DEFINITIONS["lif"]] * len(drawn.weights)
    steps = {
        title: _ours(drawn, neurons, compiled=compiled, event_products=events)
        for title, (compiled, events) in OURS.items()
    }
    steps |= {
        title: make(drawn.weights, drawn.spikes, drawn.labels)
        for title, (package, make) in PEERS.items() if installed(package)
    }
    gradients = {title: step()[1] for title, step in steps.items()}
    seconds = _timed(steps, rounds)
    for title in steps:
        yield _row(
            name, "framework", title, seconds, _FIRST,
            _distance(gradients[title], gradients.get(_FIRST)),
        )


def _neurons(drawn: _Drawn, rounds: int) -> Iterator[dict[str, Any]]:
    lif = DEFINITIONS["lif"]
    steps = {}
    for name, definition in DEFINITIONS.items():
        hidden = definition if definition.spikes else lif
        last = DEFINITIONS["li"] if definition.spikes else definition
        steps[name] = _ours(drawn, [hidden] * (len(drawn.weights) - 1) + [last], compiled=True)
    seconds = _timed(steps, rounds)
    for name in steps:
        yield _row(_OF_NEURONS, "neuron", name, seconds, "lif", None)


def _timed(steps: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the CPU seconds of each step in each round; a first round does not count."""
    found: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            started = time.process_time()
            step()
            if number:
                found[name].append(time.process_time() - started)
    return found


def _row(
    network: str, kind: str, title: str, seconds: Mapping[str, list[float]], other: str,
    distance: float | None,
) -> dict[str, Any]:
    mine = seconds[title]
    times = None
    if other in seconds:
        times = round(median(b / a for a, b in zip(mine, seconds[other], strict=True)), 3)
    return {
        "network": network, "kind": kind, "name": title, "ms": round(1e3 * median(mine), 2),
        "times": times, "gradients": distance,
    }


def _distance(mine: list[Tensor], others: list[Tensor] | None) -> float | None:
    """Return the largest difference, as a share of the largest gradient of its layer."""
    if others is None:
        return None
    return max(
        float((one - other).abs().max() / other.abs().max())
        for one, other in zip(mine, others, strict=True)
    )


def _report(rows: list[dict[str, Any]], missing: list[str]) -> Report:
    clock = time.get_clock_info("process_time")
    figures = [
        Figure(
            f"speed_{row['network'].replace('-', '_')}_{index}", row["times"], "times",
            Measured(
                instrument="time.process_time",
                tap=f"{row['name']} beside {_FIRST}: {row['network']}, {_STEPS} steps, batch "
                f"{_BATCH}, forwards and backwards, one thread; median of the ratios",
                sampling_rate_hz=1 / clock.resolution,
            ),
        )
        for index, row in enumerate(rows) if row["kind"] == "framework" and row["times"] is not None
    ]
    absent = f" Not installed, and so not compared: {', '.join(missing)}." if missing else ""
    packages = {
        package: version(package) for package, _ in PEERS.values() if installed(package)
    }
    return Report(
        name="training_speed",
        title="How long a step of training takes",
        summary=f"{_STEPS} steps, batch {_BATCH}, forwards and backwards; CPU time of one "
        f"thread, medians of turns.{absent}",
        figures=tuple(figures),
        rows=tuple(rows),
        made={
            "command": "spikewright bench training --table speed", "processor": processor(),
        } | versions() | packages,
    )


def _lines(rows: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    headings = HEADINGS if kind == "framework" else ("neuron", "CPU ms", "of LIF's time")
    return [*table(headings, (_cells(row) for row in rows if row["kind"] == kind))]


def _cells(row: Mapping[str, Any]) -> list[str]:
    if row["kind"] == "neuron":
        return [row["name"], f"{row['ms']:.2f}", f"{1 / row['times']:.2f}"]
    distance = "" if row["gradients"] is None else f"{row['gradients']:.1e}"
    times = "" if row["times"] is None else f"{row['times']:.2f}"
    return [row["network"], row["name"], f"{row['ms']:.2f}", times, distance]


def _write_page(report: Report, page: Path) -> bool:
    """Write the blocks ``speed`` and ``cells`` of the page; return whether it changed."""
    if not page.is_file():
        raise DataError(f"there is no page {page}; run this in the checkout of the project")
    made = ", ".join(
        f"{name} {one}" for name, one in report.made.items()
        if name in ("torch", *(package for package, _ in PEERS.values()))
    )
    said = wrapped(
        f"{report.summary} {report.made['command']}, {date.today().isoformat()}, "
        f"{report.made['processor']}, {made}."
    )
    blocks = {
        "speed": "\n".join([said, "", *_lines(report.rows, "framework")]),
        "cells": "\n".join(_lines(report.rows, "neuron")),
    }
    text = page.read_text(encoding="utf-8")
    return write_if_changed(page, filled(text, blocks, page=page, names=BLOCKS))
