"""The tables of ``docs/boards_compared.md``, from what ``spikewright bench boards`` reports."""

from collections.abc import Sequence
from pathlib import Path

from ..errors import DataError
from ..files import write_text
from ..gateware.board import board_named
from ..record.markdown import filled, table, wrapped
from ..record.report import Report

__all__ = ["BLOCKS", "PAGE", "block_of", "check_page", "write_page"]

PAGE = Path("docs") / "boards_compared.md"
#: The blocks of the page, by the names of the reports.
BLOCKS = {"boards": "digits", "boards-mnist": "mnist"}
#: The figures of the page, in its order.
_SHOWN = (
    "accuracy_integer", "accuracy_device", "mismatches", "compared", "cycles_mean", "cycles_max",
    "clock_mhz", "latency_us", "throughput_per_s", "link_us", "energy_per_inference_uj", "fmax_mhz",
    "lut", "ff", "bram",
)


def block_of(report: Report, boards: Sequence[str]) -> str:
    """Return the block of a comparison: what was run, a table, and what was not built.

    Parameters
    ----------
    report : Report
        What :func:`~spikewright.bench.boards.bench_boards` returned.
    boards : sequence of str
        Their names.
    """
    rows = {row["figure"]: row for row in report.rows}
    kept = [rows[name] for name in _SHOWN if name in rows]
    titles = [board_named(name).title for name in boards]
    said = [f"{label}: {report.made[label]}." for label in ("network", "engine", "command")]
    missed = [
        f"{label}: {value}" for label, value in report.made.items() if label.startswith("no bit")
    ]
    lines = table(
        ("figure", "unit", *titles),
        ((f"`{row['figure']}`", row["unit"], *(row[name] for name in boards)) for row in kept),
    )
    return "\n".join(
        [wrapped(" ".join(said)), "", *lines, *(f"\n{wrapped(one)}" for one in missed)]
    )


def check_page(name: str) -> None:
    """Raise :exc:`DataError` if the page is not there, or has no block of a report of this name."""
    if name not in BLOCKS:
        raise DataError(
            f"{PAGE} has tables of {' and '.join(BLOCKS.values())}; leave pages= out for another "
            "task"
        )
    if not PAGE.is_file():
        raise DataError(f"there is no page {PAGE}; run this in the checkout of the project")


def write_page(report: Report, boards: Sequence[str]) -> Path:
    """Fill the block of a comparison into the page, in the checkout.

    Raises :exc:`DataError` if the page is not there, or has no block of this task.
    """
    check_page(report.name)
    text = PAGE.read_text(encoding="utf-8")
    blocks = {BLOCKS[report.name]: block_of(report, boards)}
    write_text(PAGE, filled(text, blocks, page=PAGE, names=list(BLOCKS.values())))
    return PAGE
