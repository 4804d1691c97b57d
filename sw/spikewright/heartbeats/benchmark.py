"""``spikewright bench heartbeats``: MIT-BIH on a small FPGA, between patients and at random.

Accuracies are those of the integer reference, which a virtual board is held to; times are clock
cycles over a clock, energies an estimate: nothing is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from spikewright_hw.checks import (
    each_once,
    flag,
    one_of,
    optional,
    pathlike,
    settle,
    whole,
)

from ..coding.coding import encode
from ..gateware.design import run_reference
from ..job.board_figures import bitstream_figures, board_figures, spread_evenly
from ..job.progress import JobProgress
from ..job.training import train
from ..quantized.network import QuantizedNetwork
from ..quantized.spw import write
from ..record.benchmark import Benchmark, Outcome, made_by
from ..record.figure import Computed, Figure
from ..record.markdown import counted
from ..record.report import Report
from ..task.metrics import class_scores, share_right
from ..task.task import Task
from .page import PAGE, blocks_of, lines_of
from .split import ANOMALY, CLASSES, SPLITS, drawn, heartbeat_tasks
from .training import BOARD, HIDDEN, design_of, recipe_of

__all__ = ["HeartbeatBenchmark"]


@dataclass(frozen=True, kw_only=True)
class HeartbeatBenchmark(Benchmark):
    """Small networks that tell heartbeats apart: which are asked, and of what.

    The first seed's network is written beside the report, ``heartbeats.spw``.

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

    page: ClassVar[Path] = PAGE

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

    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        """Train networks on heartbeats, and test them in integers and on a virtual board."""
        tasks, source = heartbeat_tasks(
            self.split, anomaly=self.anomaly, folder=self.folder, held_out=self.held_out
        )
        figures: tuple[Figure, ...] = ()
        with JobProgress() as progress:
            trained = []
            for seed in self.seeds:
                with progress.part(f"Training, seed {seed}"):
                    trained.append(_trained(self, tasks, seed=seed, build=build))
            first = trained[0].network
            if self.on_board and not self.held_out:
                with progress.part("iCEBreaker, virtual") as tell:
                    figures += board_figures(
                        first, _asked(tasks[0], first, self.on_board), board=BOARD,
                        design=design_of(tasks[0]), what="beats", build=build, tell=tell,
                    )
            if self.place:
                with progress.part("Bitstream for iCEBreaker") as tell:
                    figures += bitstream_figures(
                        first, board=BOARD, design=design_of(tasks[0]), build=build, tell=tell
                    )
        report = _report(self, tasks, trained, figures, source=source, command=command)
        if not self.held_out:
            write(folder / "heartbeats.spw", first)
        lines = lines_of(report, self.classes)
        return Outcome(report=report, lines=lines, blocks=blocks_of(report, lines))


@dataclass(frozen=True)
class _Trained:
    """What the networks of a seed answered, of all parts one after the other."""

    seed: int
    network: QuantizedNetwork
    predictions: np.ndarray


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
            **made_by(command), "training": str(
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
    by = Computed(f"{how}, mean of {counted(len(rows), 'seed')}")
    each = {name: [row[name] for row in rows] for name in ("accuracy", "balanced_accuracy")}
    each |= {
        f"f1_{name.lower()}": [row["f1"][name] for row in rows] for name in rows[0]["f1"]
    }
    return [
        Figure(name, float(np.mean(found)), "%", by, {"least": min(found), "most": max(found)})
        for name, found in each.items()
    ]
