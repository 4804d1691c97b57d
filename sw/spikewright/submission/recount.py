"""Results of a trial, counted once more from its rows, without the code that made them.

A set of vertices is counted against its graph, which is drawn again; a mean is taken again; what no
trial can have is named.
"""

import csv
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

import networkx
import numpy as np

__all__ = ["impossible", "recounted"]


def recounted(task: str, data: dict[str, Any]) -> dict[str, float]:
    """Return results that follow from the rows of a trial's report, by their names."""
    return (_qubo_results if task == "qubo" else _mackey_glass_results)(data)


def impossible(task: str, data: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for each row that cannot be."""
    for row in data["rows"]:
        yield from (_qubo_faults if task == "qubo" else _mackey_glass_faults)(row)


def _qubo_results(data: dict[str, Any]) -> dict[str, float]:
    rows = data["rows"]
    found = {
        "cost_mean": fmean(row["cost"] for row in rows),
        "targets_reached": float(sum(row["cost"] <= row["target"] for row in rows)),
    }
    middle = median(
        math.inf if row["seconds_to_gap_0"] is None else row["seconds_to_gap_0"] for row in rows
    )
    return found if middle == math.inf else found | {"time_to_target_us": middle * 1e6}


def _qubo_faults(row: dict[str, Any]) -> Iterator[str]:
    nodes, density, seed = row["nodes"], row["density"], row["seed"]
    what = f"n {nodes}, density {density:g}, seed {seed}"
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


def _mackey_glass_results(data: dict[str, Any]) -> dict[str, float]:
    return {"smape": fmean(data["rows"][0]["repeats"])}


def _mackey_glass_faults(row: dict[str, Any]) -> Iterator[str]:
    what, scores = f"tau {row['tau']}", row["repeats"]
    if not all(0 <= one <= 200 for one in scores):
        yield f"{what}: a score lies outside of 0 to 200"
    counted = {
        "smape": fmean(scores), "median": median(scores), "lowest": min(scores),
        "highest": max(scores), "deviation": stdev(scores),
    }
    for name, value in counted.items():
        if not math.isclose(value, row[name], rel_tol=1e-9):
            yield f"{what}: {name} is {row[name]:g}, and that of its repeats is {value:g}"
    known = Path(__file__).parents[1] / "forecast" / "series.csv"
    with known.open(encoding="ascii", newline="") as file:
        hashes = {line["tau"]: line["sha256"] for line in csv.DictReader(file)}
    if hashes.get(str(row["tau"])) != row["sha256"]:
        yield f"{what}: the series has another hash than the one that is known"
