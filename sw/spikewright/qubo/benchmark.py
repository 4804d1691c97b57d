"""``spikewright neurobench qubo``: a graph, or the workloads of the benchmark, and what is reached.

Times are cycles of the gateware over a clock: nothing runs on a board, and nothing is measured.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

from rich.console import Console

from spikewright_hw.checks import (
    Rule,
    flag,
    instance,
    optional,
    plain,
    real,
    settle,
    shown,
    whole,
)
from spikewright_hw.qubo.search import QuboSearch

from .. import terminal
from ..errors import DeviceError
from ..record.benchmark import Benchmark, Outcome, made_by, said
from ..record.markdown import counted, table, wrapped
from ..record.report import Report
from .beside import beside_host, host_lines, largest, largest_lines
from .board import QuboAnswer
from .energy import energy_figures, energy_lines, energy_uj, is_small
from .graph import VIOLATED
from .solve import QuboSolution, QuboSolver, solve_qubo
from .workload import QuboWorkload, qubo_workloads

__all__ = ["GAPS", "TIMES_S", "QuboBenchmark", "print_qubo_solution"]

HEADINGS = (
    "nodes", "density", "target", "best known", "cost", "best", "time to the target, longest"
)

#: Times after which the benchmark asks for the cost, s.
TIMES_S = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
#: Blocks of the page: workloads of a large solver and of a small one, the others beside.
_SMALL = "small"
_BLOCKS = ("results", _SMALL, "host", "largest")
#: Shares of the target cost that may be missing, for which it asks for the time.
GAPS = (0.1, 0.05, 0.01)

_SOLVER, _SEARCH = QuboSolver(), QuboSearch()


#: Sizes of the benchmark's workloads that are run, if none are named.
_SIZES = (10, 25, 50, 100, 250, 500, 1000)


def _chosen(what: str) -> Rule:
    """Make the rule of values of the benchmark's workloads: one at least, and each once."""

    def rule(name: str, value: Any) -> tuple[Any, ...]:
        there = sorted({getattr(one, what) for one in qubo_workloads()})
        told, chosen = ", ".join(map(str, there)), plain(value)
        if not isinstance(chosen, list | tuple):
            raise ValueError(f"{name} is {shown(value)}; it must be a list, of {told}")
        for one in chosen:
            if one not in there:
                raise ValueError(f"{what} is {shown(one)}; the benchmark has {told}")
        if not chosen or len(set(chosen)) < len(chosen):
            raise ValueError(f"{name} is {shown(list(chosen))}; name each once, and at least one")
        return tuple(chosen)

    return rule


@dataclass(frozen=True, kw_only=True)
class QuboBenchmark(Benchmark):
    """Workloads of NeuroBench's QUBO benchmark: which to run, and how.

    Parameters
    ----------
    nodes : sequence of int, optional
        Sizes of the workloads; those of up to 1,000 that the solver holds, unless given.
    densities : sequence of float
        Their densities.
    solver : QuboSolver
        Size and clock.
    settings : QuboSearch
        The same for all workloads, but for the seed.
    timeout_s : float, at least 0
        Time of a run, s.
    runs : int, at least 1
        Runs of each workload, with seeds from that of ``settings`` on.
    host : bool
        Whether D-Wave's tabu search and simulated annealing get the same graphs and time on this
        machine, too. They come with the extra ``samplers``.
    largest : bool
        Whether the largest sizes A and B are tried: the most vertices of density 0.01 and 1 that
        the solver holds and finds a cost below 0 for.
    """

    page: ClassVar[Path] = Path("docs") / "qubo.md"

    nodes: Sequence[int] | None = None
    densities: Sequence[float] = (0.01, 0.05, 0.1, 0.25)
    solver: QuboSolver = _SOLVER
    settings: QuboSearch = _SEARCH
    timeout_s: float = 0.01
    runs: int = 5
    host: bool = False
    largest: bool = False

    def __post_init__(self):
        settle(
            self, solver=instance(QuboSolver), settings=instance(QuboSearch), timeout_s=real(0),
            runs=whole(1), host=flag, largest=flag, nodes=optional(_chosen("nodes")),
            densities=_chosen("density"),
        )
        if self.nodes is None:
            held = tuple(size for size in _SIZES if size <= self.solver.capacity)
            if not held:
                raise ValueError(
                    f"capacity is {self.solver.capacity}; the benchmark's smallest graph has "
                    f"{_SIZES[0]} vertices"
                )
            object.__setattr__(self, "nodes", held)

    def workloads(self) -> tuple[QuboWorkload, ...]:
        """Return the workloads of these sizes and densities."""
        sizes = self.nodes or ()
        return tuple(
            one for one in qubo_workloads()
            if one.nodes in sizes and one.density in self.densities
        )

    @property
    def name(self) -> str:
        """Name of the report."""
        return "qubo"

    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        """Run the workloads, on all processors."""
        chosen = self.workloads()
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            rows = tuple(pool.map(partial(_row, self), chosen))
        if self.host:  # one at a time, so that each has a processor to itself
            rows = beside_host(rows, chosen, timeout_s=self.timeout_s, runs=self.runs)
        report = _report(self, rows, command)
        blocks = _blocks(self, report)
        name = _results(self)
        told = f"{said(report, 'Clock: ' + report.made['clock'] + '.')}\n\n{blocks[name]}"
        return Outcome(
            report=report, lines="\n\n".join(blocks.values()).splitlines(),
            blocks=dict.fromkeys(_BLOCKS) | blocks | {name: told},
        )


