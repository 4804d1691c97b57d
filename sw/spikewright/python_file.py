"""What a user's Python file defines, run for it: its faults are sentences that name the line."""

import runpy
import traceback
from pathlib import Path
from typing import TypeVar

from .errors import DataError

__all__ = ["defined_in"]

Kind = TypeVar("Kind")


def defined_in(path: Path, name: str, kind: type[Kind], *, what: str) -> Kind:
    """Run a file, and return the object of a name, or what the function of that name returns.

    Parameters
    ----------
    path : Path
    name : str
        Such as ``task``.
    kind : type
        Of the object.
    what : str
        The kind in words, such as ``Task``.

    Raises
    ------
    DataError
        The file fails, or defines no such object.
    """
    try:
        found = runpy.run_path(str(path)).get(name)
        made = found if isinstance(found, kind) or not callable(found) else found()
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except (Exception, SystemExit) as error:
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == str(path)
        ]
        where = f"line {lines[-1]} of {path}" if lines else str(path)
        raise DataError(f"{where} failed: {type(error).__name__}: {error}") from error
    if not isinstance(made, kind):
        raise DataError(
            f"{path} defines no {name}; it needs a function {name}() that returns a {what}, or a "
            f"{what} of the name {name}"
        )
    return made
