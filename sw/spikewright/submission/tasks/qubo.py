"""QUBO: five trials with seeds of their own."""

import hashlib
from dataclasses import asdict, replace
from statistics import mean, median
from typing import Any

from ...qubo.benchmark import QuboBenchmark
from ...record.benchmark import run_benchmark
from ...record.figure import Figure, Simulated
from ...record.report import Report
from ..task import Said, Task, Trial

__all__ = ["QUBO"]

_SIMULATED = Simulated("the core independent_set", "its one definition, cycle by cycle")


def _benchmark(quick: bool) -> QuboBenchmark:
    if quick:
        return QuboBenchmark(nodes=(10, 25, 50), runs=2, timeout_s=1e-3)
    return QuboBenchmark()


def _run(trial: Trial) -> Report:
    """Run the workloads with seeds of the trial's own."""
    benchmark = _benchmark(trial.quick)
    seed = trial.number * benchmark.runs
    return run_benchmark(
        replace(benchmark, settings=replace(benchmark.settings, seed=seed)),
        command=f"spikewright neurobench qubo --seed {seed}", directory=trial.folder,
        console=trial.console,
    )


def _results(report: Report) -> tuple[Figure, ...]:
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


def _system(report: Report) -> dict[str, Any]:
    """Return the groups of a record of the system track."""
    benchmark = _benchmark(False)
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
    run=_run, results=_results, system=_system,
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
