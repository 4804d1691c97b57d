"""Short names of whole networks: those of connections, and what each layer hears beside them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from .connection import Connection, Convolution, Dense, FeatureMap, Joined, connections_of
from .origin import Origin

__all__ = ["Named", "named_layers"]

_HEARS = re.compile(
    r"(?P<part>[^@+]*?)(?P<own>r?)(?:@(?P<delays>\d+(?:,\d+)*))?(?P<skips>(?:\+\d+)*)"
)


class Named(NamedTuple):
    """A layer of a short name: its connection, and what each part of it hears."""

    connection: Connection
    origins: tuple[Origin, ...]


def named_layers(text: str, source: FeatureMap) -> tuple[Named, ...]:
    """Return the layers of a network from its short name.

    The parts are those of :func:`~spikewright_hw.connection.connections_of`, and after a layer may
    follow, in this order:

    - ``r``: the layer also hears itself, one step later: a dense one by weights from each of its
      neurons to each, a convolution by one over its own map, of the same kernel and groups.
    - ``@0,4,8``: it hears the layer before so many steps later, each time by weights of its own.
    - ``+2``: it also hears the layer two before it, ``+3`` the one before that, and so on to the
      inputs: a dense layer by weights from each of its neurons, a convolution by one of 1 by 1.

    Such as ``32r-10``, ``64@0,4,8-10`` or ``8C3p1-8C3p1+2-10``.

    Parameters
    ----------
    text : str
    source : FeatureMap
        The inputs.

    Raises
    ------
    ValueError
        A part is none of these, or does not fit what it hears; the message names it.
    """
    parts = text.split("-")
    found = [_HEARS.fullmatch(part) for part in parts]
    for part, match in zip(parts, found, strict=True):
        if match is None or (match["part"][:1] in ("A", "P", "") and match["part"] != part):
            raise ValueError(
                f"{part[:40]!r} is no layer that hears others, such as 64r, 64@0,4,8 or 8C3p1+2; "
                "r comes before @, and @ before +"
            )
    plain = connections_of("-".join(match["part"] for match in found if match), source)
    hears = [match for match in found if match and not match["part"].startswith(("A", "P"))]
    made = [source, *(connection.target for connection in plain)]
    return tuple(
        _layer(connection, match, made[: number + 1])
        for number, (connection, match) in enumerate(zip(plain, hears, strict=True))
    )


def _layer(first: Connection, match: re.Match[str], made: list[FeatureMap]) -> Named:
    """Return a layer from its plain connection and what it hears beside; ``made`` is before it."""
    text = match[0]
    delays = [int(delay) for delay in (match["delays"] or "0").split(",")]
    parts = [(first, Origin(back=1, delays=delay)) for delay in delays]
    try:
        if match["own"]:
            parts.append((_own(first), Origin(back=0, delays=1)))
        for back in map(int, re.findall(r"\d+", match["skips"])):
            if not 2 <= back <= len(made):
                most = f"to the inputs, +{len(made)}" if len(made) > 1 else "none here"
                raise ValueError(
                    f"+{back} is no layer before the one that it hears anyway; they are counted "
                    f"from +2, {most}"
                )
            parts.append((_skip(first, made[-back]), Origin(back=back)))
        if len(set(delays)) < len(delays):
            raise ValueError("a delay is given twice")
        if len(parts) == 1:
            return Named(first, (parts[0][1],))
        return Named(
            Joined(parts=tuple(part for part, _ in parts)), tuple(origin for _, origin in parts)
        )
    except ValueError as error:
        raise ValueError(f"{text[:40]}: {error}") from error


def _own(first: Connection) -> Connection:
    """Return the connection by which a layer hears itself."""
    target, last = first.target, [*_chain(first)][-1]
    if isinstance(last, Dense):
        return Dense(source=FeatureMap(channels=len(target)), neurons=len(target))
    assert isinstance(last, Convolution)
    if not (last.kernel[0] % 2 and last.kernel[1] % 2):
        raise ValueError(
            f"a kernel of {last.kernel[0]} by {last.kernel[1]} has no middle, by which the layer "
            "would hear itself; take odd sides"
        )
    return replace(
        last, source=target, stride=(1, 1), dilation=(1, 1),
        padding=(last.kernel[0] // 2, last.kernel[1] // 2),
    )


def _skip(first: Connection, heard: FeatureMap) -> Connection:
    """Return the connection by which a layer hears another one than the one before."""
    target, last = first.target, [*_chain(first)][-1]
    if isinstance(last, Dense):
        return Dense(source=FeatureMap(channels=len(heard)), neurons=len(target))
    assert isinstance(last, Convolution)
    if (heard.height, heard.width) != (target.height, target.width):
        raise ValueError(
            f"it comes to a map of {target}, and what it hears beside is one of {heard}; both are "
            "of the same height and width"
        )
    return Convolution(
        source=heard, channels=target.channels, kernel=(1, 1), groups=last.groups,
    )


def _chain(connection: Connection) -> Iterator[Connection]:
    """Yield a connection, and those that its poolings lead to."""
    yield connection
    then = getattr(connection, "then", None)
    if then is not None:
        yield from _chain(then)
