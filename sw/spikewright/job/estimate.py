"""``spikewright estimate``: what a network will take on every board, before anything is built."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from rich.console import Console
from rich.table import Table

from spikewright_hw.checks import instance, optional, whole
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.network import Network

from .. import terminal
from ..gateware.board import BOARDS, Board, board_named
from ..gateware.design import check_design
from ..gateware.estimation.contents import Contents, joined
from ..gateware.estimation.measured import COMMAND
from ..gateware.estimation.sizes import Size, errors_of, families, has_large, size_of
from ..quantized.network import QuantizedNetwork
from ..record.page import format_value
from ..task.task import Task
from .board_estimate import (
    SHOWN,
    BoardEstimate,
    contents_on,
    lack_words,
    lacking,
    on_board,
    said_of,
    samples_of,
)

__all__ = ["Estimate", "LayerEstimate", "estimate", "print_estimate"]


@dataclass(frozen=True, kw_only=True)
class LayerEstimate:
    """An estimate of a layer, or of what is around the layers.

    Parameters
    ----------
    name : str
    neurons : int
        0 of what is around the layers.
    cycles : float, optional
        In which the layer reads weights, of an inference, mean; None without samples.
    sizes : dict of str to Size
        By family.
    """

    name: str
    neurons: int
    cycles: float | None
    sizes: dict[str, Size]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Estimates, and nothing that was measured.

    Parameters
    ----------
    design : EventDesign
    cycles : float, optional
        Of an inference, mean over the samples.
    worst_cycles : int
        What no inference exceeds.
    samples : str
        What the means are of, or why there are none.
    layers : tuple of LayerEstimate
    boards : tuple of BoardEstimate
    advice : str
        What would make it fit, where it fits no board.
    """

    design: EventDesign
    cycles: float | None
    worst_cycles: int
    samples: str
    layers: tuple[LayerEstimate, ...]
    boards: tuple[BoardEstimate, ...]
    advice: str


def estimate(
    network: QuantizedNetwork,
    *,
    task: Task | None = None,
    design: EventDesign | None = None,
    boards: Sequence[str] = (),
    samples: int = 200,
) -> Estimate:
    """Estimate size, cycles, time and energy of a network on boards.

    The engine is elaborated, and what its text holds is counted; no tool is called. Cycles follow
    from what spikes when the reference runs on samples.

    Parameters
    ----------
    network : QuantizedNetwork
    task : Task, optional
        Whose test part has the samples; without one, there are no means.
    design : EventDesign, optional
        The engine; the default one unless given.
    boards : sequence of str
        Names of boards; all unless given.
    samples : int
        How many of the test part, at most.

    Raises
    ------
    DataError
        The network cannot do the task, or cannot run on the engine.
    ValueError
        There is no such board.
    """
    instance(QuantizedNetwork)("network", network)
    optional(instance(Task))("task", task)
    samples = whole(1)("samples", samples)
    design = EventDesign() if design is None else design
    instance(EventDesign)("design", design)
    plain = network.network
    check_design(design, plain)
    chosen = [board_named(name) for name in boards] or list(BOARDS.values())
    found, worst = contents_on(plain, design), design.worst_cycles(plain)
    given = samples_of(network, task, most=samples)
    cycles = None if given is None else float(given.cycles(design).mean())
    made = tuple(
        on_board(
            board, joined(list(found.values())), cycles=cycles,
            synops=None if given is None else given.synops, worst=worst,
        )
        for board in chosen
    )
    busy = () if given is None else given.busy(design)
    known = [one for one in made if one.size is not None]
    return Estimate(
        design=design, cycles=cycles, worst_cycles=worst,
        samples=said_of(task, most=samples), layers=tuple(_layers(plain, found, busy)), boards=made,
        advice="" if not known or any(one.fits for one in known) else _advice(
            plain, design, [one.board for one in known]
        ),
    )


def _layers(
    network: Network, found: dict[str, Contents], busy: Sequence[float]
) -> Iterator[LayerEstimate]:
    rest = dict(found)
    for number, layer in enumerate(network.layers):
        inside = [
            path for path in rest if f".layer_{number}." in f"{path}."
        ]
        contents = joined([rest.pop(path) for path in inside])
        yield LayerEstimate(
            name=f"layers[{number}]", neurons=layer.neurons,
            cycles=busy[number] if busy else None, sizes=_sizes(contents),
        )
    yield LayerEstimate(
        name="the rest: link, memories, decision", neurons=0, cycles=None,
        sizes=_sizes(joined(list(rest.values()))),
    )


