"""Keywords in sessions: accuracies are counted again from the answers of each repeat."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from .task_audit import TaskAudit, raw_log, word

__all__ = ["KEYWORD_FSCIL"]

#: Words, and recordings asked, after each session: of the benchmark, and of its rehearsal.
_ASKED = {
    False: [(100 + 10 * more, 100 * (100 + 10 * more)) for more in range(11)],
    True: [(6, 180), (8, 240), (10, 300)],
}
_REPEATS = 10


def _recounted(data: dict[str, Any]) -> dict[str, float]:
    each = [fmean(row["repeats"]) for row in data["rows"]]
    return {"accuracy_base": each[0], "accuracy_last": each[-1], "accuracy_average": fmean(each)}


def _impossible(data: dict[str, Any], folder: Path) -> Iterator[str]:
    log = raw_log(folder / "answers.npz")
    for number, row in enumerate(data["rows"]):
        if row["session"] != number:
            yield f"row {number} is of session {row['session']}"
        yield from _faults(row, log)


def _faults(row: dict[str, Any], log: Mapping[str, np.ndarray]) -> Iterator[str]:
    session, scores, new = row["session"], [], []
    for repeat in range(len(row["repeats"])):
        what = f"session {session}, repeat {repeat}"
        labels, answers = (log[f"{repeat}_{session}_{one}"] for one in ("labels", "answers"))
        if labels.shape != answers.shape or len(labels) != row["asked"]:
            yield f"{what}: answers.npz has not an answer for each of {row['asked']:,} recordings"
            return
        if np.unique(labels).tolist() != list(range(row["words"])):
            yield f"{what}: not every one of {row['words']} words is asked"
            return
        before = log[f"{repeat}_{session - 1}_labels"] if session else labels[:0]
        if not np.array_equal(labels[: len(before)], before):
            yield f"{what}: other words are asked than after the session before"
        right = labels == answers
        scores.append(100 * float(right.mean()))
        if session:
            new.append(100 * float(right[labels >= row["base"]].mean()))
    counted = {"accuracy": fmean(scores), "lowest": min(scores), "highest": max(scores)}
    counted["new"] = fmean(new) if new else 0.0
    for name, value in counted.items():
        if not abs(value - row[name]) <= 1e-9:
            yield f"session {session}: {name} is {row[name]:g}, and by its answers {value:g}"
    if any(abs(one - two) > 1e-9 for one, two in zip(scores, row["repeats"], strict=True)):
        yield f"session {session}: a repeat has another accuracy than its answers"


def _missing(data: dict[str, Any], rehearsal: bool) -> Iterator[str]:
    there = [(row["words"], row["asked"]) for row in data["rows"]]
    if there != (wanted := _ASKED[rehearsal]):
        yield (
            f"its {len(there)} sessions, with {there[-1][0]} words at last, are others than the "
            f"{len(wanted)} of {'the rehearsal' if rehearsal else 'the benchmark'}"
        )
    for row in data["rows"]:
        if len(row["repeats"]) != _REPEATS:
            yield f"session {row['session']}: {len(row['repeats'])} repeats of {_REPEATS}"


def _headline(data: dict[str, Any]) -> tuple[str, str]:
    rows, value = data["rows"], {one["name"]: one["value"] for one in data["figures"]}
    rehearsed = data["name"].endswith("-rehearsal")
    shots = int(word(r", of (\d+) recordings of each new word", data["summary"], "shots"))
    each = [fmean(row["repeats"]) for row in rows]
    board = "No board was asked."
    if "on_board" in value:
        board = (
            "A virtual board, which was sent the weights of each session, answered "
            f"{value['on_board']} recordings, in which {value['mismatches']} of "
            f"{value['compared']:,} values differ from the reference, in "
            f"{value['cycles_mean']:,.0f} cycles each: simulated."
        )
    return (
        "NeuroBench keywords, few shots, classes added" + ": a rehearsal" * rehearsed,
        "A rehearsal on spoken digits: these are not the benchmark's words. " * rehearsed
        + f"{each[0]:.2f} % of the base words, {each[-1]:.2f} % of all {rows[-1]['words']} words "
        f"after the last session, {fmean(each):.2f} % on average over {len(rows)} sessions, of "
        f"{shots} recordings of each new word, in integers. {board} Nothing is measured.",
    )


KEYWORD_FSCIL = TaskAudit(
    name="keyword-fscil", title="Keyword few-shot class-incremental learning", track="algorithm",
    quick="2 epochs, 2 repeats, no virtual board", rehearsal="spoken digits",
    recounted=_recounted, impossible=_impossible, missing=_missing, headline=_headline,
)
