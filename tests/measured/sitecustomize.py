"""Notes which lines of ``hw`` and ``sw`` a Python program runs.

Python imports this by its name where the folder is on its path, which ``pytest --coverage`` sees to
for the workers and for whatever they start. The byte code is instrumented: a tracer, which Python
3.11 calls at each line, doubles the time of the tests.
"""

import atexit
import json
import os
import tempfile
from pathlib import Path

__all__ = ["FOLDER", "environment"]

#: Variable with the folder for the notes, a file of each program.
FOLDER = "SPIKEWRIGHT_LINES"

HERE = Path(__file__).resolve().parent
HOUSE = HERE.parents[1]
SOURCES = [str(HOUSE / "hw"), str(HOUSE / "sw")]


def environment(folder: Path) -> dict[str, str]:
    """Return the variables that make a program, and whatever it starts, note its lines."""
    path = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {FOLDER: str(folder), "PYTHONPATH": os.pathsep.join(path)}


def start(folder: Path) -> None:
    """Instrument what is imported from now on, and write at the end what was run of it."""
    try:
        from slipcover import FileMatcher, ImportManager, Slipcover
    except ImportError:  # in an environment that is not ours
        return

    class Lines(Slipcover):
        def _filter_excluded_lines(self, files: dict) -> None:
            """Leave all lines in: what to exclude is for the report to say.

            The sources would be read in the encoding of the program, which may be ASCII.
            """

    noted = Lines(exclude_lines=[])
    ImportManager(noted, FileMatcher(sources=SOURCES)).__enter__()
    process = os.getpid()

    def write() -> None:
        if os.getpid() != process:  # a fork
            return
        os.chdir(HOUSE)  # to which the names are relative
        lines = {
            name: file["executed_lines"] for name, file in noted.get_coverage()["files"].items()
        }
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
            json.dump(lines, file)
        Path(file.name).rename(f"{file.name}.json")  # whole, if it is there at all

    atexit.register(write)


if FOLDER in os.environ:
    start(Path(os.environ[FOLDER]))
