"""Settings of a network that are one for all layers, or each layer's own."""

from collections.abc import Sequence
from typing import Any, TypeVar

from spikewright_hw.checks import Rule, instance, plain
from spikewright_hw.fixed import Format

__all__ = ["each_layer", "formats", "of_layers"]

T = TypeVar("T")


def of_layers(rule: Rule) -> Rule:
    """Make the rule of a value, or of a sequence with one for each layer, kept as a tuple."""

    def several(name: str, value: Any) -> Any:
        given = plain(value)
        if not isinstance(given, list | tuple):
            return rule(name, value)
        return tuple(rule(f"{name}[{index}]", one) for index, one in enumerate(given))

    return several


def each_layer(name: str, value: T | Sequence[T], *, layers: int) -> tuple[T, ...]:
    """Return the value of each layer.

    Raises
    ------
    ValueError
        There are several, and not as many as layers; the message names them.
    """
    if not isinstance(value, tuple):
        return (value,) * layers  # pyright: ignore[reportReturnType]
    if len(value) != layers:
        raise ValueError(
            f"{name} is {'-'.join(map(str, value)) or 'empty'}, and there are {layers} layers "
            "after the inputs; give one value for all of them, or one for each"
        )
    return value


def formats(name: str, value: Any) -> Format | tuple[Format, ...]:
    """Take a format, or one for each layer; as a text ``"Q8.4"`` or ``"Q12.4-Q8.4"``.

    Raises
    ------
    ValueError
        It is none; the message names it.
    """
    if isinstance(value, str) and "-" in value:
        value = value.split("-")
    return of_layers(_format)(name, value)


def _format(name: str, value: Any) -> Format:
    if not isinstance(value, str):
        return instance(Format)(name, value)
    try:
        return Format.parse(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
