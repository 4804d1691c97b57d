"""Short names of networks, such as ``32C5-P2-64C5-P2-128-10``, as papers write them."""

import re
from collections.abc import Sequence

from .connection import Connection
from .convolution import Convolution
from .dense import Dense
from .feature_map import FeatureMap
from .pooled import Pooled, pooled_map

__all__ = ["checked_part", "connections_of"]

_PART = re.compile(r"(?P<count>\d*)(?P<kind>[ACDP]?)(?P<kernel>\d*)(?P<options>(?:[psdg]\d+)*)")
_OPTIONS = {"p": "padding", "s": "stride", "d": "dilation", "g": "groups"}


def connections_of(text: str, source: FeatureMap) -> tuple[Connection, ...]:
    """Return the connections of a network's layers from its short name.

    The parts of a name are joined by ``-``:

    - ``32C5``: a convolution of 32 channels with a kernel of 5 by 5; on a map of height 1, of 1 by
      5. ``p1``, ``s2``, ``d2`` and ``g4`` after it are padding, stride, dilation and groups.
    - ``D3``: a depthwise convolution, as many channels as its map has.
    - ``P2``: sum pooling of 2 by 2, before the part that follows; ``s1`` is its stride, else the
      window's size. ``A2`` is average pooling: the same sums, and weights after it that are smaller
      by the window's size, which is for whoever gives the weights.
    - ``128``: a dense layer.

    Parameters
    ----------
    text : str
    source : FeatureMap
        The inputs.

    Raises
    ------
    ValueError
        A part is none of these, or does not fit the map that it is given; the message names it.
    """
    parts = [(part, *checked_part(part)) for part in text.split("-")]
    found: list[Connection] = []
    windows: list[tuple[str, int, int]] = []
    for part, kind, numbers in parts:
        try:
            if kind in ("A", "P"):
                windows.append((part, numbers["kernel"], numbers.get("stride", numbers["kernel"])))
                continue
            found.append(_pooled(source, windows, kind=kind, numbers=numbers))
        except ValueError as error:
            raise ValueError(f"{part[:40]}: {error}") from error
        source, windows = found[-1].target, []
    if windows:
        raise ValueError(
            f"{windows[-1][0][:40]} is the last part; a layer of neurons follows a pooling"
        )
    return tuple(found)


def checked_part(part: str) -> tuple[str, dict[str, int]]:
    """Return the letter of a part of a short name, and its numbers by what they are.

    Raises
    ------
    ValueError
        It is none, on whatever map; the message shows it.
    """
    shown = repr(part[:40])
    if not part:
        raise ValueError("a part is empty; one - joins each to the next, as in 32C5-P2-10")
    if re.search(r"\d{10}", part):
        raise ValueError(f"{shown} has a number of ten digits or more, which no layer has room for")
    match = _PART.fullmatch(part)
    kind, numbers = ("", {}) if match is None else (match["kind"], _numbers(match))
    if match is None or not _is_part(kind, numbers):
        capital = _PART.fullmatch(re.sub("[acdp]", lambda one: one[0].upper(), part, count=1))
        raise ValueError(
            f"{shown} is no part of a network, such as 32C5, D3p1, P2 or 128"
            + "; its letter is a capital" * (match is None and capital is not None)
        )
    for name, number in numbers.items():
        if number == 0 and name != "padding":
            what = ("channels" if kind else "neurons") if name == "count" else name
            raise ValueError(f"{shown} has 0 as its {what}; at least 1 is possible")
    return kind, numbers


def _numbers(match: re.Match[str]) -> dict[str, int]:
    found = {name: int(match[name]) for name in ("count", "kernel") if match[name]}
    for letter, number in re.findall(r"([psdg])(\d+)", match["options"]):
        found[_OPTIONS[letter]] = int(number)
    return found


def _is_part(kind: str, numbers: dict[str, int]) -> bool:
    needed, taken = {
        "": ({"count"}, set()),
        "C": ({"count", "kernel"}, {*_OPTIONS.values()}),
        "D": ({"kernel"}, {"padding", "stride", "dilation"}),
        **dict.fromkeys("AP", ({"kernel"}, {"stride"})),
    }[kind]
    return needed <= set(numbers) <= needed | taken


def _pooled(
    source: FeatureMap, windows: Sequence[tuple[str, int, int]], *, kind: str,
    numbers: dict[str, int],
) -> Connection:
    """Return a connection from a map, with the poolings before it."""
    if not windows:
        return _plain(source, kind=kind, numbers=numbers)
    (part, size, stride), *others = windows
    window, by = _both(source, size, 1), _both(source, stride, 1)
    try:
        sums = pooled_map(source, window=window, stride=by)
    except ValueError as error:
        raise ValueError(f"after {part}, {error}") from error
    then = _pooled(sums, others, kind=kind, numbers=numbers)
    return Pooled(source=source, window=window, stride=by, then=then)


def _plain(source: FeatureMap, *, kind: str, numbers: dict[str, int]) -> Connection:
    if not kind:
        return Dense(source=source, neurons=numbers["count"])
    return Convolution(
        source=source,
        channels=source.channels if kind == "D" else numbers["count"],
        kernel=_both(source, numbers["kernel"], 1),
        stride=_both(source, numbers.get("stride", 1), 1),
        padding=_both(source, numbers.get("padding", 0), 0),
        dilation=_both(source, numbers.get("dilation", 1), 1),
        groups=source.channels if kind == "D" else numbers.get("groups", 1),
    )


def _both(source: FeatureMap, number: int, of_none: int) -> tuple[int, int]:
    """Return a number along the height and the width; of a map of height 1, along the width."""
    return (of_none if source.height == 1 else number), number
