"""Connections by kind: which events add which weights to which neurons.

A new kind is one file, and one line in :data:`CONNECTIONS`.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..checks import mapping, one_of
from .connection import Axis, Connection, Place
from .convolution import Convolution
from .dense import Dense
from .feature_map import FeatureMap, check_joined
from .folded import Folded
from .joined import Joined
from .notation import connections_of
from .pooled import Pooled

__all__ = [
    "CONNECTIONS", "Axis", "Connection", "Convolution", "Dense", "FeatureMap", "Folded", "Joined",
    "Place", "Pooled", "check_joined", "connection_from_data", "connection_to_data",
    "connections_of",
]

#: Kinds of connections, by the names that network files have for them.
CONNECTIONS: Mapping[str, type[Connection]] = {
    "dense": Dense,
    "convolution": Convolution,
    "pooled": Pooled,
    "joined": Joined,
}

_NAMES: Mapping[type[Connection], str] = {kind: name for name, kind in CONNECTIONS.items()}


def connection_to_data(connection: Connection) -> dict[str, Any]:
    """Return a connection as JSON has it; :func:`connection_from_data` makes an equal one of it."""

    def written(value: Any) -> Any:
        if isinstance(value, Connection):
            return connection_to_data(value)
        if isinstance(value, FeatureMap):
            return {one.name: getattr(value, one.name) for one in fields(value)}
        return [written(one) for one in value] if isinstance(value, tuple) else value

    kept = {name: written(getattr(connection, name)) for name in _names(type(connection))}
    return {"kind": _NAMES[type(connection)], **kept}


def connection_from_data(data: Any, *, at: str = "connection") -> Connection:
    """Return the connection that :func:`connection_to_data` wrote.

    Parameters
    ----------
    data : mapping
    at : str
        Where it stands, for errors.

    Raises
    ------
    ValueError
        A field is missing, unknown, or of another kind; the message names it.
    """
    given = dict(mapping(at, data))
    kind = CONNECTIONS[one_of(CONNECTIONS)(f"{at}.kind", given.pop("kind", None))]
    made: dict[str, Any] = {}
    for name, value in _exactly(kind, given, at).items():
        here = f"{at}.{name}"
        if name == "source":
            values = _exactly(FeatureMap, dict(mapping(here, value)), here)
            made[name] = _made(FeatureMap, values, here)
        elif name == "parts" and isinstance(value, list):
            made[name] = [
                connection_from_data(part, at=f"{here}[{index}]")
                for index, part in enumerate(value)
            ]
        else:
            made[name] = connection_from_data(value, at=here) if name == "then" else value
    return _made(kind, made, at)


def _names(kind: type) -> list[str]:
    """Return the names of the fields that a dataclass is made of."""
    return [one.name for one in fields(kind) if one.init]


def _exactly(kind: type, given: dict[str, Any], at: str) -> dict[str, Any]:
    """Return what is given if it is exactly the fields of a dataclass."""
    names = _names(kind)
    for name in names:
        if name not in given:
            raise ValueError(f"{at}.{name} is missing")
    for name in given:
        if name not in names:
            raise ValueError(f"{at}.{name} is no field; there are {', '.join(names)}")
    return given


def _made(kind: type, values: dict[str, Any], at: str) -> Any:
    try:
        return kind(**values)
    except ValueError as error:
        raise ValueError(f"{at}.{error}") from error