def _sizes(contents: Contents) -> dict[str, Size]:
    return {
        family: size_of(contents, family=family, large=has_large(family)) for family in families()
    }


def _advice(network: Network, design: EventDesign, boards: Sequence[Board]) -> str:
    """Say which smaller design would fit which board, or by how much the smallest still does not.

    Those are tried that take less and less: one bank, more neurons to an updater, rows read in
    parts, few commands of the link.
    """
    most = max(layer.neurons for layer in network.layers)
    fewest = replace(design, banks=1, share=most, fold=16, commands="few")
    smaller = [
        replace(design, banks=1, share=most), replace(fewest, commands=design.commands), fewest,
    ]
    closest = ""
    for one in smaller:
        contents = joined(list(contents_on(network, one).values()))
        each = [
            (board, lacking(size_of(
                contents, family=board.family.name, large=board.device.large > 0
            ), board))
            for board in boards
        ]
        how = f"1 bank, share {one.share}" + ("" if one.fold is None else f", fold {one.fold}")
        how += "" if one.commands == "all" else f", {one.commands} commands"
        fitting = [board for board, short in each if not short]
        if fitting:
            names = ", ".join(board.name for board in fitting)
            return f"It would fit {names} with {how}"
        board, short = min(each, key=lambda pair: mean(
            over / max(1, pair[0].device.room.get(kind, 0)) for kind, over in pair[1].items()
        ))
        closest = f"With {how} it still lacks {lack_words(short)} of {board.title}"
    return f"{closest}; take a smaller network, or fewer weight bits"


def print_estimate(found: Estimate, *, console: Console | None = None) -> None:
    """Print an estimate as tables, each marked as one.

    Parameters
    ----------
    found : Estimate
    console : rich.console.Console, optional
    """
    instance(Estimate)("found", found)
    console = terminal.console() if console is None else console
    cycles = "" if found.cycles is None else f"≈ {found.cycles:.1f} cycles an inference, "
    console.print(
        f"Estimate: {found.design}; {cycles}at most {found.worst_cycles} by its bound; "
        f"{found.samples}", highlight=False, markup=False,
    )
    console.print(_layer_table(found))
    console.print(_board_table(found))
    if found.advice:
        console.print(f"It fits no board. {found.advice}.", highlight=False, markup=False)
    console.print(
        f"Sizes are fitted to networks that were built (`{COMMAND}`); look-up tables of others are "
        f"off by {_errors()}. Times are at the board's "
        "clock; whether a design meets it shows when it is placed (`spikewright build`).",
        highlight=False, markup=False,
    )


def _errors() -> str:
    """Say how far estimates are off, of the networks that they are tested with."""
    return ", ".join(
        f"{100 * min(off):+.0f} to {100 * max(off):+.0f} % ({family}, {len(off)} networks)"
        for family in families() if (off := errors_of(family))
    )


def _layer_table(found: Estimate) -> Table:
    table = Table(title="Layers, estimate", title_justify="left")
    for heading in ("layer", "neurons", "≈ cycles", *(
        f"≈ {what}, {family}" for family in families() for what in ("LUT", "block RAM")
    )):
        table.add_column(heading)
    for layer in found.layers:
        table.add_row(
            layer.name, str(layer.neurons or ""), format_value(layer.cycles), *(
                str(value) for family in families()
                for value in (layer.sizes[family].lut, layer.sizes[family].bram)
            ),
        )
    return table


def _board_table(found: Estimate) -> Table:
    table = Table(title="Boards, estimate", title_justify="left")
    for heading in (
        "board", "part", "fits", "≈ LUT", "≈ FF", "≈ block RAM", "≈ large RAM",
        "clock, MHz", "≈ µs, mean", "µs, at most", "≈ µJ",
    ):
        table.add_column(heading, overflow="fold")
    for one in found.boards:
        size, board = one.size, one.board
        fits = "not known" if size is None else "yes"
        if one.lacking:
            fits = f"no: lacks {lack_words(one.lacking)}"
        table.add_row(
            board.name, board.device.label, fits,
            *(format_value(None if size is None else getattr(size, kind)) for kind in SHOWN),
            f"{board.clock_hz / 1e6:g}", format_value(one.latency_us),
            format_value(one.worst_us), format_value(one.energy_uj),
        )
    return table
