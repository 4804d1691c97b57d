"""``spikewright bench training``: the training's settings, chosen on the training part alone.

Each setting differs from the defaults in one thing and is trained on the same stratified folds of
the training part. Of many settings some are better by chance, so those that are better are trained
again on other folds, with other seeds. The test part is not looked at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from rich.console import Console

from spikewright_hw.checks import instance, one_of, whole
from spikewright_hw.fixed import Format

from .. import terminal
from ..coding.coding import encode
from ..coding.ttfs import Ttfs
from ..errors import DataError
from ..files import write_if_changed
from ..job.progress import JobProgress
from ..job.training import DEFAULT, train, versions
from ..machine import processor
from ..network.reference import run
from ..network.training_config import TrainingConfig
from ..record.markdown import filled, table, wrapped
from ..record.report import Report
from ..record.table import print_table
from ..record.training_bench import (
    BLOCK_OF,
    BLOCKS,
    DEFAULTS,
    Fold,
    Setting,
    training_report,
)
from ..task import digits
from ..task.task import Task
from ..task.validation import validation
from .training_reports import write_table
from .training_tables import TABLES, brief, compared

__all__ = ["PAGE", "bench_training", "settings"]

#: The table of settings that the defaults were chosen by.
SETTINGS = "settings"

PAGE = Path("docs") / "training.md"

HEADINGS = (
    "setting", "float, %", "integers, %", "difference, points", "on other folds", "hidden spikes",
    "synaptic operations",
)


def settings(base: TrainingConfig = DEFAULT) -> dict[str, TrainingConfig]:
    """Return the settings that are compared, by name; the first is ``base`` itself."""
    return {DEFAULTS: base, **dict(_others(base))}


def _others(base: TrainingConfig) -> Iterator[tuple[str, TrainingConfig]]:
    coding: Ttfs = instance(Ttfs)("coding", base.coding)
    for steps in (3, 6):
        yield f"{steps} steps", replace(base, coding=replace(coding, steps=steps))
    for silent in (1.0, 4.0):
        yield f"silent up to {silent:g}", replace(base, coding=replace(coding, silent=silent))
    for shift in (4, 6):
        leak = {"decay": 1 - 2**-shift}
        model = replace(base.model, parameters=leak, readout_parameters=leak)
        yield f"leak 1/{2**shift}", replace(base, model=model)
    for width in (0.2, 0.5):
        model = replace(base.model, surrogate_width=width)
        yield f"surrogate {width:g} wide", replace(base, model=model)
    for name, words in (("real", "in real numbers"), ("quantized", "on the grid")):
        phase = getattr(base, name)
        for factor in (0.5, 2):
            rate = phase.learning_rate * factor
            yield f"learning rate {rate:g} {words}", replace(
                base, **{name: replace(phase, learning_rate=rate)}
            )
        epochs = phase.epochs // 2
        yield f"{epochs} epochs {words}", replace(base, **{name: replace(phase, epochs=epochs)})
    yield "no augmentation", replace(base, augmentation=None)
    model = replace(base.model, membrane=Format(base.model.membranes[-1].integer, 3))
    yield f"membrane {model.membrane}", replace(base, model=model)
    yield "30 hidden spikes free", replace(base, spikes=30.0)


def bench_training(
    *,
    chosen: Mapping[str, TrainingConfig] | None = None,
    table: str = SETTINGS,
    task: Task | None = None,
    folds: int = 5,
    epochs: int | None = None,
    again: Sequence[int] = (1, 2, 3),
    pages: bool = False,
    build: Path = Path("build"),
    root: Path = Path(),
    console: Console | None = None,
) -> Report:
    """Train every setting on every fold, print the table, and write its report.

    Parameters
    ----------
    chosen : mapping of str to TrainingConfig, optional
        Settings by name, ``"defaults"`` among them; those of the table unless given.
    table : str
        ``settings``, those of :func:`settings`; ``codings`` or ``grids``. Its report is
        ``training_settings`` and so on, and ``training`` has all tables.
    task : Task, optional
        Whose training part is folded; the digits unless given.
    folds : int
        At least 2.
    epochs : int, optional
        In real numbers, for a quick look; those of the defaults unless given.
    again : sequence of int
        Seeds of other folds, and of the trainings on them, for the settings that are better.
    pages : bool
        Whether the table of ``docs/training.md`` in the checkout ``root`` is written, too, if it
        has one.
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
    task = digits.load() if task is None else task
    one_of((SETTINGS, *TABLES))("table", table)
    whole(2)("folds", folds)
    if chosen is None:
        base = DEFAULT if epochs is None else brief(DEFAULT, whole(1)("epochs", epochs))
        chosen = settings(base) if table == SETTINGS else compared(table, base, task)
    console = terminal.console() if console is None else console
    title = f"{len(chosen)} settings on {folds} folds"
    with JobProgress() as progress, progress.part(title) as tell:
        found = _trained(chosen, task, folds=folds, seeds=(0,), build=build, tell=tell)
    (base,) = (setting for setting in found if setting.name == DEFAULTS)
    better = [setting.name for setting in found if setting.better(base)]
    others: list[Setting] = []
    if better and again:
        named = {name: chosen[name] for name in (DEFAULTS, *better)}
        title = f"{len(named)} settings on {folds * len(again)} other folds"
        with JobProgress() as progress, progress.part(title) as tell:
            others = _trained(named, task, folds=folds, seeds=again, build=build, tell=tell)
    report = training_report(found, again=others, table=table, made={
        "command": _command(table, folds=folds, epochs=epochs),
        "task": f"{task.name}, its {len(task.x_train)} training samples",
        "seed": f"0; on other folds {', '.join(map(str, again))}",
        "processor": processor(),
        "epochs": f"{chosen[DEFAULTS].real.epochs} epochs in real numbers and "
        f"{chosen[DEFAULTS].quantized.epochs} on the grid",
        "config": repr(chosen[DEFAULTS]),
    } | versions())
    print_table(report, console=console)
    path = write_table(report, build / "reports")
    console.print(f"Report: {path}", highlight=False)
    if pages and _write_page(report, root / PAGE, block=BLOCK_OF[table]):
        console.print(str(root / PAGE), highlight=False)
    return report


