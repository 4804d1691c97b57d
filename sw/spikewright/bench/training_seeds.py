"""``spikewright bench training --table cells`` and others: trainings compared over seeds.

Each row is trained from each seed on the training part of a task of images, and tested on its test
part; means and standard deviations count. Nothing is chosen by it. What each training gave is kept,
so that a table that was interrupted goes on where it was.
"""

import shlex
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console

from spikewright_hw.checks import each_once, instance, one_of, shown, texts, whole

from .. import terminal
from ..cache import NotKept, cached, only_kept
from ..errors import DataError
from ..files import write_if_changed, write_json
from ..imports import code_key
from ..job.progress import JobProgress, duration
from ..job.training import versions
from ..json_text import read_json
from ..machine import processor
from ..network.steps import one_thread
from ..quantized.network import MOST_SEED
from ..record.markdown import filled, table, wrapped
from ..record.report import Report
from ..record.training_bench import BLOCKS
from ..record.training_seeds import Row, seeds_report
from ..task.digest import task_digest
from ..task.task import Task
from .frameworks import FRAMEWORKS
from .peers import installed
from .seeded import SEEDED, Entry, Found, entries
from .training import PAGE
from .training_reports import write_table

__all__ = ["EPOCHS", "bench_training_seeds"]

#: Epochs in real numbers unless others are given.
EPOCHS = 20
#: Where what a training gave is kept.
_FILE = "found.json"
HEADINGS = ("", "float, %", "integers, %", "CPU seconds")


def bench_training_seeds(
    name: str,
    *,
    task: Task,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    epochs: int = EPOCHS,
    only: Sequence[str] = (),
    pages: bool = False,
    build: Path = Path("build"),
    root: Path = Path(),
    console: Console | None = None,
) -> Report:
    """Train each row of a table from each seed, print it, and write the report ``training_NAME``.

    Of another task than the digits, the report has the task's name, too; the report ``training``
    has all tables that were run. What each training gave is kept in ``build/cache/training_seeds``
    by all that it depends on, and is not trained again.

    Parameters
    ----------
    name : str
        ``surrogates``; ``losses``, each with a readout that gives it; ``cells``, every neuron;
        ``normalisations``; ``delays``, learned, up to 4, 8 and 16 steps;
        ``encoders``, every coding of the task; ``conversion``, in 4 to 32 steps, beside direct
        training; ``networks``, a wide dense network and one of convolutions; ``frameworks``, a
        dense network and one with a convolution, direct and converted, in snnTorch, SpikingJelly
        and Norse, where they are installed, and in this project.
    task : Task
        Of images with a label each.
    seeds : sequence of int
    epochs : int
        In real numbers; in this project, those on the grid in proportion come after them.
    only : sequence of str
        Parts of the names of the rows that are trained, all unless given; of the others what was
        kept is shown.
    pages : bool
        Whether the table of ``docs/training.md`` in the checkout ``root`` is written, too, if it
        has one of this name and task.
    build, root : Path
        Folder of everything generated; the checkout.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        The task has no images with a label each; there is no page, or it is marked wrongly.
    StorageError
        Something cannot be written.
    ValueError
        An argument is of another kind or out of its range; the message names it.
    """
    one_of(SEEDED)("name", name)
    each_once(0, MOST_SEED)("seeds", seeds)
    whole(1)("epochs", epochs)
    if instance(Task)("task", task).kind != "image" or not task.classes or task.each_step:
        raise DataError(f"{task.name} has no images with a label each; take a task that has")
    console = terminal.console() if console is None else console
    made = {"processor": processor()} | versions() | _peers(name)
    key = {
        **made, "table": name, "epochs": epochs, "task": task_digest(task),
        "code": code_key(__name__),
    }

    every = _chosen(entries(name, task, epochs=epochs), only)
    with one_thread(), JobProgress() as progress:
        trainings = _Trainings(key, build / "cache", progress, total=sum(
            len(seeds) for one in every if one.run is not None
        ))
        rows = [_row(one, seeds, trainings, is_asked=asked) for one, asked in every.items()]
    report = seeds_report(name, rows, task=task, seeds=seeds, made={
        "command": _command(name, task, seeds=seeds, epochs=epochs, only=only), **made,
    })
    for line in _lines(report):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    path = write_table(report, build / "reports")
    console.print(f"Report: {path}", highlight=False)
    if pages and _write_page(report, root / PAGE):
        console.print(str(root / PAGE), highlight=False)
    return report