def _report(
    benchmark: QuboBenchmark, rows: Sequence[dict[str, Any]], command: str
) -> Report:
    """Return the report: a row for each workload."""
    reached = sum(row["cost"] <= row["target"] for row in rows)
    known = sum(row["best_cost"] <= row["best_known"] for row in rows)
    lower = sum(row["best_cost"] < row["best_known"] for row in rows)
    solver, time = benchmark.solver, _time(benchmark.timeout_s)
    return Report(
        name=benchmark.name,
        title="NeuroBench QUBO: maximum independent sets",
        summary=(
            f"Simulated, nothing measured: cycles of the gateware at {solver.clock_hz / 1e6:g} "
            f"MHz, {solver.lanes} neurons in a word. After {time}, median of "
            f"{counted(benchmark.runs, 'run')}: the target is reached on {reached} of {len(rows)} "
            f"workloads. Best of the runs: the lowest published cost on {known}, of which {lower} "
            "lower." + " Energies, of an iCE40 UP5K, are an Estimate." * is_small(solver)
        ),
        figures=(
            *(largest(solver, timeout_s=benchmark.timeout_s) if benchmark.largest else ()),
            *(energy_figures(rows, GAPS) if is_small(solver) else ()),
        ),
        rows=tuple(rows),
        made={
            **made_by(command),
            "clock": f"{solver.clock_hz / 1e6:g} MHz, {solver.clock_source}",
            "cost": f"-1 for each vertex of the set, {VIOLATED} for each edge within it",
            "seeds of the runs": ", ".join(str(one.seed) for one in _settings(benchmark)),
            "rest, spread, noise": f"{benchmark.settings.rest}, {benchmark.settings.spread}, "
            f"{benchmark.settings.noise}",
        } | ({"dwave-samplers": metadata.version("dwave-samplers")} if benchmark.host else {}),
    )


def _settings(benchmark: QuboBenchmark) -> list[QuboSearch]:
    """Return the settings of each run."""
    first = benchmark.settings.seed
    return [replace(benchmark.settings, seed=first + run) for run in range(benchmark.runs)]


def _row(benchmark: QuboBenchmark, workload: QuboWorkload) -> dict[str, Any]:
    """Run a workload; return its row."""
    graph = workload.graph()
    runs = [
        solve_qubo(graph, solver=benchmark.solver, settings=one, timeout_s=benchmark.timeout_s)
        for one in _settings(benchmark)
    ]
    costs = [one.cost for one in runs]
    row: dict[str, Any] = {
        "nodes": workload.nodes, "density": workload.density, "seed": workload.seed,
        "target": workload.target, "best_known": workload.best_known,
        "cost": median(costs), "best_cost": min(costs), "worst_cost": max(costs),
        "vertices": list(min(runs, key=lambda one: one.cost).vertices),
    }
    for time in TIMES_S:
        if time <= benchmark.timeout_s:
            row[f"cost_after_{time:g}_s"] = -median(one.size_after(time) for one in runs)
    for gap in (*GAPS, 0):
        row[f"seconds_to_gap_{gap:g}"] = time = _time_to(runs, -workload.target, gap)
        if is_small(benchmark.solver):
            row[f"microjoules_to_gap_{gap:g}"] = energy_uj(time, benchmark.solver)
    return row