def _trained(
    chosen: Mapping[str, TrainingConfig],
    task: Task,
    *,
    folds: int,
    seeds: Sequence[int],
    build: Path,
    tell: Callable[[str], None],
) -> list[Setting]:
    """Train settings on the folds of each seed."""
    found = []
    for name, config in chosen.items():
        held = []
        for seed in seeds:
            for fold in range(folds):
                tell(f"{name}, fold {len(held) + 1} of {folds * len(seeds)}")
                part = validation(task, fold=fold, folds=folds, seed=seed)
                held.append(_fold(config, part, seed=seed, build=build))
        found.append(Setting(name, tuple(held)))
    return found


def _fold(config: TrainingConfig, part: Task, *, seed: int, build: Path) -> Fold:
    quantized = train(part, config, seed=seed, build=build)
    activity = run(quantized.network, encode(part.x_test, quantized.coding))
    real, integer = quantized.provenance.accuracies
    return Fold(
        real=real,
        integer=integer,
        spikes=float(activity.layer_spikes.sum(axis=1).mean()),
        synops=float(activity.synops.mean()),
    )


def _command(table: str, *, folds: int, epochs: int | None) -> str:
    """Return the command line that makes a report."""
    parts = ["spikewright bench training"]
    parts += [] if table == SETTINGS else [f"--table {table}"]
    parts += [] if folds == 5 else [f"--folds {folds}"]
    return " ".join([*parts, *([] if epochs is None else [f"--epochs {epochs}"])])


def _write_page(report: Report, page: Path, *, block: str) -> bool:
    """Write a block of the page; return whether it changed."""
    if not page.is_file():
        raise DataError(f"there is no page {page}; run this in the checkout of the project")
    integer = report["accuracy_integer_folds"]
    real = report["accuracy_float_folds"]
    made = report.made
    lines = [
        wrapped(
            f"{report.summary} After {made['epochs']}, the defaults have {real.value:.2f} ± "
            f"{real.detail['standard_error']:.2f} % in real numbers and {integer.value:.2f} ± "
            f"{integer.detail['standard_error']:.2f} % in integers (mean and standard error). "
            f"{made['command']}, {date.today().isoformat()}, {made['processor']}, torch "
            f"{made['torch']}, numpy {made['numpy']}."
        ),
        "",
        *table(HEADINGS, (_cells(row) for row in report.rows)),
    ]
    text = page.read_text(encoding="utf-8")
    blocks = {block: "\n".join(lines)}
    return write_if_changed(page, filled(text, blocks, page=page, names=BLOCKS))


def _cells(row: Mapping) -> list[str]:
    """Return a row of the table, under :data:`HEADINGS`."""
    difference = (
        "" if row["setting"] == DEFAULTS
        else f"{row['difference']:+.2f} ± {row['difference_error']:.2f}"
    )
    again = "" if row["again"] is None else f"{row['again']:+.2f} ± {row['again_error']:.2f}"
    return [
        row["setting"], f"{row['accuracy_float']:.2f}", f"{row['accuracy_integer']:.2f}",
        difference, again, f"{row['hidden_spikes']:.1f}", str(row["synops"]),
    ]
