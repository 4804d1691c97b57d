"""Rules for the fields of a dataclass, so that an object that exists is valid.

A rule takes a field's name and value and returns the value to keep, or raises :exc:`ValueError`
with one sentence that names the field. Numbers and arrays of numpy and torch become plain numbers
and tuples. A boolean is no number, and a fraction is no whole number.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

__all__ = [
    "Rule", "called", "each_once", "flag", "instance", "mapping", "matrix", "numbers", "one_of",
    "optional", "pathlike", "plain", "real", "settle", "shown", "text", "texts", "whole", "wholes",
]

#: Takes the name and the value of a field; returns the value to keep.
Rule = Callable[[str, Any], Any]

#: Characters of a wrong value that are shown.
_SHOWN = 60


def settle(instance: Any, **rules: Rule) -> None:
    """Set each named field of a frozen dataclass to what its rule makes of it."""
    for name, rule in rules.items():
        object.__setattr__(instance, name, rule(name, getattr(instance, name)))


def shown(value: Any) -> str:
    """Return a value as an error names it: on one line, in ASCII where it is not printable."""
    if isinstance(value, int) and value.bit_length() > 1000:
        return "a number of more than 300 digits"  # Python itself refuses to print some of them
    written = " ".join(repr(value).split())
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}..."


def plain(value: Any) -> Any:
    """Return a number or array of numpy or torch as plain numbers and lists; others as they are."""
    tolist = getattr(value, "tolist", None)
    return tolist() if callable(tolist) else value


def whole(low: int | None = None, high: int | None = None) -> Rule:
    """Make the rule of a whole number; both ends are allowed."""

    def rule(name: str, value: Any) -> int:
        number = plain(value)
        if type(number) is not int:
            if not isinstance(number, int) or isinstance(number, bool):
                raise ValueError(f"{name} is {shown(value)}; it must be a whole number")
            number = int(number)
        if not _within(number, low, high):
            raise ValueError(
                f"{name} is {shown(number)}; it must be a whole number {_range(low, high)}"
            )
        return number

    return rule


def real(low: float | None = None, high: float | None = None) -> Rule:
    """Make the rule of a finite real number; both ends are allowed. An integer stays one."""

    def rule(name: str, value: Any) -> float:
        number = plain(value)
        if isinstance(number, bool) or not isinstance(number, Real):
            raise ValueError(f"{name} is {shown(value)}; it must be a number")
        try:
            finite = math.isfinite(number)
        except OverflowError:
            finite = False
        if not finite:
            raise ValueError(f"{name} is {shown(value)}; it must be a finite number")
        if not _within(number, low, high):
            raise ValueError(f"{name} is {shown(number)}; it must be a number {_range(low, high)}")
        return number if isinstance(number, int | float) else float(number)

    return rule


def text(name: str, value: Any) -> str:
    """Take a text that can be written as UTF-8."""
    if not isinstance(value, str):
        raise ValueError(f"{name} is {shown(value)}; it must be a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"{name} is {ascii(value)[:_SHOWN]}; it holds half of a surrogate pair, "
            "which no file can hold"
        ) from None
    return value


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Take a sequence of texts, kept as a tuple."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} is {shown(value)}; it must be a list of texts")
    return tuple(text(f"{name}[{index}]", one) for index, one in enumerate(value))


def flag(name: str, value: Any) -> bool:
    """Take True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {shown(value)}; it must be True or False")
    return value


def pathlike(name: str, value: Any) -> Path:
    """Take a path, as a text or an object."""
    if not isinstance(value, str | Path) or str(value) == "" or "\0" in str(value):
        raise ValueError(f"{name} is {shown(value)}; it must be a path")
    return Path(value)


def called(name: str, value: Any) -> Callable[..., Any]:
    """Take a function, or whatever else can be called."""
    if not callable(value):
        raise ValueError(f"{name} is {shown(value)}; it must be a function")
    return value


def one_of(known: Collection[str]) -> Rule:
    """Make the rule of a name out of several."""

    def rule(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"{name} is {shown(value)}; there are {', '.join(known)}")
        return value

    return rule


def instance(kind: type | tuple[type, ...]) -> Rule:
    """Make the rule of an object of a class, or of one of several."""

    def rule(name: str, value: Any) -> Any:
        if not isinstance(value, kind):
            kinds = kind if isinstance(kind, tuple) else (kind,)
            wanted = " or ".join(one.__name__ for one in kinds)
            raise ValueError(f"{name} is {shown(value)}; it must be of the class {wanted}")
        return value

    return rule


def optional(rule: Rule) -> Rule:
    """Make the rule of a field that may also be None."""
    return lambda name, value: None if value is None else rule(name, value)


def wholes(low: int | None = None, high: int | None = None) -> Rule:
    """Make the rule of a sequence of whole numbers, kept as a tuple."""
    one = whole(low, high)

    def rule(name: str, value: Any) -> tuple[int, ...]:
        numbers = plain(value)
        if not isinstance(numbers, list | tuple):
            raise ValueError(f"{name} is {shown(value)}; it must be a list of whole numbers")
        if low is high is None and all(type(number) is int for number in numbers):
            return tuple(numbers)  # no names for millions of weights
        return tuple(one(f"{name}[{index}]", number) for index, number in enumerate(numbers))

    return rule


def each_once(low: int | None = None, high: int | None = None) -> Rule:
    """Make the rule of whole numbers, one at least, of which none is named twice."""
    several = wholes(low, high)

    def rule(name: str, value: Any) -> tuple[int, ...]:
        numbers = several(name, value)
        if not numbers or len(set(numbers)) < len(numbers):
            raise ValueError(f"{name} is {shown(list(numbers))}; name each once, and at least one")
        return numbers

    return rule


def matrix(name: str, value: Any) -> tuple[tuple[int, ...], ...]:
    """Take rows of whole numbers: tuples, lists or an array; kept as tuples of tuples."""
    rows = plain(value)
    if not isinstance(rows, list | tuple):
        raise ValueError(f"{name} is {shown(value)}; it must be rows of whole numbers")
    row = wholes()
    return tuple(row(f"{name}[{index}]", one) for index, one in enumerate(rows))


def numbers(name: str, value: Any) -> float | tuple[float, ...]:
    """Take a real number, or a sequence of them, which is kept as a tuple.

    Infinite ones pass: the range of a parameter says more about them.
    """
    given = plain(value)
    listed = given if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
    if not listed or not all(
        isinstance(one, Real) and not isinstance(one, bool) for one in map(plain, listed)
    ):
        raise ValueError(f"{name} is {shown(value)}; it must be a number, or one for each neuron")
    try:
        reals = tuple(float(plain(one)) for one in listed)
    except OverflowError:
        raise ValueError(f"{name} is larger than any number that it could be") from None
    return reals[0] if listed is not given else reals


def mapping(name: str, value: Any) -> Mapping[str, Any]:
    """Take a mapping whose keys are texts."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {shown(value)}; it must be a mapping of names to values")
    for key in value:
        text(f"a name in {name}", key)
    return value


def _within(number: Any, low: float | None, high: float | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return f"of at least {low}"
    if low is None:
        return f"of at most {high}"
    return f"from {low} to {high}"
