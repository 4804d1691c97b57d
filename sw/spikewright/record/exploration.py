"""What an exploration found: a row for each point, and which points no other one beats."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any

from .front_plot import Spot, front_plot
from .report import Picture, Report, Section

__all__ = ["Explored", "exploration_report", "front"]

#: What a point costs, by column: fewer are better.
COSTS = {
    "cycles_mean": "clock cycles of an inference, mean",
    "lut": "LUTs",
    "bram": "block RAMs",
    "latency_us": "latency at the highest clock (µs)",
    "synops": "synaptic operations of an inference, mean",
}


@dataclass(frozen=True, kw_only=True)
class Explored:
    """What was found of a point.

    Parameters
    ----------
    settings : mapping
        The settings that are compared, by the names of their axes.
    references, simulations : sequence of dict
        Figures of each seed: of the reference on the held-out part, of a virtual board.
    bitstream : dict, optional
        Figures after place and route, of the first seed.
    refused : str
        Why there is no such thing; empty where there is.
    """

    settings: Mapping[str, Any]
    references: Sequence[Mapping[str, Any]] = field(default_factory=list)
    simulations: Sequence[Mapping[str, Any]] = field(default_factory=list)
    bitstream: Mapping[str, Any] | None = None
    refused: str = ""


def front(
    rows: Sequence[Mapping[str, Any]], cost: str, score: str, *, higher: bool
) -> list[int]:
    """Return the rows that no other one beats in cost and score, the cheapest first.

    One row beats another if it is no worse in both and better in one of them.

    Parameters
    ----------
    rows : sequence of mapping
        Those without a cost or a score are left out.
    cost, score : str
        The columns.
    higher : bool
        Whether a higher score is the better one.
    """
    sign = 1 if higher else -1
    known = [
        (row[cost], -sign * row[score], number) for number, row in enumerate(rows)
        if row[cost] is not None and row[score] is not None
    ]
    kept: list[tuple[float, float, int]] = []
    for one in sorted(known):
        if not kept or one[1] < kept[-1][1] or one[:2] == kept[-1][:2]:
            kept.append(one)
    return [number for _, _, number in kept]


def exploration_report(
    explored: Sequence[Explored], *, task: str, name: str, held_out: int, classes: bool,
    seeds: Sequence[int], samples: int, command: str, made: Mapping[str, str],
) -> Report:
    """Return the report of an exploration.

    Parameters
    ----------
    explored : sequence of Explored
    task, name : str
        What was learned; and the exploration's name, of which the report has its own.
    held_out : int
        Samples that the scores are of.
    classes : bool
        Whether scores are accuracies; they are errors otherwise.
    seeds : sequence of int
    samples : int
        Samples that virtual boards were given.
    command : str
        What repeats it.
    made : mapping of str to str
        How else it was made.
    """
    score = "accuracy" if classes else "error"
    axes = list(dict.fromkeys(name for one in explored for name in one.settings))
    rows = [_row(one, axes, score=score, percent=classes) for one in explored]
    costs = [cost for cost in COSTS if any(row[cost] is not None for row in rows)]
    fronts = {cost: front(rows, cost, score, higher=classes) for cost in costs}
    for number, row in enumerate(rows):
        row["front"] = ", ".join(cost for cost in costs if number in fronts[cost])
    refused = sum(bool(one.refused) for one in explored)
    lost = f", {refused} of them refused for the reason in their row" if refused else ""
    return Report(
        name=f"explore-{_plain(name)}",
        title=f"Settings compared on {task}",
        summary=(
            f"{len(explored)} settings{lost}. The {score} is that of the integer reference on "
            f"{held_out} samples of the training part that were held out, mean over {len(seeds)} "
            f"seed{'s' if len(seeds) > 1 else ''}; the test part was not looked at."
        ),
        rows=tuple({key: value for key, value in row.items() if _told(key, rows)} for row in rows),
        made={"command": command, "training seeds": ", ".join(map(str, seeds)), **made},
        sections=_sections(rows, costs, fronts, score=score, axes=axes, samples=samples),
    )


def _told(key: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a column has something in it."""
    return any(row[key] not in (None, "") for row in rows)


def _row(one: Explored, axes: Sequence[str], *, score: str, percent: bool) -> dict[str, Any]:
    scores = [(100 if percent else 1) * found["score"] for found in one.references]
    built = one.bitstream or {}
    cycles = _over(one.simulations, "cycles_mean", fmean)
    fmax = built.get("fmax_mhz")
    return {
        **{axis: _shown(one.settings.get(axis)) for axis in axes},
        score: round(fmean(scores), 4) if scores else None,
        f"{score}_min": min(scores) if len(scores) > 1 else None,
        f"{score}_max": max(scores) if len(scores) > 1 else None,
        f"{score}_deviation": round(stdev(scores), 4) if len(scores) > 1 else None,
        **{
            kind: _over(one.references, kind, fmean)
            for kind in ("input_events", "spikes", "synops")
        },
        "cycles_mean": cycles,
        "cycles_max": _over(one.simulations, "cycles_max", max),
        **{kind: built.get(kind) for kind in ("lut", "ff", "bram", "dsp", "fmax_mhz")},
        "latency_us": round(cycles / fmax, 4) if cycles is not None and fmax else None,
        "refused": one.refused,
    }


def _over(
    found: Sequence[Mapping[str, Any]], kind: str, of: Callable[[list[float]], float]
) -> float | None:
    return round(of([one[kind] for one in found]), 4) if found else None


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    return value if isinstance(value, int | float | None) else str(value)


def _plain(name: str) -> str:
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name.lower())
    return kept.strip("_")[:80] or "task"


def _sections(
    rows: Sequence[Mapping[str, Any]], costs: Sequence[str], fronts: Mapping[str, list[int]], *,
    score: str, axes: Sequence[str], samples: int,
) -> tuple[Section, ...]:
    title = f"{score.capitalize()} over cost"
    pictures = []
    for cost in costs:
        spots = [
            Spot(
                cost=row[cost], score=row[score], low=row[f"{score}_min"],
                high=row[f"{score}_max"],
                name=", ".join(f"{axis} {row[axis]}" for axis in axes if row[axis] is not None),
                front=number in fronts[cost],
            )
            for number, row in enumerate(rows) if row[cost] is not None and row[score] is not None
        ]
        pictures.append(Picture(
            f"front_{cost}",
            front_plot(spots, cost=COSTS[cost], score=score, name=f"front_{cost}"),
            f"Each point is a setting; on the line are those that no other one beats in {score} "
            f"and in {cost}. Bars reach from the lowest seed to the highest.",
            wide=True,
        ))
    how = (
        f"Cycles were counted on a virtual board, the first {samples} held-out samples, whose "
        "values all equalled the reference; sizes and clocks are after place and route, of the "
        "first seed."
    )
    return (Section(title, text=(how,), pictures=tuple(pictures)),) if pictures else ()
