"""``spikewright bench boards``: one network on a virtual board of each family, side by side.

Each board is the top of its own family at its own clock. All answers have to equal the reference,
and one another; each report has to be a sound record. Where bitstreams are built, too, each has its
size and its highest clock, or says why there is none.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from spikewright_hw.checks import flag, optional, pathlike, whole

from .. import terminal
from ..coding.coding import encode
from ..device.boards import open_board
from ..errors import BuildError, DataError, DeviceError, ToolError
from ..gateware.bitstream import Bitstream, build_bitstream
from ..gateware.board import Board, board_named
from ..gateware.closing import LIMIT_S
from ..gateware.design import run_reference
from ..job.observations import make_report
from ..job.progress import JobProgress
from ..job.training import train
from ..quantized.network import QuantizedNetwork
from ..quantized.on_task import check_fits
from ..record.check import report_faults
from ..record.comparison import comparison
from ..record.report import Report
from ..record.run_report import run_name
from ..record.store import write_report
from ..record.table import print_table
from ..task.digest import known_as
from ..task.known import load_task
from ..task.task import Task

__all__ = ["FAMILIES", "bench_boards"]

#: A board of each family.
FAMILIES = ("icebreaker", "ulx3s", "arty-a7-35", "tangnano20k")


def bench_boards(
    network: QuantizedNetwork | None = None,
    *,
    task: Task | None = None,
    boards: Sequence[str] = FAMILIES,
    samples: int | None = None,
    place: bool = False,
    limit_s: float = LIMIT_S,
    build: str | Path = "build",
    command: str = "spikewright bench boards",
    console: Console | None = None,
) -> Report:
    """Run one network on virtual boards; print and write what they report, side by side.

    Parameters
    ----------
    network : QuantizedNetwork, optional
        A network for the task; trained with seed 0, or taken from the cache, if not given.
    task : Task, optional
        The digits, if not given.
    boards : sequence of str
        Their names: two at least.
    samples : int, optional
        The first samples of the test part; all, if not given.
    place : bool
        Whether the bitstream of each board is built, too, for size and highest clock. A board
        whose bitstream cannot be built is compared without it, and a line says why.
    limit_s : float
        Seconds for placing and routing one bitstream, with all seeds together.
    build : str or Path
        Folder of everything generated; the reports are ``reports/boards``, and of another task
        than the digits ``reports/boards-TASK``, with a folder in it for each board.
    command : str
        What repeats it, as the reports name it.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        The network is not for the task, or there are fewer boards than two, or one of them twice.
    DeviceError
        Values differ from the reference, or between boards, or a record is not sound.
    ToolError, BuildError, StorageError
        A virtual board cannot be compiled.
    ValueError
        There is no such board.
    """
    console = terminal.console() if console is None else console
    build = pathlike("build", build)
    optional(whole(1))("samples", samples)
    flag("place", place)
    chosen = [board_named(name) for name in boards]
    if len(chosen) < 2:
        raise DataError("boards are compared with one another; name two, at least")
    names = [board.name for board in chosen]
    if twice := [one for one in names if names.count(one) > 1]:
        raise DataError(f"the board {twice[0]} is named twice; name each once")
    task = load_task("digits") if task is None else task
    name = "boards" + run_name(known_as(task), stochastic=False).removeprefix("run")
    folder, reports, answered, missed = build / "reports" / name, {}, {}, {}
    with JobProgress() as progress:
        if network is None:
            with progress.part("Training, seed 0"):
                network = train(task, seed=0, build=build)
        check_fits(network, task, argument="network")
        spikes = encode(task.x_test[:samples], network.coding)
        expected = run_reference(network, spikes)
        for board in chosen:
            with progress.part(f"{board.title}, virtual") as tell:
                tell("compiling, unless it was compiled before")
                with open_board(network, board=board, build=build) as opened:
                    answers = opened.infer_all(spikes)
            answered[board.name] = answers.predictions
            built, reason = None, "none was asked for"
            if place:
                with progress.part(f"Bitstream for {board.title}") as tell:
                    built, reason = _built(network, board, limit_s, build, tell)
                    missed |= {board.title: reason} if reason else {}
            made = make_report(
                answers, expected, task=task, network=network, bitstream=built,
                no_bitstream=reason, command=command,
            )
            reports[board.name] = replace(made, name=board.name)
            write_report(reports[board.name], folder / board.name)
    report = comparison(reports, name=name)
    print_table(report, console=console)
    path = write_report(report, folder)
    lines = [f"There is no bitstream for {title}: {reason}" for title, reason in missed.items()]
    for line in [*lines, f"The page with the pictures is {path.with_name('report.html')}"]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    _check(reports, answered, folder)
    return report


def _built(
    network: QuantizedNetwork, board: Board, limit_s: float, build: Path,
    progress: Callable[[str], None],
) -> tuple[Bitstream | None, str]:
    """Return the bitstream, or why there is none."""
    try:
        return build_bitstream(
            network, board=board, limit_s=limit_s, build=build, progress=progress
        ), ""
    except (BuildError, ToolError) as error:
        return None, str(error)


def _check(reports: dict[str, Report], answered: dict[str, np.ndarray], folder: Path) -> None:
    """Raise :exc:`~spikewright.errors.DeviceError` for whatever is wrong of a board."""
    first, *others = answered
    wrong = [
        f"{name} and {first} answer differently"
        for name in others if not np.array_equal(answered[name], answered[first])
    ]
    for name in reports:
        wrong += [f"{name}: {fault}" for fault in report_faults(folder / name)]
    if wrong:
        raise DeviceError(f"the boards are not alike: {'; '.join(wrong)}")
