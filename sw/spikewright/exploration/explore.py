"""The exploration: train, run and build what axes span, and report it in one table.

points -> trainings -> references -> simulations -> bitstreams -> rows of a report
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from spikewright_hw.checks import instance, one_of, optional, pathlike, settle, text, whole, wholes

from .. import terminal
from ..device.virtual import NEEDED_TOOLS
from ..errors import BuildError, DataError, SpikewrightError
from ..files import check_writable
from ..gateware.bitstream import needed_tools
from ..gateware.closing import LIMIT_S, ClockMissed
from ..job.progress import JobProgress
from ..job.training import training_key, versions
from ..machine import processor
from ..quantized.network import MOST_SEED, QuantizedNetwork
from ..record.exploration import Explored, exploration_report
from ..record.report import Report
from ..record.store import write_report
from ..record.table import print_table
from ..task.digest import task_digest
from ..task.known import load_task
from ..task.task import Task
from ..task.validation import validation
from ..tools import require_all
from . import work
from .axes import points
from .point import Point, point_of
from .results import Refused, Results
from .workers import Cluster, Processes, Workers, lost

__all__ = ["UNTIL", "Exploration", "explore"]

#: How far each point is taken, each including those before it.
UNTIL = ("accuracy", "cycles", "bitstream")
#: What stands for a result that was refused.
Found = QuantizedNetwork | dict | Refused


@dataclass(frozen=True, kw_only=True)
class Exploration:
    """What to compare, and how far.

    Parameters
    ----------
    axes : mapping of str to sequence
        Values of each axis, by its name; see :data:`~spikewright.exploration.axes.AXES`.
    task : Task, optional
        The digits unless given. Its test part is not looked at.
    seeds : tuple of int
        Seeds that each network is trained from; scores are means over them.
    draws : int, optional
        So many points at random, in the place of the whole grid.
    draw_seed : int
        Of the random points.
    until : str
        ``accuracy``: train, and run the held-out part on the reference. ``cycles``: also run the
        first ``samples`` of it on a virtual board. ``bitstream``: also place and route the network
        of the first seed.
    samples : int
        For the virtual board.
    fold : int
        Which of five parts of the training part is held out, from 0.
    workers : int, optional
        Processes of this machine; one for each processor unless given.
    scheduler : str
        Address of the scheduler of a Dask cluster, to use its workers in the place of processes.
    limit_s : float
        Seconds for placing and routing a network, with all seeds of the placer together.
    name : str
        The report is ``explore-NAME``.
    build : Path
        Folder of everything generated. Results are kept there, so that the same exploration, or
        one that shares points with it, goes on from them.
    command : str
        The command line that the report names.
    """

    axes: Mapping[str, Sequence[Any]] = field(hash=False)
    task: Task | None = None
    seeds: tuple[int, ...] = (0,)
    draws: int | None = None
    draw_seed: int = 0
    until: str = "cycles"
    samples: int = 20
    fold: int = 0
    workers: int | None = None
    scheduler: str = ""
    limit_s: float = LIMIT_S
    name: str = ""
    build: Path = Path("build")
    command: str = "import spikewright"

    def __post_init__(self):
        settle(
            self,
            task=optional(instance(Task)),
            seeds=wholes(0, MOST_SEED),
            draws=optional(whole(1, 1_000_000)),
            draw_seed=whole(0),
            until=one_of(UNTIL),
            samples=whole(1),
            fold=whole(0, 4),
            workers=optional(whole(1, 1000)),
            scheduler=text,
            name=text,
            build=pathlike,
        )
        if not self.seeds:
            raise ValueError("seeds is empty; give at least one seed to train")
        if self.scheduler and self.workers is not None:
            raise ValueError(
                f"workers is {self.workers}, but scheduler names a cluster, which has its own; "
                "leave one of the two out"
            )


def explore(exploration: Exploration, *, console: Console | None = None) -> Report:
    """Work out every point, and write the report; what is there from before is not done again.

    Scores are of a fifth of the training part that is held out, so nothing is chosen on the test
    part.

    Parameters
    ----------
    exploration : Exploration
        What to compare, and how far.
    console : rich.console.Console, optional
        Where progress is shown.

    Raises
    ------
    SpikewrightError
        An axis or a value of one is none, no point can be trained, a tool is missing, or every
        worker is lost. Results until then are kept.
    """
    instance(Exploration)("exploration", exploration)
    console = console or terminal.console(stderr=True)
    whole_task = load_task("digits") if exploration.task is None else exploration.task
    task = validation(whole_task, fold=exploration.fold)
    settings = points(exploration.axes, draws=exploration.draws, seed=exploration.draw_seed)
    _check_at_once(exploration)
    made, refused = _made(settings, task)
    with _workers(exploration, task) as workers, JobProgress(console) as progress:
        rounds = _Rounds(exploration, task, workers, progress)
        explored = [*map(rounds.row, made, rounds.of(made)), *refused]
    report = exploration_report(
        explored, task=whole_task.name, name=exploration.name or whole_task.name,
        held_out=len(task.x_test), classes=bool(task.classes), seeds=exploration.seeds,
        samples=exploration.samples, command=exploration.command,
        made={**versions(), "processor": processor(), "folder": str(exploration.build / "explore")},
    )
    folder = exploration.build / "reports" / report.name
    write_report(report, folder)
    print_table(report)
    console.print(
        f"The page with the pictures is {folder / 'report.html'}", soft_wrap=True, highlight=False
    )
    return report


def _check_at_once(exploration: Exploration) -> None:
    """Refuse before any work what would be missed after it."""
    check_writable(exploration.build, folder=True)
    if exploration.scheduler:
        return  # the workers' tools are not those of this machine
    if exploration.until != "accuracy":
        require_all(NEEDED_TOOLS)


def _made(
    settings: Sequence[Mapping[str, Any]], task: Task
) -> tuple[list[Point], list[Explored]]:
    """Return the points, and those that cannot be, with why."""
    made: list[Point] = []
    refused: list[Explored] = []
    for each in settings:
        try:
            made.append(point_of(each, task))
        except (ValueError, SpikewrightError) as error:
            refused.append(Explored(settings=each, refused=str(error)))
    if not made:
        raise DataError(
            f"none of {len(refused)} points can be trained and run; of the first: "
            f"{refused[0].refused}" if len(refused) > 1 else refused[0].refused
        )
    return made, refused


def _workers(exploration: Exploration, task: Task) -> Workers:
    if exploration.scheduler:
        return Cluster(task, address=exploration.scheduler)
    return Processes(task, count=exploration.workers or os.cpu_count() or 1)


class _Rounds:
    """The rounds of an exploration; in each, whatever is the same for several points is done once.

    Parameters
    ----------
    exploration : Exploration
    task : Task
        With the held-out part in the place of the test part.
    workers : Workers
    progress : JobProgress
    """

    def __init__(
        self, exploration: Exploration, task: Task, workers: Workers, progress: JobProgress
    ):
        self._asked = exploration
        self._task = task
        self._common = {"task": task_digest(task), "code": work.code()}
        self._workers = workers
        self._progress = progress
        self._results = Results(exploration.build / "explore")

    def of(self, made: Sequence[Point]) -> list[list[dict[str, Found]]]:
        """Work all points out; return what each round found, of each point and seed."""
        seeds, build = self._asked.seeds, self._asked.build
        found: list[list[dict[str, Found]]] = [[{} for _ in seeds] for _ in made]

        def run(kind: str, title: str, function: Callable, things: Callable) -> None:
            """Do a round of what is still wanted; ``things`` returns key and arguments."""
            wanted = {
                (at, number): things(point, seed, found[at][number].get("networks"))
                for at, point in enumerate(made)
                for number, seed in enumerate(seeds)
                if not any(isinstance(one, Refused) for one in found[at][number].values())
            }
            wanted = {place: thing for place, thing in wanted.items() if thing is not None}
            for place, result in self._round(kind, title, function, wanted).items():
                found[place[0]][place[1]][kind] = result

        run("networks", "Training", work.trained, lambda point, seed, _: (
            training_key(self._task, point.config, seed=seed), (point.config, seed, build)
        ))
        run("references", "Reference", work.referenced, lambda point, _, network: (
            self._key(network, design=point.design), (network, point.design)
        ))
        if self._asked.until != "accuracy":
            samples = min(self._asked.samples, len(self._task.x_test))
            run("simulations", "Virtual board", work.simulated, lambda point, _, network: (
                self._key(network, design=point.design, samples=samples),
                (network, point.design, point.board, samples, build),
            ))
        if self._asked.until == "bitstream":
            if not self._asked.scheduler:
                for point in made:
                    require_all(needed_tools(point.board))
            run("bitstreams", "Bitstream", work.built, lambda point, seed, network: (
                self._key(network, design=point.design, board=point.board.name,
                          clock_hz=point.board.clock_hz),
                (network, point.design, point.board, self._asked.limit_s, build),
            ) if seed == seeds[0] else None)
        return found

    def row(self, point: Point, found: Sequence[Mapping[str, Found]]) -> Explored:
        """Return what was found of a point."""
        for one in found:
            for result in one.values():
                if isinstance(result, Refused):
                    return Explored(settings=point.settings, refused=str(result))

        def results(kind: str) -> list[dict]:
            given = [one.get(kind) for one in found]
            return [one for one in given if isinstance(one, dict)]

        built = results("bitstreams")
        return Explored(
            settings=point.settings,
            references=results("references"),
            simulations=results("simulations"),
            bitstream=built[0] if built else None,
        )

    def _key(self, network: QuantizedNetwork, *, design: Any, **more: Any) -> dict[str, Any]:
        return {
            **self._common, "network": network.network.digest().hex(),
            "coding": repr(network.coding), "design": repr(design), **more,
        }

    def _round(
        self, kind: str, title: str, function: Callable, wanted: Mapping[Any, tuple]
    ) -> dict[Any, Found]:
        """Do what is not there yet, each thing once; return the results by their places."""
        things: dict[str, tuple] = {repr(key): (key, given) for key, given in wanted.values()}
        results: dict[str, Found] = {}
        for name, (key, _) in things.items():
            try:
                result = self._results.find(kind, key)
            except Refused as why:
                result = why
            if result is not None:
                results[name] = result
        there = f", {len(results)} from before" if results else ""
        with self._progress.part(f"{title}: {len(things)}{there}") as tell, _losses_told():
            futures = {
                self._workers.submit(function, *given): name
                for name, (_, given) in things.items() if name not in results
            }
            for future in as_completed(futures):
                name = futures[future]
                results[name] = self._taken(kind, things[name][0], future)
                tell(f"{len(results)} of {len(things)}")
        return {place: results[repr(key)] for place, (key, _) in wanted.items()}

    def _taken(self, kind: str, key: dict[str, Any], future: Future) -> Found:
        """Return a worker's result, and store it; raise what is no result."""
        try:
            result = future.result()
        except (ClockMissed, DataError, ValueError) as error:
            self._results.refuse(kind, key, str(error))
            return Refused(str(error))
        except BuildError as error:  # a tool was stopped, or killed: another time it may be done
            return Refused(str(error))
        self._results.keep(kind, key, result)
        return result


@contextmanager
def _losses_told() -> Iterator[None]:
    """Say in a sentence that workers are gone."""
    try:
        yield
    except BaseException as error:
        if not lost(error):
            raise
        raise SpikewrightError(
            "every worker that was given a point has ended; what was done is kept, so the same "
            "command goes on from there"
        ) from error
