"""The tables of ``docs/primate_reaching.md``, from a report, and what is said above them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from ..record.benchmark import said
from ..record.figure import Figure
from ..record.markdown import figure_table, short, table
from ..record.report import Report
from .decoder import BINS
from .recording import BIN_MS

__all__ = ["BLOCKS", "PAGE", "PUBLISHED", "blocks_of", "lines_of", "summary_of"]

PAGE = Path("docs") / "primate_reaching.md"
#: The blocks of the page, by the names of the reports.
BLOCKS = {"primate-reaching": "recordings", "primate-reaching-synthetic": "synthetic"}
#: Rows of NeuroBench's leaderboard (leaderboard.rst of v1.0), each a mean of three recordings: R²,
#: footprint in bytes, connection and activation sparsity, dense operations, effective MACs, ACs.
PUBLISHED = {
    ("SNN, published", "Indy"): (0.593, 19_648, 0, 0.997, 4_900, 0, 276),
    ("SNN, published", "Loco"): (0.568, 38_848, 0, 0.999, 9_700, 0, 551),
    ("ANN, published", "Indy"): (0.593, 20_824, 0, 0.683, 4_704, 3_836, 0),
    ("ANN, published", "Loco"): (0.558, 33_496, 0, 0.668, 7_776, 6_103, 0),
}
_NEEDS = ("r2", "footprint_bytes", "connection_sparsity", "activation_sparsity",
          "dense_operations", "effective_macs", "effective_acs")


def summary_of(figures: Sequence[Figure], *, count: int, synthetic: bool) -> str:
    """Return what came of it in a paragraph."""
    value = {one.name: one.value for one in figures}
    said = []
    if synthetic:
        said.append(
            "Synthetic: the recordings are made, and are not the benchmark's; of theirs this says "
            f"nothing. The best linear decoder has an R² of {value['r2_best_linear']:.3f}."
        )
    said.append(f"R² {value['r2']:.3f} in integers, mean of {count} network{'s' * (count > 1)}.")
    if "on_board" in value:
        said.append(
            f"A virtual iCEBreaker decoded {value['on_board']:,} bins, in which "
            f"{value['mismatches']} of {value['compared']:,} values differ from the reference, in "
            f"{value['cycles_mean']:,.0f} cycles each, {value['latency_us'] / 1000:.3g} ms: "
            "simulated."
        )
    said.append(f"None takes more than {value['worst_ms']:.3g} ms; a bin has {BIN_MS}.")
    if "lut" in value:
        said.append(
            f"The board, placed and routed on an iCE40 UP5K: {value['lut']:,} logic cells, "
            f"{value['bram']} block RAMs, {value['fmax_mhz']:.3g} MHz."
        )
    return " ".join([*said, "Nothing is measured."])


def lines_of(report: Report) -> list[str]:
    """Return the lines of two tables: of each network, and beside the leaderboard."""
    known = ("best_linear", "best_linear_window", "kalman") if "kalman" in report.rows[0] else ()
    headings = ["recording", "seed", "test bins", "R², x", "R², y", "R²"]
    if known:
        headings += [
            "best linear decoder", f"the same, of {BINS} bins", "Kalman filter, these bins"
        ]
    rows = [
        [row["recording"], row["seed"], f"{row['test_bins']:,}",
         *(f"{row[name]:.3f}" for name in ("r2_x", "r2_y", "r2", *known))]
        for row in report.rows
    ]
    beside = [[*who, *map(short, row)] for who, row in PUBLISHED.items()]
    beside += [["spiking, in integers", *row] for row in _means_by_kind(report.rows)]
    return [
        *table(headings, rows), "",
        *table(("model", "recordings", "R²", "footprint, bytes", "connection sparsity",
                "activation sparsity", "dense operations", "effective MACs", "effective ACs"),
               beside), "",
        *figure_table(one for one in report.figures if one.name not in _NEEDS),
    ]


def _means_by_kind(rows: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """Return the means of the recordings of each monkey, or of those that are made."""
    for kind in dict.fromkeys(_kind(row) for row in rows):
        own = [row for row in rows if _kind(row) == kind]
        yield [kind, *(short(mean(row[name] for row in own)) for name in _NEEDS)]


def _kind(row: dict[str, Any]) -> str:
    name = re.split("[_-]", row["recording"])[0]
    return name if name == "synthetic" else name.capitalize()


def blocks_of(report: Report, lines: Sequence[str]) -> dict[str, str | None]:
    """Return the blocks of the page: that of this report, and the other one as it is."""
    block = "\n".join([said(report), "", *lines])
    return dict.fromkeys(BLOCKS.values()) | {BLOCKS[report.name]: block}
