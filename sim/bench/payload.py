"""Payloads as Python values: between a layout and the one flat port it becomes in Verilog."""

from collections.abc import Callable
from typing import Any

from amaranth import Const, Shape
from amaranth.hdl import ShapeCastable, ValueCastable
from amaranth.lib import data

__all__ = ["pack", "reader", "unpack", "width"]


def width(shape: Any) -> int:
    """Return the number of bits of a shape."""
    return Shape.cast(shape).width


def pack(shape: Any, value: Any) -> int:
    """Return the bits of ``value``: an integer, or dicts and sequences that match the layout."""
    if isinstance(shape, ShapeCastable):
        constant = shape.const(value)
        if isinstance(constant, ValueCastable):
            constant = constant.as_value()
        constant = Const.cast(constant)
    else:
        cast = Shape.cast(shape)
        constant = Const(value, cast)
        if constant.value != value:
            raise ValueError(f"{value} does not fit into {cast}")
    return constant.value & ((1 << width(shape)) - 1)


def unpack(shape: Any, bits: int) -> Any:
    """Return the Python value of ``bits``, the inverse of :func:`pack`."""
    return reader(shape)(bits)


def reader(shape: Any) -> Callable[[int], Any]:
    """Return :func:`unpack` of one shape, for many values."""
    if isinstance(shape, data.Layout):
        fields = [
            (name, field.offset, (1 << field.width) - 1, reader(field.shape))
            for name, field in shape
        ]
        if isinstance(shape, data.ArrayLayout):
            return lambda bits: [read(bits >> at & mask) for _, at, mask, read in fields]
        return lambda bits: {name: read(bits >> at & mask) for name, at, mask, read in fields}
    cast = Shape.cast(shape)
    if not cast.signed:
        return lambda bits: bits
    sign = 1 << cast.width >> 1
    return lambda bits: (bits ^ sign) - sign
