"""``spikewright bench heartbeats``: MIT-BIH on a small FPGA, between patients and at random.

Accuracies are those of the integer reference, which a virtual board is held to; times are clock
cycles over a clock, energies an estimate: nothing is measured.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from spikewright_hw.checks import (
    each_once,
    flag,
    instance,
    one_of,
    optional,
    pathlike,
    settle,
    whole,
)

from .. import terminal
from ..coding.coding import encode
from ..errors import DataError
from ..gateware.design import run_reference
from ..job.board_figures import bitstream_figures, board_figures, spread_evenly
from ..job.progress import JobProgress
from ..job.training import train
from ..machine import processor
from ..quantized.network import QuantizedNetwork
from ..quantized.spw import write
from ..record.figure import Computed, Figure
from ..record.report import Report
from ..record.store import REPORTS, write_report
from ..task.metrics import class_scores, share_right
from ..task.task import Task
from .page import PAGE, lines_of, write_page
from .split import ANOMALY, CLASSES, SPLITS, drawn, heartbeat_tasks
from .training import BOARD, HIDDEN, design_of, recipe_of

__all__ = ["HeartbeatBenchmark", "bench_heartbeats"]


@dataclass(frozen=True, kw_only=True)
class HeartbeatBenchmark:
    """Which heartbeats are asked, and of what.

    Parameters
    ----------
    split : str
        ``patients`` or ``random``, see :func:`~spikewright.heartbeats.split.load_heartbeats`.
    anomaly : bool
        Whether the classes are normal beats and all others, in the place of the five of AAMI.
    held_out : bool
        Whether parts of the training part are asked, in the place of the test part: this is how
        the settings were chosen.
    folder : str or Path, optional
        Of the records, or the one above it; that in ``SPIKEWRIGHT_DATA`` unless given.
    hidden : int
        Hidden neurons.
    seeds : sequence of int
        Of the trainings. The first one's network goes on the board.
    on_board : int
        Beats that a virtual board is asked; 0: none. Compiling it takes a minute.
    place : bool
        Whether its bitstream is built: minutes, the first time.
    """

    split: str = "patients"
    anomaly: bool = False
    held_out: bool = False
    folder: str | Path | None = None
    hidden: int = HIDDEN
    seeds: Sequence[int] = (0, 1, 2, 3, 4)
    on_board: int = 100
    place: bool = False

    def __post_init__(self):
        settle(
            self, split=one_of(SPLITS), anomaly=flag, held_out=flag, folder=optional(pathlike),
            hidden=whole(1), seeds=each_once(0), on_board=whole(0), place=flag,
        )
        if self.held_out and self.place:
            raise ValueError(
                "place is True, but each part that is held out has a network of its own; leave one "
                "of the two out"
            )

    @property
    def name(self) -> str:
        """Name of the report."""
        words = ("anomaly" if self.anomaly else "", self.split, "held-out" if self.held_out else "")
        return "-".join(["heartbeats", *filter(None, words)])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return ANOMALY if self.anomaly else CLASSES


@dataclass(frozen=True)
class _Trained:
    """What the networks of a seed answered, of all parts one after the other."""

    seed: int
    network: QuantizedNetwork
    predictions: np.ndarray


def bench_heartbeats(
    benchmark: HeartbeatBenchmark | None = None, *,
    command: str = "spikewright bench heartbeats", directory: str | Path | None = None,
    pages: bool = False, root: Path = Path(), build: str | Path = "build",
    console: Console | None = None,
) -> Report:
    """Train small networks on heartbeats, test them in integers and on a board, write the report.

    The first seed's network is written beside the report, ``heartbeats.spw``.

    Parameters
    ----------
    benchmark : HeartbeatBenchmark, optional
    command : str
        What the report says to repeat it.
    directory : str or Path, optional
        Where the report goes; ``build/reports``, and the benchmark's name, unless given.
    pages : bool
        Whether the table of ``docs/heartbeats.md`` in the checkout ``root`` is written, too.
    root : Path
        The checkout.
    build : str or Path
        Where what was made before is kept.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        The files are not there, malformed or altered, or there is no page to write.
    DeviceError
        A value of the virtual board differs from the reference.
    ToolError, BuildError, StorageError
        The board cannot be compiled or built, or a file cannot be written.
    """
    benchmark = HeartbeatBenchmark() if benchmark is None else benchmark
    instance(HeartbeatBenchmark)("benchmark", benchmark)
    console = terminal.console() if console is None else console
    if pages and not (root / PAGE).is_file():
        raise DataError(f"there is no page {root / PAGE}; run this in the checkout")
    tasks, source = heartbeat_tasks(
        benchmark.split, anomaly=benchmark.anomaly, folder=benchmark.folder,
        held_out=benchmark.held_out,
    )
    build, figures = Path(build), ()
    with JobProgress() as progress:
        trained = []
        for seed in benchmark.seeds:
            with progress.part(f"Training, seed {seed}"):
                trained.append(_trained(benchmark, tasks, seed=seed, build=build))
        first = trained[0].network
        if benchmark.on_board and not benchmark.held_out:
            with progress.part("iCEBreaker, virtual") as tell:
                figures += board_figures(
                    first, _asked(tasks[0], first, benchmark.on_board), board=BOARD,
                    design=design_of(tasks[0]), what="beats", build=build, tell=tell,
                )
        if benchmark.place:
            with progress.part("Bitstream for iCEBreaker") as tell:
                figures += bitstream_figures(
                    first, board=BOARD, design=design_of(tasks[0]), build=build, tell=tell
                )
    report = _report(benchmark, tasks, trained, figures, source=source, command=command)
    lines = lines_of(report, benchmark.classes)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(report.summary)
    folder = REPORTS / report.name if directory is None else Path(directory)
    if not benchmark.held_out:
        write(folder / "heartbeats.spw", first)
    write_report(report, folder)
    if pages:
        write_page(report, lines, root / PAGE)
    return report


def _trained(
    benchmark: HeartbeatBenchmark, tasks: Sequence[Task], *, seed: int, build: Path
) -> _Trained:
    """Train a network for each task, and ask it the task's test part."""
    recipe = recipe_of(benchmark.split, anomaly=benchmark.anomaly)
    networks, answers = [], []
    for task in tasks:
        learned = drawn(task, recipe.shares, seed=seed)
        config = recipe.config(learned, hidden=benchmark.hidden)
        network = train(learned, config, seed=seed, build=build)
        inputs = encode(task.x_test, network.coding)
        networks.append(network)
        answers.append(run_reference(network, inputs, hidden_membranes=False).predictions)
    return _Trained(seed, networks[0], np.concatenate(answers))


