"""The tables of ``docs/heartbeats.md``, from a report."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..record.benchmark import said
from ..record.figure import Figure
from ..record.markdown import counted, table
from ..record.report import Report

__all__ = ["BLOCKS", "PAGE", "PUBLISHED", "blocks_of", "lines_of"]

PAGE = Path("docs") / "heartbeats.md"
#: The blocks of the page, by the names of the reports.
BLOCKS = {
    "heartbeats-patients": "patients", "heartbeats-random": "random",
    "heartbeats-anomaly-patients": "anomaly", "heartbeats-patients-held-out": "held_out",
    "heartbeats-anomaly-patients-held-out": "anomaly_held_out",
    "heartbeats-random-held-out": "random_held_out",
}

#: M. A. Scrugli, G. Leone, P. Busia, L. Raffo, P. Meloni, "All-Spiking ECG Analysis for Arrhythmia
#: Classification on Low-Power FPGA", 2026 (iris.unica.it/handle/11584/475445), by its abstract:
#: accuracy, ms, µJ, on an iCE40 UltraPlus. It finds the beats on the chip, too.
PUBLISHED = ("Scrugli and others, 2026 (published, split not stated)", "98.4", "4.05", "36.86")


def lines_of(report: Report, classes: Sequence[str]) -> list[str]:
    """Return the lines of two tables: of the whole, beside what is published; and by class."""
    shown = ("V", "S") if "V" in classes else classes[1:]
    headings = ["system", "accuracy, %", "balanced accuracy, %"]
    headings += [f"F1 of {one}, %" for one in shown]
    given = {figure.name: figure for figure in report.figures}
    names = ("accuracy", "balanced_accuracy", *(f"f1_{one.lower()}" for one in shown))
    rows = [
        ["Spikewright (simulated, Estimate)", *(_range(given[name]) for name in names)],
        [f"always {classes[0]}", report.made["baseline"], f"{100 / _asked(report):.4g}",
         *("0" for _ in shown)],
    ]
    if not report.name.endswith("held-out"):
        headings += ["ms", "µJ", "logic cells", "MHz"]
        rows[0] += [
            _value(given, "latency_us", 1e-3), _value(given, "energy_per_inference_uj"),
            _value(given, "lut"), _value(given, "fmax_mhz"),
        ]
        rows[1] += 4 * [""]
        if len(classes) > 2:
            name, accuracy, ms, energy = PUBLISHED
            no = "not published"
            rows.append([name, accuracy, no, *(no for _ in shown), ms, energy, no, no])
    return [*table(headings, rows), "", *table(
        ("class", "asked", "recall, %", "precision, %", "F1, %"), _by_class(report)
    )]


def _by_class(report: Report) -> list[tuple[str, ...]]:
    """Return a row for each class, means over the seeds."""
    asked = dict(pair.split() for pair in report.made["beats asked"].split(", "))
    return [
        (name, f"{int(count):,}", *(
            "" if report.rows[0][what][name] is None
            else f"{np.mean([row[what][name] for row in report.rows]):.1f}"
            for what in ("recall", "precision", "f1")
        ))
        for name, count in asked.items()
    ]


def _asked(report: Report) -> int:
    """Return how many classes there are beats of."""
    return sum(one is not None for one in report.rows[0]["recall"].values())


def _range(figure: Figure) -> str:
    """Return a mean over seeds, and the range."""
    least, most = figure.detail["least"], figure.detail["most"]
    return f"{figure.value:.2f} ({least:.2f} to {most:.2f})"


def _value(given: dict[str, Figure], name: str, scale: float = 1) -> str:
    return f"{given[name].value * scale:.4g}" if name in given else "not run"


def blocks_of(report: Report, lines: Sequence[str]) -> dict[str, str | None]:
    """Return the blocks of the page: that of this report, where it has one; None for the others."""
    compared = {figure.name: figure.value for figure in report.figures}
    told = f"{counted(len(report.rows), 'seed')}: mean, least and most."
    if "compared" in compared:
        told += (
            f" On the virtual board, {compared['on_board']:,} beats: {compared['mismatches']:,} of "
            f"{compared['compared']:,} values differ."
        )
    block = "\n".join([said(report, told), "", *lines])
    own = {BLOCKS[report.name]: block} if report.name in BLOCKS else {}
    return dict.fromkeys(BLOCKS.values()) | own
