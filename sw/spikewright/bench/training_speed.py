"""``spikewright bench training --table speed``: a step of training, beside other frameworks'.

Forwards and backwards through LIF networks on drawn spikes, each framework in turn, so that
whatever slows the machine slows all of them; and through networks of every neuron of this project,
beside LIF. CPU seconds of one thread count, so that other work of the machine does not.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from torch import Tensor

from spikewright_hw.neuron import DEFINITIONS

from .. import terminal
from ..errors import DataError
from ..files import write_if_changed
from ..job.progress import JobProgress
from ..job.training import versions
from ..machine import processor
from ..network.steps import one_thread
from ..record.figure import Figure, Measured
from ..record.markdown import filled, table, wrapped
from ..record.report import Report
from ..record.store import write_report
from ..record.training_bench import BLOCKS
from .peak_memory import MEGABYTE, peak_of_step
from .peers import PEERS, SPIKINGJELLY, installed, makers
from .speed_networks import NETWORKS, OURS, drawn_network, own_step
from .training import PAGE

__all__ = ["bench_training_speed"]

#: The network that neurons are compared in.
_OF_NEURONS = "784-128-128-10"
#: What frameworks call themselves in the table, and their packages.
_PACKAGES = {
    title: package for peers in PEERS.values() for title, (package, _) in peers.items()
}

HEADINGS = (
    "network", "steps × batch", "", "CPU ms", "ms", "times SpikingJelly", "gradients differ by",
    "MiB",
)


def bench_training_speed(
    *, rounds: int = 15, pages: bool = False, build: Path = Path("build"), root: Path = Path(),
    console: Console | None = None,
) -> Report:
    """Time steps of training, print the table, and write the report ``training_speed``.

    Parameters
    ----------
    rounds : int
        Turns that each takes, of large networks fewer; medians count.
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
        for name in NETWORKS:
            tell(name)
            rows += _frameworks(name, rounds)
        _memory(rows, tell)
        tell("every neuron")
        rows += _neurons(rounds)
    missing = [title for title, package in _PACKAGES.items() if not installed(package)]
    report = _report(rows, missing)
    for line in (*_lines(rows, "framework"), "", *_lines(rows, "neuron")):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(report.summary, markup=False, highlight=False)
    path = write_report(report, build / "reports" / report.name)
    console.print(f"Report: {path}", highlight=False)
    if pages:
        _write_page(report, root / PAGE)
    return report


def _frameworks(name: str, rounds: int) -> Iterator[dict[str, Any]]:
    drawn = drawn_network(NETWORKS[name])
    steps = {title: make() for title, make in makers(drawn).items()}
    gradients = {title: step()[1] for title, step in steps.items()}
    first = next((one for one in steps if _PACKAGES.get(one) == SPIKINGJELLY), "")
    seconds = _timed(steps, min(rounds, drawn.network.rounds))
    for title in steps:
        yield _row(
            name, "framework", title, seconds, first,
            _distance(gradients[title], gradients.get(first)),
        )


def _memory(rows: Sequence[dict[str, Any]], tell: Callable[[str], None]) -> None:
    """Add the most memory that a step holds, in megabytes, to this project's and SpikingJelly's."""
    for row in rows:
        if row["name"] not in OURS and _PACKAGES[row["name"]] != SPIKINGJELLY:
            continue
        tell(f"memory of {row['network']}, {row['name']}")
        most = peak_of_step(row["network"], row["name"])
        row["megabytes"] = None if most is None else round(most / MEGABYTE, 1)


def _neurons(rounds: int) -> Iterator[dict[str, Any]]:
    drawn = drawn_network(NETWORKS[_OF_NEURONS])
    lif, hidden_layers = DEFINITIONS["lif"], len(drawn.connections) - 1
    steps = {}
    for name, definition in DEFINITIONS.items():
        hidden = definition if definition.spikes else lif
        last = DEFINITIONS["li"] if definition.spikes else definition
        steps[name] = own_step(drawn, [hidden] * hidden_layers + [last], compiled=True)
    seconds = _timed(steps, rounds)
    for name in steps:
        yield _row(_OF_NEURONS, "neuron", name, seconds, "lif", None)


def _timed(
    steps: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """Return the CPU seconds and seconds of each step in each round; a first one does not count."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            started = time.process_time(), time.perf_counter()
            step()
            if number:
                found[name].append(
                    (time.process_time() - started[0], time.perf_counter() - started[1])
                )
    return found


def _row(
    network: str, kind: str, title: str, seconds: Mapping[str, list[tuple[float, float]]],
    other: str, distance: float | None,
) -> dict[str, Any]:
    mine = seconds[title]
    times = None
    if other in seconds:
        times = round(median(b / a for (a, _), (b, _) in zip(mine, seconds[other], strict=True)), 3)
    cpu, clock = (round(1e3 * median(one), 2) for one in zip(*mine, strict=True))
    shape = NETWORKS[network]
    return {
        "network": network, "kind": kind, "name": title, "steps": shape.steps,
        "batch": shape.batch, "ms": cpu, "wall_ms": clock, "times": times, "gradients": distance,
        "megabytes": None,
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
            re.sub("[^0-9a-z]+", "_", f"speed {row['network']} {index}".lower()), row["times"],
            "times",
            Measured(
                instrument="time.process_time",
                tap=f"{row['name']} beside SpikingJelly: {row['network']}, {row['steps']} steps, "
                f"batch {row['batch']}, forwards and backwards, one thread; median of the ratios",
                sampling_rate_hz=1 / clock.resolution,
            ),
        )
        for index, row in enumerate(rows) if row["kind"] == "framework" and row["times"] is not None
    ]
    absent = f" Not installed, and so not compared: {', '.join(missing)}." if missing else ""
    packages = {
        package: version(package) for package in _PACKAGES.values() if installed(package)
    }
    return Report(
        name="training_speed",
        title="How long a step of training takes",
        summary="Forwards and backwards, one thread; CPU time, and time on the clock beside other "
        f"work of the machine; medians of turns.{absent}",
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
    return [
        row["network"], f"{row['steps']} × {row['batch']}", row["name"], f"{row['ms']:.2f}",
        f"{row['wall_ms']:.2f}", times, distance,
        "" if row["megabytes"] is None else f"{row['megabytes']:.1f}",
    ]


def _write_page(report: Report, page: Path) -> bool:
    """Write the blocks ``speed`` and ``cells`` of the page; return whether it changed."""
    if not page.is_file():
        raise DataError(f"there is no page {page}; run this in the checkout of the project")
    made = ", ".join(
        f"{name} {one}" for name, one in report.made.items()
        if name in ("torch", *_PACKAGES.values())
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
