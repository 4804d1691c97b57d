"""Mackey-Glass: scores are taken together again, and a series is the one that is known."""

import csv
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from .task_audit import TaskAudit

__all__ = ["MACKEY_GLASS"]

_REPEATS = 30


def _recounted(data: dict[str, Any]) -> dict[str, float]:
    return {"smape": fmean(data["rows"][0]["repeats"])}


def _impossible(data: dict[str, Any], folder: Path) -> Iterator[str]:
    for row in data["rows"]:
        yield from _faults(row)


def _faults(row: dict[str, Any]) -> Iterator[str]:
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
    if _hashes().get(row["tau"]) != row["sha256"]:
        yield f"{what}: the series has another hash than the one that is known"


@cache
def _hashes() -> dict[int, str]:
    """Read the hashes of the series, by their delay."""
    file = Path(__file__).parents[2] / "forecast" / "series.csv"
    with file.open(encoding="ascii", newline="") as lines:
        return {int(one["tau"]): one["sha256"] for one in csv.DictReader(lines)}


def _missing(data: dict[str, Any], rehearsal: bool) -> Iterator[str]:
    there = [row["tau"] for row in data["rows"]]
    if sorted(there) != sorted(_hashes()):
        yield f"its rows are of tau {', '.join(map(str, there))}; the benchmark asks for 17 to 30"
    for row in data["rows"]:
        if len(row["repeats"]) != _REPEATS:
            yield f"tau {row['tau']}: {len(row['repeats'])} repeats of {_REPEATS}"


def _headline(data: dict[str, Any]) -> tuple[str, str]:
    row, figures = data["rows"][0], {one["name"]: one["value"] for one in data["figures"]}
    said = (
        f"tau {row['tau']}, {len(row['repeats'])} repeats: sMAPE {fmean(row['repeats']):.2f}, "
        f"standard deviation {stdev(row['repeats']):.2f}, by the integer reference."
    )
    if "echo_state_smape" in figures:
        said += (
            " The leaderboard's echo state network, trained here: "
            f"{figures['echo_state_smape']:.2f}."
        )
    if "compared" in figures:
        said += (
            f" A virtual board gave the same answers in {figures['compared']} forecasts, each from "
            "its own before: simulated."
        )
    else:
        said += " No board was asked."
    return "NeuroBench Mackey-Glass: forecasts by a spiking network", said + " Nothing is measured."


MACKEY_GLASS = TaskAudit(
    name="mackey-glass", title="Chaotic function prediction, Mackey-Glass", track="algorithm",
    quick="tau 17 alone, 3 repeats, no virtual board",
    recounted=_recounted, impossible=_impossible, missing=_missing, headline=_headline,
)
