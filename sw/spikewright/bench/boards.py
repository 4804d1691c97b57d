"""``spikewright bench boards``: one network on a virtual board of each family, side by side.

Each board is the top of its own family at its own clock, with the same engine. All answers have to
equal the reference, and one another; each report has to be a sound record. Where bitstreams are
built, too, each has its size and its highest clock, or says why there is none.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from spikewright_hw.checks import flag, optional, pathlike, whole
from spikewright_hw.engine.design import EventDesign

from .. import terminal
from ..coding.coding import encode
from ..device.answers import Answers
from ..device.boards import open_board
from ..device.several import infer_on, virtual_boards
from ..device.virtual import NEEDED_TOOLS
from ..errors import BuildError, DataError, DeviceError, ToolError
from ..gateware.bitstream import Bitstream, build_bitstream, needed_tools
from ..gateware.board import Board, board_named
from ..gateware.closing import LIMIT_S
from ..gateware.design import run_reference
from ..job.observations import make_report
from ..job.progress import JobProgress
from ..job.training import train
from ..network.reference import Run
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
from ..task.samples import wanted_samples
from ..task.task import Task
from ..tools import require_all
from .board_designs import design_for
from .boards_compared import check_page, write_page

__all__ = ["FAMILIES", "bench_boards"]

#: A board of each family.
FAMILIES = ("icebreaker", "ulx3s", "arty-a7-35", "tangnano20k")


def bench_boards(
    network: QuantizedNetwork | None = None,
    *,
    task: Task | None = None,
    boards: Sequence[str] = FAMILIES,
    design: EventDesign | None = None,
    samples: int | None = None,
    place: bool = False,
    limit_s: float = LIMIT_S,
    pages: bool = False,
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
    design : EventDesign, optional
        The engine on all of them; the fastest of a few that fits each one, by estimate, if not
        given.
    samples : int, optional
        The first samples of the test part; all, if not given.
    place : bool
        Whether the bitstream of each board is built, too, for size and highest clock. A board
        whose bitstream cannot be built is compared without it, and a line says why; at once, where
        a tool is missing.
    limit_s : float
        Seconds for placing and routing one bitstream, with all seeds together.
    pages : bool
        Whether the table of ``docs/boards_compared.md`` in the checkout is written, too.
    build : str or Path
        Folder of everything generated; the reports are ``reports/boards``, and of another task
        than the digits ``reports/boards-TASK``, with a folder in it for each board.
    command : str
        What repeats it, as the reports name it.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        The network is not for the task, there are fewer boards than two, or one of them twice, or
        fewer test samples; or the page is not there.
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
    chosen = _chosen(boards)
    task = load_task("digits") if task is None else task
    wanted_samples(samples, test=task.x_test, task=task.name)
    name = "boards" + run_name(known_as(task), stochastic=False).removeprefix("run")
    if flag("pages", pages):
        check_page(name)
    require_all(NEEDED_TOOLS)
    missed = _without_tools(chosen) if place else {}
    _say(missed, console)
    with JobProgress() as progress:
        if network is None:
            with progress.part("Training, seed 0"):
                network = train(task, seed=0, build=build)
        check_fits(network, task, argument="network")
        if design is None:
            with progress.part("An engine for all boards, by estimate"):
                design = design_for(network, chosen)
        spikes = encode(task.x_test[:samples], network.coding)
        trial = _Trial(
            network=network, task=task, design=design, spikes=spikes,
            expected=run_reference(network, spikes, design=design), place=place, limit_s=limit_s,
            build=build, command=command, missed=missed,
        )
        for board in chosen:
            trial.run(board, folder=build / "reports" / name, progress=progress)
    report = trial.joined(name=name)
    print_table(report, console=console)
    path = write_report(report, build / "reports" / name)
    _say(missed, console)
    line = f"The page with the pictures is {path.with_name('report.html')}"
    console.print(line, markup=False, highlight=False, soft_wrap=True)
    _check(trial.reports, trial.answered, path.parent)
    if pages:
        write_page(report, [board.name for board in chosen])
    return report


@dataclass(kw_only=True)
class _Trial:
    """A network and what every board is asked, and what came of each."""

    network: QuantizedNetwork
    task: Task
    design: EventDesign
    spikes: np.ndarray
    expected: Run
    place: bool
    limit_s: float
    build: Path
    command: str
    #: Why there is no bitstream, by the title of a board.
    missed: dict[str, str]
    #: By the name of a board: its report, and the classes that it answered.
    reports: dict[str, Report] = field(default_factory=dict)
    answered: dict[str, np.ndarray] = field(default_factory=dict)

    def run(self, board: Board, *, folder: Path, progress: JobProgress) -> None:
        """Run the samples on a virtual board, build its bitstream, write its report."""
        answers = self._answers(board, progress)
        built = None
        if self.place and board.title not in self.missed:
            with progress.part(f"Bitstream for {board.title}") as tell:
                built = self._built(board, tell)
        made = make_report(
            answers, self.expected, task=self.task, network=self.network, bitstream=built,
            no_bitstream=self.missed.get(board.title, "none was asked for"), command=self.command,
        )
        self.answered[board.name] = answers.predictions
        self.reports[board.name] = replace(made, name=board.name)
        write_report(self.reports[board.name], folder / board.name)

    def _answers(self, board: Board, progress: JobProgress) -> Answers:
        """Return what virtual boards answer, as many as run at once."""
        with progress.part(f"{board.title}, virtual") as tell, ExitStack() as opened:
            tell("compiling, unless it was compiled before")
            sessions = [
                opened.enter_context(
                    open_board(self.network, board=board, design=self.design, build=self.build)
                )
                for _ in range(virtual_boards(len(self.spikes)))
            ]
            return infer_on(
                sessions, self.spikes, progress=lambda done: tell(f"{done} of {len(self.spikes)}")
            )

    def _built(self, board: Board, progress: Callable[[str], None]) -> Bitstream | None:
        """Return the bitstream; note why there is none."""
        try:
            return build_bitstream(
                self.network, board=board, design=self.design, limit_s=self.limit_s,
                build=self.build, progress=progress,
            )
        except (BuildError, ToolError) as error:
            self.missed[board.title] = str(error)
            return None

    def joined(self, *, name: str) -> Report:
        """Return the comparison, with the engine of all, and with what was not built."""
        report, (first, *_) = comparison(self.reports, name=name), self.reports.values()
        said = {
            "network": first.made["network"][:8], "engine": str(self.design),
            "command": self.command,
        }
        absent = {f"no bitstream of {title}": reason for title, reason in self.missed.items()}
        return replace(report, made={**report.made, **said, **absent})


def _chosen(boards: Sequence[str]) -> list[Board]:
    """Return the boards of these names; refuse fewer than two, and one twice."""
    chosen = [board_named(name) for name in boards]
    if len(chosen) < 2:
        raise DataError("boards are compared with one another; name two, at least")
    names = [board.name for board in chosen]
    if twice := [one for one in names if names.count(one) > 1]:
        raise DataError(f"the board {twice[0]} is named twice; name each once")
    return chosen


def _without_tools(boards: Sequence[Board]) -> dict[str, str]:
    """Return why a bitstream cannot be built, of boards whose tools are not there."""
    missed = {}
    for board in boards:
        try:
            require_all(needed_tools(board))
        except ToolError as error:
            missed[board.title] = str(error)
    return missed


def _say(missed: dict[str, str], console: Console) -> None:
    for title, reason in missed.items():
        line = f"There is no bitstream for {title}: {reason}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


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
