"""Where output goes: a terminal of any width and encoding, a file, or another program."""

import codecs
import io
import sys
from typing import IO

from rich.console import Console

__all__ = ["console", "take_any_text"]

#: Columns where there is no terminal, so that nothing is cut or wrapped.
_UNBOUNDED = 10_000

#: What stands for a sign that the encoding lacks.
_SPELLED = {
    "✓": "+", "×": "x", "±": "+/-", "−": "-", "–": "-", "—": "-", "…": "...", "≈": "~", "→": "->",
    "·": "*", "µ": "u", "≥": ">=", "\u2009": " ", "²": "^2", "é": "e", "ö": "oe", "ü": "ue",
    "≤": "<=", "Ω": "Ohm", "°": "deg ",
}


def console(*, stderr: bool = False, file: IO[str] | None = None) -> Console:
    """Make a console; where there is no terminal, lines are as long as they need to be."""
    made = Console(stderr=stderr, file=file)
    if not made.is_terminal:
        made.width = _UNBOUNDED
    return made


def take_any_text() -> None:
    """Let stdout and stderr spell what their encoding lacks, instead of ending in an error."""
    codecs.register_error("spikewright.spelled", _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="spikewright.spelled")


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_SPELLED.get(sign, "?") for sign in missing), error.end