def _asked(task: Task, network: QuantizedNetwork, count: int) -> np.ndarray:
    """Return what a board is asked: beats of the test part, evenly spread."""
    return encode(task.x_test[spread_evenly(count, len(task.x_test))], network.coding)


def _report(
    benchmark: HeartbeatBenchmark, tasks: Sequence[Task], trained: Sequence[_Trained],
    figures: Sequence[Figure], *, source: str, command: str,
) -> Report:
    """Return the report: a row for each seed, and the means as figures."""
    labels = np.concatenate([task.y_test for task in tasks])
    counts = np.bincount(labels, minlength=len(benchmark.classes))
    rows = [_row(one, labels, benchmark.classes) for one in trained]
    asked = "held-out beats of the training part" if benchmark.held_out else "test beats"
    return Report(
        name=benchmark.name,
        title=f"Heartbeats of MIT-BIH: {benchmark.name.removeprefix('heartbeats-')}",
        summary=(
            f"{len(labels):,} {asked}, {len(tasks[0].x_train):,} learned. In integers, nothing is "
            f"measured: times are simulated, energies an Estimate. Of the beats asked, "
            f"{100 * counts.max() / len(labels):.4g} % are of the most frequent class. {source}"
        ),
        figures=(*_means(rows, f"integer reference, {len(labels)} {asked}"), *figures),
        rows=tuple(rows),
        made={
            "command": command, "date": time.strftime("%Y-%m-%d"), "processor": processor(),
            "numpy": np.__version__, "training": str(
                recipe_of(benchmark.split, anomaly=benchmark.anomaly)
            ),
            "coding": trained[0].network.coding.describe(),
            "beats asked": ", ".join(
                f"{name} {count}" for name, count in zip(benchmark.classes, counts, strict=True)
            ),
            "baseline": f"{100 * counts.max() / len(labels):.4g}",
            "power": "Estimate (simulated system)",
        },
    )


def _row(trained: _Trained, labels: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Return what a seed scored, in percent; recall is null of a class that nobody asked."""
    found = class_scores(trained.predictions, labels, classes=len(classes))
    return {
        "seed": trained.seed,
        "accuracy": 100 * share_right(trained.predictions, labels),
        "balanced_accuracy": 100 * found.balanced,
        "recall": {name: None if np.isnan(one) else float(100 * one)
                   for name, one in zip(classes, found.recall, strict=True)},
        "precision": dict(zip(classes, (100 * found.precision).tolist(), strict=True)),
        "f1": dict(zip(classes, (100 * found.f1).tolist(), strict=True)),
        "network": trained.network.network.digest().hex(),
    }


def _means(rows: Sequence[dict[str, Any]], how: str) -> list[Figure]:
    """Return the means over the seeds, each with its range."""
    by = Computed(f"{how}, mean of {len(rows)} seeds")
    each = {name: [row[name] for row in rows] for name in ("accuracy", "balanced_accuracy")}
    each |= {
        f"f1_{name.lower()}": [row["f1"][name] for row in rows] for name in rows[0]["f1"]
    }
    return [
        Figure(name, float(np.mean(found)), "%", by, {"least": min(found), "most": max(found)})
        for name, found in each.items()
    ]
