"""Primate reaching: R² is computed again from all velocities that were decoded."""

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from .task_audit import TaskAudit, raw_log

__all__ = ["PRIMATE_REACHING"]

_RECORDINGS = (
    "indy_20160622_01", "indy_20160630_01", "indy_20170131_02", "loco_20170210_03",
    "loco_20170215_02", "loco_20170301_05",
)
#: Bins of a made recording's test part, and milliseconds of a bin.
_MADE_BINS, _BIN_MS = 15_000, 4


def _figures(data: dict[str, Any]) -> dict[str, float]:
    return {one["name"]: one["value"] for one in data["figures"]}


def _recounted(data: dict[str, Any]) -> dict[str, float]:
    return {"r2": fmean(row["r2"] for row in data["rows"])}


def _impossible(data: dict[str, Any], folder: Path) -> Iterator[str]:
    log = raw_log(folder / "decoded.npz")
    for row in data["rows"]:
        name = f"{row['recording']}_{row['seed']}"
        yield from _faults(row, log[f"{name}_true"], log[f"{name}_found"])
    if (time := _figures(data)["worst_ms"]) > _BIN_MS:
        yield f"worst_ms is {time:g}: a bin of {_BIN_MS} ms may not be decoded before the next one"


def _faults(row: dict[str, Any], true: np.ndarray, found: np.ndarray) -> Iterator[str]:
    what = f"{row['recording']}, seed {row['seed']}"
    if true.shape != (row["test_bins"], 2) or found.shape != true.shape:
        yield f"{what}: decoded.npz has not two velocities for each of {row['test_bins']:,} bins"
        return
    errors, spread = ((found - true) ** 2).sum(0), ((true - true.mean(0)) ** 2).sum(0)
    x, y = (1 - errors / spread).tolist()
    for name, value in {"r2_x": x, "r2_y": y, "r2": (x + y) / 2}.items():
        if not abs(value - row[name]) <= 1e-9:
            yield f"{what}: {name} is {row[name]:g}, and by what was decoded {value:g}"


def _missing(data: dict[str, Any], rehearsal: bool) -> Iterator[str]:
    there = sorted(row["recording"] for row in data["rows"])
    if not rehearsal and there != sorted(_RECORDINGS):
        yield f"its recordings are {', '.join(there)}; the benchmark has six others, or more"
    for row in data["rows"]:
        made = row["recording"] == f"synthetic-{row['seed']}"
        if rehearsal and not (made and row["test_bins"] == _MADE_BINS and len(there) == 1):
            yield f"{row['recording']} is not one made recording of {_MADE_BINS:,} test bins"


def _headline(data: dict[str, Any]) -> tuple[str, str]:
    value, count = _figures(data), len(data["rows"])
    title, said = "NeuroBench primate reaching", []
    if "kalman" in data["rows"][0]:
        title += ", rehearsed on made recordings"
        said.append(
            "Synthetic: the recordings are made, and are not the benchmark's; of theirs this says "
            f"nothing. The best linear decoder has an R² of {value['r2_best_linear']:.3f}."
        )
    said.append(f"R² {value['r2']:.3f} in integers, mean of {count} network{'s' * (count > 1)}.")
    if "on_board" in value:
        said.append(
            f"A virtual iCEBreaker decoded {value['on_board']:,} bins, in which "
            f"{value['mismatches']} of {value['compared']:,} values differ from the reference, in "
            f"{value['cycles_mean']:,.0f} cycles each, {value['latency_us'] / 1000:.3g} ms: "
            "simulated."
        )
    said.append(f"None takes more than {value['worst_ms']:.3g} ms; a bin has {_BIN_MS}.")
    return title, " ".join([*said, "Nothing is measured."])


PRIMATE_REACHING = TaskAudit(
    name="primate-reaching", title="Non-human primate motor prediction", track="algorithm",
    quick="one epoch, no virtual board", rehearsal="made recordings, of which no animal's are",
    recounted=_recounted, impossible=_impossible, missing=_missing, headline=_headline,
)
