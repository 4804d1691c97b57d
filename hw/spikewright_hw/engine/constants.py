"""Tables of constants, as small as they can be."""

from collections.abc import Sequence

from amaranth import Array, Const, Value, unsigned

__all__ = ["lookup"]


def lookup(table: Sequence[int], index: Value) -> Value:
    """Return the entry of a table of whole numbers from 0 up.

    Entries that are all the same are a constant, and those that count up from 0 are the index
    itself.
    """
    if len(set(table)) == 1:
        return Const(table[0])
    if list(table) == list(range(len(table))):
        return index
    shape = unsigned(max(table).bit_length())
    return Array(Const(entry, shape) for entry in table)[index]
