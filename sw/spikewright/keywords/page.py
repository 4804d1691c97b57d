"""The tables of ``docs/keyword_fscil.md``, from a report."""

from collections.abc import Sequence
from pathlib import Path

from ..record.benchmark import said
from ..record.markdown import figure_table, table
from ..record.report import Report

__all__ = ["BLOCKS", "PAGE", "PUBLISHED", "blocks_of", "lines_of"]

PAGE = Path("docs") / "keyword_fscil.md"
#: The blocks of the page, by the names of the reports.
BLOCKS = {"keyword-fscil": "mswc", "keyword-fscil-rehearsal": "fsdd"}
HEADINGS = ("session", "words so far", "asked", "accuracy, %", "lowest", "highest", "new words, %")
#: Rows of NeuroBench's leaderboard (leaderboard.rst of v1.0): accuracy at first and mean of all 11
#: sessions, %.
PUBLISHED = {"M5 ANN, published": (97.09, 89.27), "RSNN, published": (93.48, 75.27)}


def lines_of(report: Report) -> list[str]:
    """Return the lines of the tables: of the sessions, and of the figures."""
    rows = [
        (row["session"], row["words"], f"{row['asked']:,}", f"{row['accuracy']:.2f}",
         f"{row['lowest']:.2f}", f"{row['highest']:.2f}",
         f"{row['new']:.2f}" if row["session"] else "none yet")
        for row in report.rows
    ]
    average = next(one.value for one in report.figures if one.name == "accuracy_average")
    lines = [*table(HEADINGS, rows), ""]
    beside = [
        (name, "MSWC", f"{first:.2f}", f"{mean_of:.2f}")
        for name, (first, mean_of) in PUBLISHED.items()
    ]
    data = "spoken digits, a rehearsal" if "rehearsal" in report.name else "MSWC"
    beside.append(
        ("spiking, in integers", data, f"{report.rows[0]['accuracy']:.2f}", f"{average:.2f}")
    )
    lines += table(("model", "words", "base words, %", "average of the sessions, %"), beside)
    figures = [one for one in report.figures if not one.name.startswith("accuracy")]
    return [*lines, "", *figure_table(figures)]


def blocks_of(report: Report, lines: Sequence[str]) -> dict[str, str | None]:
    """Return the blocks of the page: that of this report, and the other one as it is."""
    block = "\n".join([said(report), "", *lines])
    return dict.fromkeys(BLOCKS.values()) | {BLOCKS[report.name]: block}
