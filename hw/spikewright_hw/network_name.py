"""Short names of whole networks: those of connections, and what each layer hears beside them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from .checks import instance
from .checks import text as _text
from .connection import Connection, Convolution, Dense, FeatureMap, Joined, connections_of
from .connection.notation import checked_part
from .origin import Origin

__all__ = ["Named", "check_name", "named_layers"]

_HEARS = re.compile(r"(?P<own>r?)(?:@(?P<delays>\d+(?:,\d+)*))?(?P<skips>(?:\+\d+)*)")


class Named(NamedTuple):
    """A layer of a short name: its connection, and what each part of it hears."""

    connection: Connection
    origins: tuple[Origin, ...]


class _Part(NamedTuple):
    """A part of a short name: itself, without what else it hears, and this."""

    text: str
    plain: str
    is_pooling: bool
    hears_itself: bool
    delays: tuple[int, ...]
    skips: tuple[int, ...]


def check_name(text: str) -> None:
    """Raise :exc:`ValueError` for what is the short name of no network, whatever its inputs are.

    :func:`named_layers` says the rules; the message shows the part.
    """
    _parts(text)


def _parts(text: str) -> list[_Part]:
    parts = [_part(part) for part in text.split("-")]
    before = 1
    for part in parts:
        for back in part.skips:
            if not 2 <= back <= before:
                most = f"to the inputs, +{before}" if before > 1 else "and here is none"
                raise ValueError(
                    f"{part.text[:40]}: +{back} is no layer before the one that it hears anyway; "
                    f"they count from +2, {most}"
                )
        before += not part.is_pooling
    if parts[-1].is_pooling:
        raise ValueError(
            f"{parts[-1].text[:40]} is the last part; a layer of neurons follows a pooling"
        )
    return parts


def _part(text: str) -> _Part:
    plain = re.split("[r@+]", text, maxsplit=1)[0]
    shown, more = repr(text[:40]), text[len(plain) :]
    match = _HEARS.fullmatch(more)
    if plain or not more:
        kind, _ = checked_part(plain)
    else:
        raise ValueError(f"{shown} says what a layer hears, and no layer stands before it")
    if more and kind in ("A", "P"):
        raise ValueError(f"{shown} is a pooling, which hears nothing else; give it to a layer")
    if match is None or re.search(r"\d{10}", more):
        raise ValueError(
            f"{shown} has {more[:40]!r} after its layer; there may stand, in this order, r, @ with "
            "delays in steps (@0,4), and + with layers counted back (+2+3)"
        )
    delays = tuple(int(delay) for delay in (match["delays"] or "0").split(","))
    if len(set(delays)) < len(delays):
        raise ValueError(f"{text[:40]}: a delay is given twice")
    skips = tuple(map(int, re.findall(r"\d+", match["skips"])))
    return _Part(text, plain, kind in ("A", "P"), bool(match["own"]), delays, skips)


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
    _text("text", text)
    instance(FeatureMap)("source", source)
    parts = _parts(text)
    plain = connections_of("-".join(part.plain for part in parts), source)
    layers = [part for part in parts if not part.is_pooling]
    made = [source, *(connection.target for connection in plain)]
    return tuple(
        _layer(connection, part, made[: number + 1])
        for number, (connection, part) in enumerate(zip(plain, layers, strict=True))
    )


def _layer(first: Connection, part: _Part, made: list[FeatureMap]) -> Named:
    """Return a layer from its plain connection and what it hears beside; ``made`` is before it."""
    parts = [(first, Origin(back=1, delays=delay)) for delay in part.delays]
    try:
        if part.hears_itself:
            parts.append((_own(first), Origin(back=0, delays=1)))
        for back in part.skips:
            parts.append((_skip(first, made[-back]), Origin(back=back)))
        if len(parts) == 1:
            return Named(first, (parts[0][1],))
        return Named(
            Joined(parts=tuple(part for part, _ in parts)), tuple(origin for _, origin in parts)
        )
    except ValueError as error:
        raise ValueError(f"{part.text[:40]}: {error}") from error


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
