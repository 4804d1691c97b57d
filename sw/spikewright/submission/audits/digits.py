"""The digits, the main job: scores and times are counted again from the samples."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

from .task_audit import TaskAudit

__all__ = ["DIGITS"]

#: Of the classes of the test part, in their order, a byte each.
_TARGETS = "4446639e9df9674497b29d83e0e4eecdf184c74e79f24f6bd3fadceec9f8bea5"
_SAMPLES = 360


def _recounted(data: dict[str, Any]) -> dict[str, float]:
    rows, clock = data["rows"], {one["name"]: one["value"] for one in data["figures"]}["clock_mhz"]
    cycles = fmean(row["cycles"] for row in rows)
    return {
        "accuracy_device": 100 * fmean(row["answer"] == row["target"] for row in rows),
        "cycles_mean": cycles,
        "cycles_max": float(max(row["cycles"] for row in rows)),
        "latency_us": cycles / clock,
        "synops_per_inference": fmean(row["synops"] for row in rows),
    }


def _impossible(data: dict[str, Any], folder: Path) -> Iterator[str]:
    for row in data["rows"]:
        if not (0 <= row["answer"] <= 9 and row["cycles"] > 0 and row["synops"] >= 0):
            yield f"sample {row['sample']}: an answer, or a count, that cannot be"
        if row["answer"] != row["reference"]:
            yield f"sample {row['sample']}: the board's answer is another than the reference's"
    if [row["sample"] for row in data["rows"]] != list(range(len(data["rows"]))):
        yield "its rows are not of the first samples, each once"


def _missing(data: dict[str, Any], rehearsal: bool) -> Iterator[str]:
    if len(data["rows"]) != _SAMPLES:
        yield f"it has {len(data['rows'])} samples of the {_SAMPLES} of the test part"
    elif hashlib.sha256(bytes(row["target"] for row in data["rows"])).hexdigest() != _TARGETS:
        yield "its targets are others than those of the test part"


def _headline(data: dict[str, Any]) -> tuple[str, str]:
    rows, who = data["rows"], data["system"]["identity"]
    score = 100 * fmean(row["answer"] == row["target"] for row in rows)
    clock = {one["name"]: one["value"] for one in data["figures"]}["clock_mhz"]
    simulator = re.search(r"simulated by ([^.]+(?:\.\d[^.]*)*)\.", data["summary"])
    part = ""
    if len(rows) < _SAMPLES:
        part = f" The first {len(rows)} of the {_SAMPLES} samples of the test split."
    return f"digits: {score:.4g} % right, on a virtual {who['system']}", (
        f"{who['algorithm']}; {who['engine']}; {who['system']} ({who['part']}) at {clock:g} MHz, "
        "on a virtual board: no hardware, the gateware simulated by "
        f"{simulator[1] if simulator else 'nothing'}.{part}"
    )


DIGITS = TaskAudit(
    name="run", title="Digits, the main job", track="system",
    quick="the first 20 samples, no bitstream",
    recounted=_recounted, impossible=_impossible, missing=_missing, headline=_headline,
)
