"""Axes: the settings that are compared, the values of each, and the points that they span."""

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from inspect import signature
from itertools import product
from typing import Any

from spikewright_hw.checks import plain, real, settle, shown
from spikewright_hw.checks import text as _text
from spikewright_hw.engine.design import EventDesign, StochasticDesign
from spikewright_hw.engine.streams import Streams

from ..coding.known import WITH_SILENT
from ..network.training_config import training_config

__all__ = ["AXES", "DESIGN_AXES", "TRAINING_AXES", "Range", "points", "value_of"]

#: Arguments of :func:`~spikewright.network.training_config.training_config`. Not those that hold
#: others, nor the bitstreams: a network is trained as sums and then run on either engine.
TRAINING_AXES = tuple(
    name for name in signature(training_config).parameters
    if name not in ("task", "parameters", "streams")
)
_STREAMS = tuple(field.name for field in fields(Streams))
_STOCHASTIC = tuple(field.name for field in fields(StochasticDesign) if field.name != "streams")
_EVENT = tuple(field.name for field in fields(EventDesign))
#: The engine, the fields of both designs, and those of the bitstreams.
DESIGN_AXES = ("engine", *dict.fromkeys((*_EVENT, *_STOCHASTIC, *_STREAMS)))
#: Every setting that may be compared.
AXES = (*TRAINING_AXES, *DESIGN_AXES, "board")

#: Most points that a grid may have; beyond, a random search is what is meant.
MOST_POINTS = 100_000


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both within, for a random search.

    Whole numbers, if both ends are, are drawn uniformly; others so that their logarithm is uniform.
    """

    low: float
    high: float

    def __post_init__(self):
        settle(self, low=real(), high=real())
        if not 0 < self.low < self.high or not math.isfinite(self.high):
            raise ValueError(
                f"a range is from a number above 0 to a larger one, not {self.low!r}:{self.high!r}"
            )

    def draw(self, rng: random.Random) -> float:
        """Return one of its numbers; three significant digits of those that are not whole."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return rng.randint(self.low, self.high)
        drawn = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        return min(self.high, max(self.low, float(f"{drawn:.3g}")))


def value_of(axis: str, text: str) -> Any:
    """Read a value of an axis: ``4``, ``0.03``, ``yes``, ``ttfs``; or a range, ``0.01:0.1``.

    Parameters
    ----------
    axis : str
        Its name.
    text : str
        The value, as it stands on a command line.

    Raises
    ------
    ValueError
        It is no value, or the range is none.
    """
    text = _text(axis, text)
    if not text or len(text) > 200:
        raise ValueError(f"{axis} is {text[:60]!r}; give values parted by commas, such as 2,4,8")
    low, colon, high = text.partition(":")
    if colon:
        ends = _plain(low), _plain(high)
        if any(isinstance(end, str | bool) for end in ends):
            raise ValueError(f"{axis} is {text!r}; a range is two numbers, such as 0.01:0.1")
        return Range(*ends)
    if axis in ("hidden", "weight_bits") and re.fullmatch(r"\d{1,9}(-\d{1,9})*", text):
        each = tuple(map(int, text.split("-")))
        return each[0] if axis == "weight_bits" and len(each) == 1 else each
    return text if axis == "hidden" else _plain(text)


def _plain(text: str) -> Any:
    if text in ("yes", "no"):
        return text == "yes"
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else text
    return text


def points(
    axes: Mapping[str, Sequence[Any]], *, draws: int | None = None, seed: int = 0
) -> list[dict[str, Any]]:
    """Return the points that axes span, each as its settings by name, each once.

    Parameters
    ----------
    axes : mapping of str to sequence
        The values of each axis; with ``draws`` a value may be a :class:`Range`.
    draws : int, optional
        So many points at random, each value of an axis as likely as the others; all of the grid
        unless given. There are fewer if the same point is drawn often.
    seed : int
        Of the random points.

    Raises
    ------
    ValueError
        There is no such axis, an axis has no value, a range is on a grid, or the grid has more
        points than anybody waits for.
    """
    for name, values in axes.items():
        if name not in AXES:
            raise ValueError(f"there is no axis {shown(name)}; there are {', '.join(AXES)}")
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise ValueError(f"{name} is {shown(values)}; it must be a list of at least one value")
    given = {name: [plain(value) for value in values] for name, values in axes.items()}
    if draws is not None:
        found = _drawn(given, draws, random.Random(seed))
    else:
        for name, values in given.items():
            for value in values:
                if isinstance(value, Range):
                    raise ValueError(
                        f"{name} is {value.low}:{value.high}; a range is for a random search, so "
                        "give draws, too, or list its values"
                    )
        if (size := math.prod(map(len, given.values()))) > MOST_POINTS:
            raise ValueError(
                f"axes span {size} points; at most {MOST_POINTS} are compared, so leave values out "
                "or draw some of them by draws"
            )
        found = [dict(zip(given, chosen, strict=True)) for chosen in product(*given.values())]
    kept: dict[tuple, dict[str, Any]] = {}
    for point in map(_applying, found):
        kept.setdefault(tuple((name, str(value)) for name, value in point.items()), point)
    return list(kept.values())


def _drawn(
    axes: Mapping[str, Sequence[Any]], draws: int, rng: random.Random
) -> list[dict[str, Any]]:
    return [
        {
            name: value.draw(rng) if isinstance(value := rng.choice(values), Range) else value
            for name, values in axes.items()
        }
        for _ in range(draws)
    ]


def _applying(point: Mapping[str, Any]) -> dict[str, Any]:
    """Return a point without what does not apply to it: settings of the other engine, for one."""
    engine = point.get("engine", EventDesign.name)
    own = _EVENT if engine == EventDesign.name else (*_STOCHASTIC, *_STREAMS)
    others = {*DESIGN_AXES, "engine"} - {*own, "engine"}
    if "coding" in point and point["coding"] != "direct":
        others = others | {"input_bits"}
    if point.get("coding", "ttfs") not in WITH_SILENT:
        others = others | {"silent"}
    return {name: value for name, value in point.items() if name not in others}
