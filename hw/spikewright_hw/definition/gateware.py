"""A definition as Amaranth expressions. Every intermediate grows, so nothing wraps."""

from collections.abc import Mapping

from amaranth import Cat, Const, Mux, Value
from amaranth.hdl import ValueLike

from ..fixed import Format
from .definition import Definition
from .expression import Operations, evaluate

__all__ = ["saturate", "step"]


class _Gateware(Operations):
    @staticmethod
    def constant(value: int) -> Value:
        return Const(value)

    @staticmethod
    def shift_right(value: Value, by: Value) -> Value:
        return value >> by.value if isinstance(by, Const) else value >> by.as_unsigned()

    @staticmethod
    def where(condition: Value, yes: Value, no: Value) -> Value:
        return Mux(condition, yes, no)


def saturate(value: Value, format: Format) -> Value:
    """Clamp a value into a format.

    It fits when all bits above the format's equal its sign; that is cheaper than two comparisons.
    """
    width = format.width
    if not value.shape().signed:
        value = Cat(value, Const(0, 1)).as_signed()
    if len(value) <= width:
        return value
    sign = value[-1]
    excess = value[width - 1 : -1]
    fits = Mux(sign, excess.all(), ~excess.any())
    return Mux(fits, value[:width].as_signed(), Mux(sign, format.min, format.max))


def step(
    definition: Definition,
    states: Mapping[str, Value],
    i: ValueLike,
    *,
    parameters: Mapping[str, int],
    format: Format,
) -> tuple[dict[str, Value], Value]:
    """Give the next states, saturated, and the spike (constant 0 if it never spikes).

    ``states`` are signed values as wide as ``format``; ``i`` is a signed value of any width.
    """
    leaves: dict[str, Value] = {name: Const(value) for name, value in parameters.items()}
    leaves |= states
    leaves["i"] = Value.cast(i)
    after = evaluate(definition.update, leaves, _Gateware())
    spike = after.pop("spike", Const(0, 1))
    return {name: saturate(value, format) for name, value in after.items()}, spike.bool()
