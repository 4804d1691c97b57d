"""Dealing: which row of weights, and which input, is in which bank.

The rows are dealt in turn: of each ``banks`` rows one after another every bank has one, row ``k``
at place ``k // banks``. Neighbours, which often spike together, so come to different banks. Images
have lines of a multiple of four pixels most often; of so many banks each turn begins with another
one, so that pixels of a column are not all in the same.
"""

from collections.abc import Sequence
from typing import TypeVar

__all__ = ["alike_after", "bank_of", "dealt", "row_of"]

_One = TypeVar("_One")


def bank_of(row: int, *, banks: int) -> int:
    """Return the bank that a row is dealt to."""
    return (row + _turned(row // banks, banks)) % banks


def row_of(bank: int, place: int, *, banks: int) -> int:
    """Return the number of the row that is in a bank at a place."""
    return place * banks + (bank - _turned(place, banks)) % banks


def dealt(rows: Sequence[_One], banks: int) -> list[list[_One]]:
    """Deal rows, or bits of a bitmap, to banks."""
    each: list[list[_One]] = [[] for _ in range(banks)]
    for number in range(len(rows)):
        each[bank_of(number, banks=banks)].append(rows[number])
    return each


def alike_after(banks: int) -> int:
    """Return after how many turns rows are dealt to the same banks again."""
    return banks if banks % 4 == 0 else 1


def _turned(place: int, banks: int) -> int:
    """Return by how many banks a turn begins later."""
    return place % alike_after(banks)
