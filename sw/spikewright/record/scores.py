"""How well a run met its targets, as figures: the accuracy of labels, or the error of values."""

from typing import Any

import numpy as np

from spikewright.task.metrics import class_scores, error, explained

from .figure import Computed, Figure
from .run_record import RunRecord

__all__ = ["figures", "interval"]

#: Standard deviations of a normal distribution that hold 95 % of it.
_Z = 1.959964
#: Times as often as the rarest class that the most frequent one is asked, from which accuracy says
#: little by itself.
_UNEVEN = 4


def figures(record: RunRecord) -> list[Figure]:
    """Return the scores of the float network, of the deployed one, and their means over seeds."""
    name, unit, factor = ("error", "1", 1) if record.of_values else ("accuracy", "%", 100)
    what = "root of the mean squared error" if record.of_values else "right predictions"
    kind = "virtual" if record.board.virtual else "real"
    method = Computed(
        f"{what} on the test split by the float network, before it was quantised and trained on as "
        "integers; taken from the network file, where training recorded it"
    )
    made = [Figure(f"{name}_float", factor * record.score_float, unit, method)]
    board = f"{record.board.name}, {kind} board"
    for which, who, split, answers in (
        ("integer", "the integer reference", "the test split", record.answers_integer),
        ("device", board, record.split, record.answers_device),
    ):
        by = f"on {split}, deployed network, by {who}"
        score = _errors if record.of_values else _accuracy
        targets = record.targets[: len(answers)]
        made += score(which, answers, targets, what, by)
        if not record.of_values and _is_uneven(record.targets):
            made.append(_balanced(which, answers, targets, by))
    for which, who, scores in (
        ("float", "float networks before quantisation", record.training.score_float),
        ("integer", "deployed networks as integers", record.training.score_integer),
    ):
        each = [factor * float(score) for score in scores]
        method = Computed(
            f"mean over {len(each)} trained seeds on the test split, {who}; from the network files"
        )
        detail = {"per_seed": each, "seeds": list(record.training.seeds)}
        made.append(Figure(f"{name}_{which}_mean", float(np.mean(each)), unit, method, detail))
    return made


def interval(right: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, by Wilson's score (JASA 22, 1927).

    Unlike that of a normal distribution it stays within 0 and 1, and is right of few samples.
    """
    share, weight = right / of, _Z**2 / of
    middle = (share + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * ((share * (1 - share) + weight / 4) / of) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def _baseline(targets: np.ndarray) -> float:
    """Return the share of the most frequent class: what is right without looking."""
    return float(np.unique(targets, return_counts=True)[1].max() / targets.size)


def _accuracy(
    which: str, answers: np.ndarray, targets: np.ndarray, what: str, by: str
) -> list[Figure]:
    right = int((answers == targets).sum())
    detail: dict[str, Any] = {"right": right, "samples": len(answers)}
    low, high = interval(right, targets.size)
    detail |= {"low": 100 * low, "high": 100 * high, "baseline": 100 * _baseline(targets)}
    if targets.ndim > 1:
        detail["steps"] = targets.shape[1]
    share = 100 * right / targets.size
    return [Figure(f"accuracy_{which}", share, "%", Computed(f"{what} {by}"), detail)]


def _is_uneven(targets: np.ndarray) -> bool:
    """Return whether one class is asked far more often than another."""
    counts = np.unique(targets, return_counts=True)[1]
    return bool(counts.max() >= _UNEVEN * counts.min())


def _balanced(which: str, answers: np.ndarray, targets: np.ndarray, by: str) -> Figure:
    """Return the balanced accuracy, and how each class that is asked was told."""
    classes = int(max(targets.max(), answers.max())) + 1
    found = class_scores(answers.ravel(), targets.ravel(), classes=classes)
    each = {"f1": found.f1, "recall": found.recall, "precision": found.precision}
    detail = {
        name: {str(one): 100 * float(shares[one]) for one in np.unique(targets)}
        for name, shares in each.items()
    }
    method = Computed(f"mean recall of the classes that are asked, {by}")
    return Figure(f"balanced_accuracy_{which}", 100 * found.balanced, "%", method, detail)


def _errors(
    which: str, answers: np.ndarray, targets: np.ndarray, what: str, by: str
) -> list[Figure]:
    detail = {"samples": len(answers)}
    made = [Figure(
        f"error_{which}", error(answers, targets), "1",
        Computed(f"{what} {by}, in the unit of the targets"), detail,
    )]
    share = explained(answers, targets)
    if share is not None:
        method = Computed(f"R²: share of the targets' variance that is explained, {by}")
        made.append(Figure(f"r2_{which}", share, "1", method, detail))
    return made