def _time_to(runs: Sequence[QuboSolution], size: int, gap: float) -> float | None:
    """Return the median time to a set that misses a share of a size; None if half the runs do."""
    needed = ceil(size * (1 - gap) - 1e-9)
    times = sorted(
        float("inf") if time is None else time
        for time in (one.seconds_to(needed) for one in runs)
    )
    middle = times[len(times) // 2]
    return None if middle == float("inf") else middle


def _lines(report: Report) -> list[str]:
    """Return the lines of a table with a row for each size and density."""
    groups: dict[tuple[int, float], list[dict[str, Any]]] = {}
    for row in report.rows:
        groups.setdefault((row["nodes"], row["density"]), []).append(row)
    return list(table(HEADINGS, (_cells(*key, rows) for key, rows in groups.items())))


def _cells(nodes: int, density: float, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the cells of a row: of each seed, and the longest time to a target."""
    times = [row["seconds_to_gap_0"] for row in rows]
    return [
        str(nodes), f"{density:g}",
        *(
            " ".join(f"{row[name]:g}" for row in rows)
            for name in ("target", "best_known", "cost", "best_cost")
        ),
        "not reached" if None in times else _time(max(times)),
    ]


def _results(benchmark: QuboBenchmark) -> str:
    """Return the block of the page that has the table of the workloads."""
    return _SMALL if is_small(benchmark.solver) else _BLOCKS[0]


def _blocks(benchmark: QuboBenchmark, report: Report) -> dict[str, str]:
    """Return the tables, by the names of their blocks in the page."""
    blocks = {_results(benchmark): "\n".join(_lines(report))}
    if is_small(benchmark.solver):
        blocks[_SMALL] += "\n\n" + "\n".join(energy_lines(report.rows, GAPS))
    if benchmark.host:
        said = wrapped(
            f"dwave-samplers {report.made['dwave-samplers']} on one processor of this machine, "
            f"{report.made['processor']}; {_time(benchmark.timeout_s)} a run, median of "
            f"{counted(benchmark.runs, 'run')}. Of the annealing, processor time of its reads."
        )
        blocks["host"] = "\n".join([said, "", *host_lines(report.rows)])
    if benchmark.largest:
        blocks["largest"] = "\n".join(largest_lines(report.figures[:2]))
    return blocks


def _time(seconds: float) -> str:
    """Return a time as a person reads it."""
    for unit, name in ((1, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds / 1e-6:.3g} us"


def print_qubo_solution(solution: QuboSolution, *, console: Console | None = None) -> None:
    """Print what was found of a graph: its cost, when it was seen, and the vertices.

    Parameters
    ----------
    solution : QuboSolution
    console : rich.console.Console, optional
    """
    instance(QuboSolution)("solution", solution)
    console = terminal.console() if console is None else console
    _print_set(solution, solution.reached, "simulated", console)


def print_qubo_answer(
    answer: QuboAnswer, *, reference: QuboSolution, console: Console | None = None
) -> None:
    """Print what a board found, and hold it to the search's definition.

    Parameters
    ----------
    answer : QuboAnswer
    reference : QuboSolution
        Of :func:`solve_qubo` on the same graph, with the board's solver, settings, time and target.
    console : rich.console.Console, optional

    Raises
    ------
    DeviceError
        The board found another set, or saw it in another cycle; what it found is printed first.
    """
    instance(QuboAnswer)("answer", answer)
    instance(QuboSolution)("reference", reference)
    console = terminal.console() if console is None else console
    how = f"counted by a virtual board, {answer.simulator}" if answer.simulator else "counted"
    _print_set(answer, answer.reached, how, console)
    if (answer.vertices, answer.reached) != (reference.vertices, reference.reached):
        raise DeviceError(
            f"the search's definition finds a set of {len(reference.vertices)} vertices after "
            f"{reference.reached} cycles, and the board another; build and load its bitstream again"
        )
    console.print("The search's definition finds the same set in the same cycle.")


def _print_set(
    found: QuboSolution | QuboAnswer, reached: int, how: str, console: Console
) -> None:
    graph, solver = found.graph, found.solver
    if not found.vertices:
        console.print(
            f"{graph.name}: no set was seen in this time; give the search more, by a longer "
            "timeout",
            highlight=False, markup=False,
        )
        return
    console.print(
        f"{graph.name}: {graph.count} vertices, {len(graph.edges)} edges.\n"
        f"cost {found.cost}: an independent set of {len(found.vertices)} vertices, seen "
        f"after {reached} cycles, {_time(reached / solver.clock_hz)} at "
        f"{solver.clock_hz / 1e6:g} MHz ({how}; the clock is {solver.clock_source})\n"
        f"vertices, numbered from 0: {' '.join(map(str, found.vertices))}",
        highlight=False, markup=False,
    )
