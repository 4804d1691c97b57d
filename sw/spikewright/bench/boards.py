"""``spikewright bench boards``: one network on a virtual board of each family, side by side.

Each board is the top of its own family at its own clock. All answers have to equal the reference,
and one another; each report has to be a sound record.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from spikewright_hw.checks import optional, pathlike, whole

from .. import terminal
from ..coding.coding import encode
from ..device.boards import open_board
from ..errors import DataError, DeviceError
from ..gateware.board import board_named
from ..gateware.design import run_reference
from ..job.observations import make_report
from ..job.progress import JobProgress
from ..job.training import train
from ..quantized.network import QuantizedNetwork
from ..quantized.on_task import check_fits
from ..record.check import report_faults
from ..record.comparison import comparison
from ..record.report import Report
from ..record.store import write_report
from ..record.table import print_table
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
    build: str | Path = "build",
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
    build : str or Path
        Folder of everything generated; the reports are ``reports/boards``, and a folder in it for
        each board.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        The network is not for the task, or there are fewer boards than two.
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
    chosen = [board_named(name) for name in boards]
    if len(chosen) < 2:
        raise DataError("boards are compared with one another; name two, at least")
    task = load_task("digits") if task is None else task
    folder, reports, answered = build / "reports" / "boards", {}, {}
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
            made = make_report(
                answers, expected, task=task, network=network, command="spikewright bench boards"
            )
            reports[board.name] = replace(made, name=board.name)
            write_report(reports[board.name], folder / board.name)
    report = comparison(reports, name="boards")
    print_table(report, console=console)
    path = write_report(report, folder)
    line = f"The page with the pictures is {path.with_name('report.html')}"
    console.print(line, markup=False, highlight=False, soft_wrap=True)
    _check(reports, answered, folder)
    return report


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
