"""Fields of the JSON object in a ``.spw`` file, each of its kind."""

from collections.abc import Callable
from typing import Any, TypeVar

from spikewright_hw.checks import shown

from .container import Malformed

__all__ = ["field", "made"]

_Made = TypeVar("_Made")
_Json = TypeVar("_Json", int, float, str, list, dict)
_NAMES = {int: "an integer", float: "a number", str: "a text", list: "a list", dict: "an object"}


def made(kind: Callable[..., _Made], at: str, **fields: Any) -> _Made:
    """Make an object of fields; what it refuses is named with where it stands in the file."""
    try:
        return kind(**fields)
    except ValueError as error:
        raise Malformed(f"{at}{error}") from error


def field(body: dict, name: str, kind: type[_Json], at: str = "") -> _Json:
    """Return a field of the right kind; an integer passes for a number, a boolean for neither."""
    if name not in body:
        raise Malformed(f"{at}{name} is missing")
    value = body[name]
    if not _is(value, kind):
        raise Malformed(f"{at}{name} is {shown(value)}; it must be {_NAMES[kind]}")
    return value


def _is(value: Any, kind: type) -> bool:
    accepted = (int, float) if kind is float else kind
    return isinstance(value, accepted) and not isinstance(value, bool)