def _chosen(every: Sequence[Entry], only: Sequence[str]) -> dict[Entry, bool]:
    """Return of each row whether it is to be trained: its name has one of the texts, if any."""
    for part in texts("only", only):
        if not part or not any(part in one.name for one in every):
            raise ValueError(
                f"only is {shown(part)}, which is in the name of no row; there are "
                f"{'; '.join(one.name for one in every)}"
            )
    return {one: not only or any(part in one.name for part in only) for one in every}


class _Trainings:
    """Trainings that are kept by all that they depend on, and told as they are done."""

    def __init__(
        self, key: Mapping[str, Any], cache: Path, progress: JobProgress, *, total: int
    ):
        self._key, self._cache, self._progress, self._total = key, cache, progress, total
        self._number, self._seconds = 0, []

    def found(self, entry: Entry, seed: int, *, is_asked: bool) -> Found | None:
        """Return what a training gave; it is trained if it is not kept and is asked for."""
        self._number += 1
        key = {**self._key, "row": entry.name, "seed": seed}

        def stage(folder: Path) -> None:
            write_json(folder / _FILE, asdict(self._trained(entry, seed)))

        try:
            with nullcontext() if is_asked else only_kept():
                folder = cached("training_seeds", key, stage, root=self._cache)
        except NotKept:
            return None
        return Found(**read_json(folder / _FILE))

    def _trained(self, entry: Entry, seed: int) -> Found:
        assert entry.run is not None
        title = f"{self._number} of {self._total}: {entry.name}, seed {seed}{self._left()}"
        started = time.monotonic()
        with self._progress.part(title):
            found = entry.run(seed)
        self._seconds.append(time.monotonic() - started)
        return found

    def _left(self) -> str:
        """Return in words how long all that follow take if each takes as long as those so far."""
        if not self._seconds:
            return ""
        left = fmean(self._seconds) * (self._total - self._number + 1)
        return f", about {duration(left)} left"


def _row(entry: Entry, seeds: Sequence[int], trainings: _Trainings, *, is_asked: bool) -> Row:
    if entry.run is None:
        return Row(entry.name, said=entry.said)
    each = [trainings.found(entry, seed, is_asked=is_asked) for seed in seeds]
    found = [one for one in each if one is not None]
    if len(found) < len(seeds):
        return Row(entry.name, said="not run")
    return Row(
        entry.name,
        real=tuple(one.real for one in found if one.real is not None),
        integer=tuple(one.integer for one in found if one.integer is not None),
        seconds=tuple(one.seconds for one in found),
    )


def _peers(name: str) -> dict[str, str]:
    """Return the versions of the other frameworks, if they are compared."""
    from importlib.metadata import version

    packages = [package for package, _ in FRAMEWORKS.values() if installed(package)]
    return {package: version(package) for package in packages if name == "frameworks"}


def _command(
    name: str, task: Task, *, seeds: Sequence[int], epochs: int, only: Sequence[str]
) -> str:
    """Return the command line that makes a report."""
    parts = [f"spikewright bench training --table {name}"]
    parts += [] if task.name == "digits" else [f"--task {task.name}"]
    parts += [] if [*seeds] == [*range(5)] else [f"--seeds {' '.join(map(str, seeds))}"]
    parts += [] if epochs == EPOCHS else [f"--epochs {epochs}"]
    return " ".join([*parts, *(["--row", shlex.join(only)] if only else [])])


def _lines(report: Report) -> list[str]:
    return [*table(HEADINGS, (_cells(row) for row in report.rows))]


def _cells(row: Mapping[str, Any]) -> list[str]:
    """Return a row of the table, under :data:`HEADINGS`."""
    if row["said"]:
        return [row["name"], row["said"], "", ""]
    return [
        row["name"],
        *(_spread(row, kind, 2) for kind in ("accuracy_float", "accuracy_integer")),
        _spread(row, "seconds", 1),
    ]


def _spread(row: Mapping[str, Any], kind: str, digits: int) -> str:
    if row[kind] is None:
        return ""
    error = row[f"{kind}_deviation"]
    return f"{row[kind]:.{digits}f}" + ("" if error is None else f" ± {error:.{digits}f}")


def _write_page(report: Report, page: Path) -> bool:
    """Write the block of the table and the task; return whether it changed."""
    if not page.is_file():
        raise DataError(f"there is no page {page}; run this in the checkout of the project")
    made = report.made
    of = [f"{key} {made[key]}" for key in ("torch", "snntorch", "spikingjelly", "norse")
          if key in made]
    said = wrapped(
        f"{report.summary} {made['command']}, {date.today().isoformat()}, {made['processor']}, "
        f"{', '.join(of)}."
    )
    text = page.read_text(encoding="utf-8")
    blocks = {made["block"]: "\n".join([said, "", *_lines(report)])}
    return write_if_changed(page, filled(text, blocks, page=page, names=BLOCKS))
