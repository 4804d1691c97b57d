"""Acoustic scenes: the accuracy is counted again from the answers, and times and energies follow.

A front end takes ten cycles a channel and one more for each sample. An energy is cycles times 592
pJ, the energy of a cycle of a busy processor on an iCE40 UP5K.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .task_audit import TaskAudit, raw_log, word

__all__ = ["ASC"]

_SAMPLES, _CLASSES, _RATE, _CHANNELS = 16_240, 4, 8_000, 16
#: Spoken digits of a rehearsal's test part.
_DIGITS = 300
#: Seconds of a recording, which are samples one after the other.
_RECORDING = 10
_MJ_A_CYCLE, _ROOM = 592e-9, 5280
_REHEARSAL = "fsdd, a rehearsal"


def _figures(data: dict[str, Any]) -> dict[str, float]:
    return {one["name"]: one["value"] for one in data["figures"]}


def _clock_mhz(data: dict[str, Any]) -> float:
    return float(word(r"cycles at ([\d.]+) MHz", data["summary"], "clock"))


def _recounted(data: dict[str, Any]) -> dict[str, float]:
    figures, clock = _figures(data), 1e3 * _clock_mhz(data)
    found: dict[str, float] = {"front_end_cycles": (10 * _CHANNELS + 1) * _RATE}
    for part in ("front_end", "inference"):
        cycles = figures[f"{part}_cycles"]
        found |= {f"{part}_ms": cycles / clock, f"{part}_mj": cycles * _MJ_A_CYCLE}
    return found


def _impossible(data: dict[str, Any], folder: Path) -> Iterator[str]:
    log = raw_log(folder / "answers.npz")
    labels, answers = log["labels"], log["answers"]
    figures, own = _figures(data), data["rows"][0]
    scenes = own["sounds"] != _REHEARSAL
    if labels.shape != answers.shape or labels.ndim != 1 or not labels.size:
        yield "answers.npz has not an answer for each label"
        return
    if max(labels.max(), answers.max()) >= (_CLASSES if scenes else 10):
        yield "answers.npz has a label or an answer that is no class"
    right = 100 * float((labels == answers).mean())
    if figures["accuracy_integer"] != right:
        yield f"accuracy_integer is {figures['accuracy_integer']:g}, and by its answers {right:g}"
    if scenes and len(labels) % _RECORDING:
        yield f"answers.npz has {len(labels)} answers, no whole number of recordings"
    elif scenes and np.ptp(labels.reshape(-1, _RECORDING), axis=1).any():
        yield "answers.npz has a recording of two scenes"
    if (told := _count(data)) != len(labels):
        yield f"its accuracy is said to be of {told} sounds, and there are {len(labels)} answers"
    for name in ("front_end_ms", "front_end_mj", "inference_ms", "inference_mj"):
        if own[name] != figures[name]:
            yield f"{name} is {own[name]:g} in its rows, and {figures[name]:g} in its figures"
    if own["accuracy"] != figures["accuracy_integer"]:
        yield "the accuracy is another one in its rows than in its figures"


def _count(data: dict[str, Any]) -> int:
    """Return of how many sounds the accuracy is said to be."""
    (method,) = (
        one["source"]["method"] for one in data["figures"] if one["name"] == "accuracy_integer"
    )
    return int(word(r", (\d+) sounds of the test part$", method, "number of sounds"))


def _missing(data: dict[str, Any], rehearsal: bool) -> Iterator[str]:
    asked, sounds = (_DIGITS, _REHEARSAL) if rehearsal else (_SAMPLES, "asc")
    if (count := _count(data)) != asked:
        yield f"it has {count:,} samples of the {asked:,} of the test part"
    if (there := data["rows"][0]["sounds"]) != sounds:
        yield f"its sounds are {there}, and not " + (
            "spoken digits" if rehearsal else "all of the benchmark's"
        )


def _headline(data: dict[str, Any]) -> tuple[str, str]:
    figures, said = _figures(data), data["summary"]
    count = _count(data)
    right = round(figures["accuracy_integer"] / 100 * count)
    rehearsed = data["rows"][0]["sounds"] == _REHEARSAL
    lut, ff, bram, dsp = (figures[f"front_end_{one}"] for one in ("lut", "ff", "bram", "dsp"))
    engine = int(word(r"engine takes (\d+) LUTs", said, "size of the engine"))
    return "NeuroBench ASC: acoustic scenes", (
        ("A rehearsal: these are not the benchmark's sounds. " if rehearsed else "")
        + f"{right} of {count} right in integers. Nothing is measured: times are simulated cycles "
        f"at {_clock_mhz(data):g} MHz, energies an Estimate, both for 1 s of sound; "
        f"{figures['front_end_cycles'] / 1e6:.3g} MHz keep up with it. Front end on iCE40: {lut} "
        f"LUTs, {ff} flip-flops, {bram} block RAMs, {dsp} DSP. The network's engine takes {engine} "
        f"LUTs, so the two {'fit' if lut + engine <= _ROOM else 'do not fit'} on UP5K, which has "
        f"{_ROOM}."
    )


ASC = TaskAudit(
    name="asc", title="Acoustic scene classification", track="system",
    quick="12 training sounds of each class", rehearsal="spoken digits",
    recounted=_recounted, impossible=_impossible, missing=_missing, headline=_headline,
)
