"""What ``--fit`` shows: the designs as a table, and as a picture of cycles over size."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from spikewright_hw.checks import instance, pathlike
from spikewright_hw.engine.design import EventDesign

from .. import terminal
from ..files import storage_errors, write_json, write_text
from ..quantized.network import QuantizedNetwork
from ..record.exploration import front
from ..record.front_plot import Spot, front_plot
from ..record.page import format_value
from ..record.svg import standalone
from .board_estimate import lack_words
from .fit import Choice, Fit

__all__ = ["print_fit", "show_fit", "write_fit"]

_COLUMNS = (
    "design", "fits", "≈ cycles", "cycles, at most", "≈ LUT", "≈ FF", "≈ block RAM", "≈ µs",
    "µs, at most", "≈ µJ",
)


def show_fit(
    found: Fit, network: QuantizedNetwork, *, build: Path, console: Console | None = None
) -> None:
    """Print the designs, and write them with their picture below a folder of everything generated.

    Parameters
    ----------
    found : Fit
    network : QuantizedNetwork
        Whose they are.
    build : Path
    console : rich.console.Console, optional
    """
    instance(Fit)("found", found)
    instance(QuantizedNetwork)("network", network)
    build = pathlike("build", build)
    console = terminal.console() if console is None else console
    print_fit(found, console=console)
    digest = network.network.digest().hex()[:8]
    picture = write_fit(found, build / "fit" / f"{found.board.name}-{digest}")
    console.print(
        f"The picture is {picture}, with its numbers beside it", highlight=False, markup=False,
        soft_wrap=True,
    )


def print_fit(found: Fit, *, console: Console | None = None) -> None:
    """Print the designs as a table, the fastest first, and which is taken, or what to do.

    Parameters
    ----------
    found : Fit
    console : rich.console.Console, optional
    """
    console = terminal.console() if console is None else console
    board = found.board
    table = Table(title=f"Designs for {board.title}, estimate", title_justify="left")
    for heading in _COLUMNS:
        table.add_column(heading, overflow="fold")
    for one in found.choices:
        size = one.on_board.size
        table.add_row(
            _words(one.design), _fits(one), format_value(one.cycles),
            format_value(one.worst_cycles),
            *(format_value(None if size is None else getattr(size, kind))
              for kind in ("lut", "ff", "bram")),
            format_value(one.on_board.latency_us), format_value(one.on_board.worst_us),
            format_value(one.on_board.energy_uj),
            style="bold" if one is found.best else "",
        )
    console.print(table)
    room = board.device.room
    console.print(
        f"{board.device.label} has {room['lut']:,} look-up tables and {room['bram']:,} block RAMs; "
        f"{found.samples}; times are at {board.clock_hz / 1e6:g} MHz.",
        highlight=False, markup=False, soft_wrap=True,
    )
    console.print(_said(found), highlight=False, markup=False, soft_wrap=True)


def _said(found: Fit) -> str:
    best = found.best
    if best is None:
        return f"{found.advice[0].upper()}{found.advice[1:]}."
    how = "the fastest that fits with a margin" if best.fits_well else (
        "the smallest; it fits without a margin, so it may not when it is built"
    )
    return f"Taken: {_words(best.design)}, {how}."


def _fits(one: Choice) -> str:
    if one.on_board.lacking:
        return f"no: lacks {lack_words(one.on_board.lacking)}"
    return "yes" if one.fits_well else "barely"


def _words(design: EventDesign) -> str:
    """Return a design in the words of the command line."""
    given: dict[str, Any] = {
        "banks": design.banks if design.banks != 1 else None, "fold": design.fold,
        "share": design.share, "block-bits": design.block_bits,
        "ram-style": design.ram_style if design.ram_style != "auto" else None,
        "weights": design.weights if design.weights != "built" else None,
        "commands": design.commands if design.commands != "all" else None,
    }
    return " ".join(
        f"--{name} {','.join(map(str, value)) if isinstance(value, tuple) else value}"
        for name, value in given.items() if value is not None
    )


def write_fit(found: Fit, folder: Path) -> Path:
    """Write the designs as ``trade_off.json``, and their picture; return that, an SVG file.

    Parameters
    ----------
    found : Fit
    folder : Path

    Raises
    ------
    StorageError
        A file cannot be written.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "trade_off.json", {
        "board": found.board.name, "origin": "estimated", "samples": found.samples,
        "advice": found.advice, "designs": [_row(one, found) for one in found.choices],
    })
    path = folder / "trade_off.svg"
    write_text(path, standalone(_plot(found)))
    return path


def _row(one: Choice, found: Fit) -> dict[str, Any]:
    size = one.on_board.size
    return {
        "design": _words(one.design), "taken": one is found.best, "fits": one.on_board.fits,
        "fits_with_margin": one.fits_well, "lacking": one.on_board.lacking,
        "cycles_mean": one.cycles, "cycles_worst": one.worst_cycles,
        "lut": size and size.lut, "ff": size and size.ff, "bram": size and size.bram,
        "clock_mhz": found.board.clock_hz / 1e6, "latency_us": one.on_board.latency_us,
        "worst_us": one.on_board.worst_us, "energy_uj": one.on_board.energy_uj,
    }


def _plot(found: Fit) -> str:
    rows = [
        {"lut": one.on_board.size and one.on_board.size.lut, "cycles": one.slowness[0]}
        for one in found.choices
    ]
    best = front(rows, "lut", "cycles", higher=False)
    mean = found.choices[0].cycles is not None
    return front_plot(
        [
            Spot(
                cost=row["lut"], score=row["cycles"], low=None, high=None,
                name=_words(one.design) + (" (taken)" if one is found.best else ""),
                front=number in best,
            )
            for number, (row, one) in enumerate(zip(rows, found.choices, strict=True))
        ],
        cost=f"look-up tables, estimate ({found.board.device.label} has "
        f"{found.board.device.room['lut']:,})",
        score=f"cycles of an inference, {'mean' if mean else 'at most'}, estimate", name="fit",
    )
