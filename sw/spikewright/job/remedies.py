"""Remedies of a build as a command line has them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..gateware.closing import ClockMissed

__all__ = ["remedies_as_options"]

#: Arguments that the library's remedies name, and the options that stand for them.
_OPTIONS = {r"board\.at\(([\d.]+)\)": r"--clock \1", r"\bshare=(\d+)": r"--share \1"}


@contextmanager
def remedies_as_options() -> Iterator[None]:
    """Raise a missed clock again, with options in the place of the library's arguments."""
    try:
        yield
    except ClockMissed as missed:
        sentence = str(missed)
        for argument, option in _OPTIONS.items():
            sentence = re.sub(argument, option, sentence)
        missed.args = (sentence,)
        raise
