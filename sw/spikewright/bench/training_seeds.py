"""``spikewright bench training --table cells`` and others: trainings compared over seeds.

Each row is trained from each seed on the training part of a task of images, and tested on its test
part; means and standard deviations count. Nothing is chosen by it. What each training gave is kept,
so that a table that was interrupted goes on where it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from spikewright_hw.checks import each_once, instance, one_of, whole

from .. import terminal
from ..cache import cached
from ..errors import DataError
from ..files import write_if_changed, write_json
from ..imports import code_key
from ..job.progress import JobProgress
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
HEADINGS = ("", "float, %", "integers, %", "CPU seconds")


def bench_training_seeds(
    name: str,
    *,
    task: Task,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    epochs: int = EPOCHS,
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
        training; ``frameworks``, a dense network and one with a convolution, direct and converted,
        in snnTorch, SpikingJelly and Norse, where they are installed, and in this project.
    task : Task
        Of images with a label each.
    seeds : sequence of int
    epochs : int
        In real numbers; in this project, those on the grid in proportion come after them.
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

    def found(entry: Entry, seed: int) -> Found:
        tell(f"{entry.name}, seed {seed}")
        return _found(entry, seed, key, cache=build / "cache")

    with one_thread(), JobProgress() as progress, progress.part(f"Training: {name}") as tell:
        rows = [_row(one, seeds, found) for one in entries(name, task, epochs=epochs)]
    report = seeds_report(name, rows, task=task, seeds=seeds, made={
        "command": _command(name, task, seeds=seeds, epochs=epochs), **made,
    })
    for line in _lines(report):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    path = write_table(report, build / "reports")
    console.print(f"Report: {path}", highlight=False)
    if pages and _write_page(report, root / PAGE):
        console.print(str(root / PAGE), highlight=False)
    return report


def _row(entry: Entry, seeds: Sequence[int], trained: Callable[[Entry, int], Found]) -> Row:
    found = [trained(entry, seed) for seed in seeds if entry.run is not None]
    return Row(
        entry.name,
        real=tuple(one.real for one in found if one.real is not None),
        integer=tuple(one.integer for one in found if one.integer is not None),
        seconds=tuple(one.seconds for one in found),
        said=entry.said,
    )


def _found(entry: Entry, seed: int, key: Mapping[str, Any], *, cache: Path) -> Found:
    """Return what a training gave, which was kept if it was there before."""
    def stage(folder: Path) -> None:
        assert entry.run is not None
        write_json(folder / "found.json", asdict(entry.run(seed)))

    key = {**key, "row": entry.name, "seed": seed}
    return Found(**read_json(cached("training_seeds", key, stage, root=cache) / "found.json"))


def _peers(name: str) -> dict[str, str]:
    """Return the versions of the other frameworks, if they are compared."""
    from importlib.metadata import version

    packages = [package for package, _ in FRAMEWORKS.values() if installed(package)]
    return {package: version(package) for package in packages if name == "frameworks"}


def _command(name: str, task: Task, *, seeds: Sequence[int], epochs: int) -> str:
    """Return the command line that makes a report."""
    parts = [f"spikewright bench training --table {name}"]
    parts += [] if task.name == "digits" else [f"--task {task.name}"]
    parts += [] if [*seeds] == [*range(5)] else [f"--seeds {' '.join(map(str, seeds))}"]
    return " ".join([*parts, *([] if epochs == EPOCHS else [f"--epochs {epochs}"])])


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
