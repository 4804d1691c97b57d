"""Warnings of what a number format leaves of an equation."""

import sys
import warnings
from collections.abc import Mapping, Sequence

from ..fixed import Format
from .table import Table

__all__ = ["WORTH_A_WARNING", "PrecisionWarning", "SpikewrightWarning", "warn_of_tables"]

#: Steps of the number format, guard bits left out, by which a table may be off without a warning.
WORTH_A_WARNING = 1.0


#: Packages whose lines are not those of a user; ``functools`` stands between ours.
_INSIDE = ("spikewright", "spikewright_hw", "functools")


class SpikewrightWarning(UserWarning):
    """What the work goes on in spite of, and the user should know; the command line prints it."""


class PrecisionWarning(SpikewrightWarning):
    """A neuron computes less precisely than its number format tells apart."""


def _level_outside() -> int:
    """Return the stack level of the line outside of Spikewright that led to the caller.

    As :func:`warnings.warn` counts it, this function being the first.
    """
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _INSIDE:
        level, frame = level + 1, frame.f_back
    return level


def warn_of_tables(
    name: str, format: Format, formats: Mapping[str, Format], tables: Sequence[Table]
) -> None:
    """Warn of each table whose error can be seen in a state, given the formats of the states."""
    for table in tables:
        guard = formats.get(table.state, format).fraction - format.fraction
        if table.steps > WORTH_A_WARNING * 2 ** max(guard, 0):
            words = "what is compared" if table.state == "spike" else table.state
            warnings.warn(
                f"{name} in {format}: the table of {table.function} can be off by "
                f"{table.error:.3g}, which is {table.steps:.3g} steps of {words}; limit the "
                "argument, or what the result is multiplied by, with minimum(), maximum() or "
                "clip()",
                PrecisionWarning,
                stacklevel=_level_outside() - 1,
            )
