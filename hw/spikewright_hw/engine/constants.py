"""Tables of constants, as small as they can be."""

from collections.abc import Sequence

from amaranth import Array, Cat, Const, Value, unsigned

__all__ = ["lookup"]


def lookup(table: Sequence[int], index: Value) -> Value:
    """Return the entry of a table of whole numbers from 0 up.

    Entries that are all the same are a constant, and those that count up from 0, in steps of a
    power of two, are the index itself, shifted.
    """
    if len(set(table)) == 1:
        return Const(table[0])
    step = table[1]
    if step > 0 and step & (step - 1) == 0 and list(table) == [*range(0, step * len(table), step)]:
        return Cat(Const(0, step.bit_length() - 1), index)
    shape = unsigned(max(table).bit_length())
    return Array(Const(entry, shape) for entry in table)[index]
