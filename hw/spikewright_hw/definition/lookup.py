"""The look-up of a table as a program: which segment, which share of it, and its parabola.

Regions of different widths share the tables and the multipliers: what is chosen among them is the
argument, shifted so that a segment is always ``2**weight``, and how far the entries are apart.
"""

from .nodes import Nodes, Number
from .table import Region, Table

__all__ = ["look_up"]


def look_up(nodes: Nodes, table: Table, x: Number) -> Number:
    """Make the nodes that look an argument up."""
    make, constant = nodes.make, nodes.constant
    shift = x.fraction - table.argument
    if shift > 0:
        x = make("shift_right", x, shift, fraction=table.argument)
    x = nodes.aligned(x, table.argument)
    first, *_, last = (*table.regions, *table.regions)
    if first.shift is not None:
        x = make("maximum", x, constant(table.low))
    if last.shift is not None:
        x = make("minimum", x, constant(table.high))
    bits = (len(table.segments) - 1).bit_length()
    at, offset = _chosen(nodes, table, x, list(table.regions), bits)
    index = make("add", make("shift_right", at, table.weight), offset)
    index = make("low_bits", index, bits)
    rows = [(one.entry, one.slope, one.bend) for one in table.segments]
    entries, slopes, bends = zip(*rows, strict=True)
    part = make("low_bits", at, table.weight)

    def times_part(value: Number) -> Number:
        return make("shift_right", make("multiply", value, part), table.weight)

    def picked(column: tuple[int, ...]) -> Number:
        return make("pick", index, column) if len(column) > 1 else constant(column[0])

    result = picked(entries)
    if table.degree:
        slope = picked(slopes)
        if table.degree == 2:
            slope = make("add", slope, times_part(picked(bends)))
        result = make("add", result, times_part(slope))
    return Number(result.node, table.result, result.interval, result.varies)


def _chosen(
    nodes: Nodes, table: Table, x: Number, regions: list[Region], bits: int
) -> tuple[Number, Number]:
    """Return the position of an argument in segments, and what the index is off by."""
    make, constant = nodes.make, nodes.constant
    if len(regions) > 1:
        half = len(regions) // 2
        there = make("at_least", x, constant(regions[half].start))
        no = _chosen(nodes, table, x, regions[:half], bits)
        yes = _chosen(nodes, table, x, regions[half:], bits)
        at, offset = (nodes.choose(there, a, b) for a, b in zip(yes, no, strict=True))
        return at, offset
    (region,) = regions
    if region.shift is None:
        return constant(0), constant(region.index)
    by = table.weight - region.shift
    if by > 0:
        at = make("shift_left", make("low_bits", x, region.shift + bits), by)
    else:  # the widest segment is far wider than any argument
        at = make("low_bits", make("shift_right", x, -by), table.weight + bits)
    offset = region.index - (region.start >> region.shift) & ((1 << bits) - 1)
    return at, constant(offset)
