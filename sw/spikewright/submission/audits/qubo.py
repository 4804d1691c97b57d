"""QUBO: sets of vertices are counted against their graphs, which are drawn again."""

import csv
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import fmean, median
from typing import Any

import networkx
import numpy as np

from .task_audit import TaskAudit, word

__all__ = ["QUBO"]

#: Most vertices of a workload of the whole form.
_MOST = 1000


def _recounted(data: dict[str, Any]) -> dict[str, float]:
    rows = data["rows"]
    found = {
        "cost_mean": fmean(row["cost"] for row in rows),
        "targets_reached": float(sum(row["cost"] <= row["target"] for row in rows)),
    }
    middle = median(
        math.inf if row["seconds_to_gap_0"] is None else row["seconds_to_gap_0"] for row in rows
    )
    return found if middle == math.inf else found | {"time_to_target_us": middle * 1e6}


def _impossible(data: dict[str, Any], folder: Path) -> Iterator[str]:
    for row in data["rows"]:
        yield from _faults(row)


def _faults(row: dict[str, Any]) -> Iterator[str]:
    nodes, density, seed = row["nodes"], row["density"], row["seed"]
    what = f"n {nodes}, density {density:g}, seed {seed}"
    known = _known().get((nodes, density, seed))
    if known != (row["target"], row["best_known"]):
        yield (
            f"{what}: target and best_known are {row['target']} and {row['best_known']}, and "
            + ("those of the benchmark {} and {}".format(*known) if known else "it has none such")
        )
    vertices = set(row["vertices"])
    if len(vertices) < len(row["vertices"]) or not vertices <= set(range(nodes)):
        yield f"{what}: vertices has one that is there twice, or that the graph has not"
        return
    inside = np.zeros(nodes, bool)
    inside[list(vertices)] = True
    edges = int(inside[_edges(nodes, density, seed)].all(axis=1).sum())
    if (cost := 8 * edges - len(vertices)) != row["best_cost"]:
        yield f"{what}: best_cost is {row['best_cost']}, and that of its vertices is {cost}"
    if not row["best_cost"] <= row["cost"] <= row["worst_cost"]:
        ends = f"{row['best_cost']} to {row['worst_cost']}"
        yield f"{what}: cost is {row['cost']:g}, outside of {ends}"
    for name, time in row.items():
        if name.startswith("seconds_to_gap_") and time is not None and time <= 0:
            yield f"{what}: {name} is {time:g}; nothing is found at once"


@cache
def _edges(nodes: int, density: float, seed: int) -> np.ndarray:
    """Draw a graph by the benchmark's rule; return its edges, ``[edges, 2]``."""
    graph = networkx.gnm_random_graph(nodes, int(0.5 * density * nodes**2), seed=seed)
    return np.array(list(graph.edges()), np.int32).reshape(-1, 2)


@cache
def _known() -> dict[tuple[int, float, int], tuple[int, int]]:
    """Read the costs that were published, by size, density and seed."""
    file = Path(__file__).parents[2] / "qubo" / "targets.csv"
    with file.open(encoding="ascii", newline="") as lines:
        return {
            (int(one["nodes"]), float(one["density"]), int(one["seed"])):
            (int(one["target"]), int(one["best_known"]))
            for one in csv.DictReader(lines)
        }


def _missing(data: dict[str, Any], rehearsal: bool) -> Iterator[str]:
    asked = {one for one in _known() if one[0] <= _MOST}
    there = [(row["nodes"], row["density"], row["seed"]) for row in data["rows"]]
    if len(there) != len(asked) or set(there) != asked:
        yield (
            f"its {len(there)} rows are others than the {len(asked)} workloads of up to {_MOST:,} "
            "vertices"
        )


def _headline(data: dict[str, Any]) -> tuple[str, str]:
    rows, said = data["rows"], data["summary"]
    reached = sum(row["cost"] <= row["target"] for row in rows)
    known = sum(row["best_cost"] <= row["best_known"] for row in rows)
    lower = sum(row["best_cost"] < row["best_known"] for row in rows)
    clock = data["made"]["clock"].partition(",")[0]
    lanes = word(r"MHz, (\d+) neurons in a word", said, "neurons of a word")
    runs = len(data["made"]["seeds of the runs"].split(", "))
    time = word(r"After ([\d.]+ (?:us|ms|s)), ", said, "time")
    return "NeuroBench QUBO: maximum independent sets", (
        f"Simulated, nothing measured: cycles of the gateware at {clock}, {lanes} neurons in a "
        f"word. After {time}, median of {runs} run{'s' * (runs > 1)}: "
        f"the target is reached on {reached} of {len(rows)} workloads. Best of the runs: "
        f"the lowest published cost on {known}, of which {lower} lower."
    )


QUBO = TaskAudit(
    name="qubo", title="QUBO, maximum independent set", track="system",
    quick="graphs of at most 50 vertices, 2 runs of 1 ms",
    recounted=_recounted, impossible=_impossible, missing=_missing, headline=_headline,
)
