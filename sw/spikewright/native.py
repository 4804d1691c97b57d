"""Functions compiled on this machine, by the C++ compiler that Verilator needs anyway.

What is compiled is generated, and kept by its content in the user's cache, so that it is compiled
once. It makes work faster and nothing else: where there is no compiler, where it fails, where the
cache cannot be written or where ``SPIKEWRIGHT_COMPILED=0`` says so, :func:`library` returns None,
and its callers do the same work more slowly.

Results are those of the operations as they are written: no flag lets the compiler contract a
product and a sum into one operation, or add in another order.
"""

import ctypes
import os
from functools import lru_cache
from pathlib import Path

from .cache import cached
from .errors import SpikewrightError
from .machine import processor
from .process import Tool
from .tools import find, run

__all__ = ["FLAGS", "SWITCH", "cache_folder", "compiler", "library"]

#: Set to 0, nothing is compiled.
SWITCH = "SPIKEWRIGHT_COMPILED"

#: Exceptions and ``errno`` are looked at by nobody; leaving them out changes no result.
FLAGS = (
    "-std=c++17", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno",
    "-fno-trapping-math", "-fno-exceptions", "-shared", "-fPIC",
)

#: Seconds that a compilation may take; it takes one or two.
_LONGEST = 120.0


def cache_folder() -> Path:
    """Return the folder of what is compiled for this user."""
    usual = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(usual) / "spikewright" / "cache"


@lru_cache(maxsize=1)
def compiler() -> Tool | None:
    """Return the C++ compiler, or None if there is none."""
    return find("c++")


@lru_cache(maxsize=256)
def library(source: str) -> ctypes.CDLL | None:
    """Return a library of C++ functions, or None where it cannot be had.

    Parameters
    ----------
    source : str
        Its text; functions that are declared ``extern "C"`` can be called.
    """
    if os.environ.get(SWITCH) == "0":
        return None
    tool = compiler()
    if tool is None:
        return None

    def build(folder: Path) -> None:
        (folder / "made.cpp").write_text(source, encoding="utf-8")
        arguments = [*FLAGS, "-o", "made.so", "made.cpp"]
        run(tool, arguments, cwd=folder, log=folder / "made.log", timeout=_LONGEST)

    key = {
        "source": source, "flags": FLAGS, "compiler": [*tool.command, tool.version],
        "processor": processor(),
    }
    try:
        return ctypes.CDLL(str(cached("compiled", key, build, root=cache_folder()) / "made.so"))
    except (SpikewrightError, OSError, RuntimeError):  # of a home that is unknown
        return None
