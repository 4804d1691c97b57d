"""Copies of parts of the checkout, for tests that change what is in it."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

__all__ = ["HOUSE", "copied", "variables"]

HOUSE = Path(__file__).resolve().parents[2]
#: Verilator's run-time library, compiled; a file is found by what it is made from.
OBJECTS = Path("build", "sim", "objects")
#: What `make test WHOLE=1` says of these tests, which is not meant for the commands in a copy.
OF_THIS_RUN = ("WHOLE", "COVERAGE", "MAKEFLAGS", "MFLAGS")


def copied(place: Path, *, folders: Iterable[str], files: Iterable[str]) -> Path:
    """Copy folders and files of the checkout to ``place``, and return it.

    The copy shares the compiled run-time library of Verilator with the checkout, since that takes
    half a minute to compile.
    """
    for folder in folders:
        shutil.copytree(
            HOUSE / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file in files:
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HOUSE / file, place / file)
    (HOUSE / OBJECTS).mkdir(parents=True, exist_ok=True)
    (place / OBJECTS).parent.mkdir(parents=True)
    (place / OBJECTS).symlink_to(HOUSE / OBJECTS)
    return place


def variables(copy: Path) -> dict[str, str]:
    """Return the environment of commands on the packages of a copy, not on the installed ones."""
    ours = {
        name: value for name, value in os.environ.items()
        if name not in OF_THIS_RUN and "COCOTB" not in name
    }
    return ours | {"PYTHONPATH": os.pathsep.join(str(copy / place) for place in ("hw", "sw"))}
