"""Payloads as Python values: between a layout and the one flat port it becomes in Verilog."""

from typing import Any

from amaranth import Const, Shape
from amaranth.hdl import ShapeCastable, ValueCastable
from amaranth.lib import data

__all__ = ["pack", "unpack", "width"]


def width(shape: Any) -> int:
    """Give the number of bits of a shape."""
    return Shape.cast(shape).width


def pack(shape: Any, value: Any) -> int:
    """Give the bits of ``value``: an integer, or dicts and sequences that match the layout."""
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
    """Give the Python value of ``bits``, the inverse of :func:`pack`."""
    if isinstance(shape, data.Layout):
        members = {
            name: unpack(field.shape, bits >> field.offset & ((1 << field.width) - 1))
            for name, field in shape
        }
        return list(members.values()) if isinstance(shape, data.ArrayLayout) else members
    cast = Shape.cast(shape)
    if cast.signed and bits >> (cast.width - 1):
        return bits - (1 << cast.width)
    return bits
