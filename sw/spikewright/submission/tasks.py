"""The tasks that can be submitted."""

import hashlib
from dataclasses import asdict, replace
from statistics import mean, median
from typing import Any

from spikewright_hw.checks import one_of

from ..forecast.benchmark import MackeyGlassBenchmark, neurobench_mackey_glass
from ..qubo.benchmark import QuboBenchmark, neurobench_qubo
from ..record.figure import Figure, Simulated
from ..record.report import Report
from .task import Said, Task, Trial

__all__ = ["TASKS", "task_named"]

_SIMULATED = Simulated("the core independent_set", "its one definition, cycle by cycle")


def _qubo(quick: bool) -> QuboBenchmark:
    if quick:
        return QuboBenchmark(nodes=(10, 25, 50), runs=2, timeout_s=1e-3)
    return QuboBenchmark()


def _run_qubo(trial: Trial) -> Report:
    """Run the workloads with seeds of the trial's own."""
    benchmark = _qubo(trial.quick)
    seed = trial.number * benchmark.runs
    return neurobench_qubo(
        replace(benchmark, settings=replace(benchmark.settings, seed=seed)),
        command=f"spikewright neurobench qubo --seed {seed}", directory=trial.folder,
        console=trial.console,
    )


def _qubo_results(report: Report) -> tuple[Figure, ...]:
    rows = report.rows
    times = [float("inf") if (time := row["seconds_to_gap_0"]) is None else time for row in rows]
    made = [
        Figure("cost_mean", mean(row["cost"] for row in rows), "1", _SIMULATED),
        Figure(
            "targets_reached", sum(row["cost"] <= row["target"] for row in rows), "1", _SIMULATED
        ),
    ]
    if (middle := median(times)) < float("inf"):
        made.append(Figure("time_to_target_us", 1e6 * middle, "µs", _SIMULATED))
    return tuple(made)


def _qubo_system() -> dict[str, Any]:
    """Return the groups of a record of the system track."""
    benchmark = _qubo(False)
    solver = benchmark.solver
    size = f"{solver.capacity} vertices, {solver.lanes} neurons in a word"
    return {
        "identity": {
            "system": f"independent-set solver, {size}",
            "part": f"none: {solver.clock_hz / 1e6:g} MHz, {solver.clock_source}",
            "virtual": True, "engine": "independent_set", "task": "QUBO, maximum independent set",
            "algorithm": "spiking search with random rest",
            "network": hashlib.sha256(
                repr((asdict(solver), asdict(benchmark.settings))).encode()
            ).hexdigest(),
        },
        "power": {
            "method": "none", "instrument": None, "tap": None, "sampling_rate_hz": None,
            "window_s": None, "idle": "none: no power is measured or estimated",
        },
        "phases": {
            "pre_processing": "none on the device; the graph is loaded before time begins",
            "inference": "from the loaded graph to the set that the solver itself has seen",
            "classification": "none; the host counts the set's edges once more",
        },
    }


QUBO = Task(
    name="qubo", title="QUBO, maximum independent set", track="system",
    run=_run_qubo, results=_qubo_results, system=_qubo_system,
    quick="graphs of at most 50 vertices, 2 runs of 1 ms",
    said=Said(
        architecture="One core, independent_set (docs/cores/independent_set.md): a neuron for each "
        "vertex, the graph as a bitmap in block RAM, inhibition along its edges. No processor. "
        "Its cycles are those of its definition, to which the gateware is held by simulation; "
        "no board is asked.",
        algorithm="A neuron that no neighbour inhibits spikes and joins the set; it leaves it by "
        "chance, so that others may join. Rest, spread and noise are the same for all graphs, "
        "and were chosen on graphs of other seeds than the benchmark's.",
        workflow=(
            "host: graph by the benchmark's rule", "graph in block RAM", "time begins",
            "solver: passes over all neurons", "solver: sees a larger set",
            "host: set, counted once more",
        ),
        measurement="Simulated: a time is the cycle in which a set is seen, over an assumed clock. "
        "Nothing is measured, and power is neither measured nor estimated. Each trial has seeds "
        "of its own.",
        included=("the solver's cycles, its tracking of cost and target among them",),
        omitted=(
            "loading of the graph", "the link to the host", "power of any part",
            "place and route: the clock is assumed",
        ),
    ),
)


def _run_mackey_glass(trial: Trial) -> Report:
    """Run the benchmark; nothing is drawn, and the board is asked in the first trial alone."""
    benchmark = MackeyGlassBenchmark(on_board=100 if trial.number == 0 else 0)
    if trial.quick:
        benchmark = MackeyGlassBenchmark(taus=(17,), repeats=3, on_board=0)
    return neurobench_mackey_glass(
        benchmark, directory=trial.folder, build=trial.build, console=trial.console,
        command=f"spikewright neurobench mackey-glass --on-board {benchmark.on_board}"
        + " --tau 17 --repeats 3" * trial.quick,
    )


#: Figures of a forecast that are claimed.
_CLAIMED = (
    "smape", "footprint_bytes", "connection_sparsity", "activation_sparsity", "dense_operations",
    "effective_macs", "effective_acs",
)

MACKEY_GLASS = Task(
    name="mackey-glass", title="Chaotic function prediction, Mackey-Glass", track="algorithm",
    run=_run_mackey_glass, quick="tau 17 alone, 3 repeats, no virtual board",
    results=lambda report: tuple(report[name] for name in _CLAIMED),
    said=Said(
        architecture="One network in integers: seven values as graded inputs, 448 spiking neurons "
        "that share 128 weights of 8 bits, one readout with 448 (docs/mackey_glass.md). It runs "
        "on the event engine; the figures are by its integer reference, which a virtual board "
        "equals in 100 forecasts of the first trial (not in the quick form).",
        algorithm="Spikes are the binary digits of the values; the readout's weights are the "
        "slopes of straight pieces, learned by ridge regression on the 750 values of a repeat "
        "and rounded to 8 bits.",
        workflow=(
            "host: last values as whole numbers of 14 bits", "graded inputs, first step",
            "population: digits as spikes, 8 steps", "readout: sum of slopes",
            "host: answer is the newest value",
        ),
        measurement="Computed and simulated: scores and operations by the integer reference, "
        "cycles by a virtual board. Nothing is measured; there is no power or time in this track.",
        included=("all weights, and states of neurons, in bits", "all synaptic operations"),
        omitted=("the host's rounding and the scale of an answer", "operations within neurons"),
    ),
)

#: By the name on the command line.
TASKS = {task.name: task for task in (QUBO, MACKEY_GLASS)}


def task_named(name: str) -> Task:
    """Return the task of a name. Raises :exc:`ValueError` if there is none."""
    return TASKS[one_of(tuple(TASKS))("task", name)]
