"""What trainings compared over seeds found, as rows and figures of a report."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from ..task.task import Task
from .figure import Computed, Figure, Measured
from .report import Report

__all__ = ["SEED_BLOCKS", "Row", "seeds_report"]

#: Blocks of ``docs/training.md`` for these tables, by table and task.
SEED_BLOCKS = tuple(
    f"{table}_{task}"
    for table in (
        "surrogates", "losses", "cells", "normalisations", "delays", "encoders", "conversion",
        "networks", "frameworks",
    )
    for task in ("digits", "mnist", "fashion_mnist", "cifar10")
)


@dataclass(frozen=True)
class Row:
    """A row of a table: what each seed gave, or why there is nothing.

    Parameters
    ----------
    name : str
    real, integer : tuple of float
        Accuracies on the test part, 0 to 1; empty where there are none.
    seconds : tuple of float
        CPU time of the trainings.
    said : str
        Why nothing was trained, if nothing was.
    """

    name: str
    real: tuple[float, ...] = ()
    integer: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    said: str = ""

    def row(self) -> dict[str, Any]:
        """Return it as a row of the report; accuracies in percent."""
        found: dict[str, Any] = {"name": self.name, "said": self.said}
        for name, values, factor in (
            ("accuracy_float", self.real, 100), ("accuracy_integer", self.integer, 100),
            ("seconds", self.seconds, 1),
        ):
            several = [factor * one for one in values]
            found[name] = round(mean(several), 3) if several else None
            found[f"{name}_deviation"] = round(stdev(several), 3) if len(several) > 1 else None
            found[f"{name}_seeds"] = [round(one, 3) for one in several]
        return found


def _of_seeds(count: int) -> str:
    return "one seed" if count == 1 else f"mean and standard deviation of {count} seeds"


def seeds_report(
    table: str, rows: Sequence[Row], *, task: Task, seeds: Sequence[int], made: Mapping[str, str]
) -> Report:
    """Return the report of a table: a row for each, and figures of those that were trained."""
    tested = f"on the {len(task.y_test)} test samples of {task.name}"
    clock = time.get_clock_info("process_time")
    figures = []
    for number, row in enumerate(rows):
        for kind, values, who in (
            ("float", row.real, "in real numbers"),
            ("integer", row.integer, "by the integer reference"),
        ):
            if values:
                figures.append(Figure(
                    f"accuracy_{kind}_{number}", 100 * mean(values), "%",
                    Computed(f"share classified rightly {who} {tested}, mean of the seeds: "
                             f"{row.name}"),
                    {"seeds": [100 * one for one in values]},
                ))
        if row.seconds:
            figures.append(Figure(
                f"training_seconds_{number}", mean(row.seconds), "s",
                Measured(
                    instrument="process CPU clock, time.process_time",
                    tap=f"a training, one thread, mean of the seeds: {row.name}",
                    sampling_rate_hz=1 / clock.resolution,
                ),
            ))
    own = "" if task.name == "digits" else f"_{task.name}"
    return Report(
        name=f"training_{table}{own}",
        title=f"Training: {table}, {task.name}",
        summary=f"Accuracy {tested}, {len(task.y_train)} to train; "
        f"{_of_seeds(len(seeds))}, CPU seconds of one thread.",
        figures=tuple(figures),
        rows=tuple(row.row() for row in rows),
        made={"block": f"{table}_{task.name}", "seeds": ", ".join(map(str, seeds)), **made},
    )
