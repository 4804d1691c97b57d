"""Waveforms of tests that fail, or of those that are asked for, with layouts for two viewers.

A testbench runs without waveforms first; then each test that a waveform is wanted of runs once
more by itself, from the same seed. Its waveform is an FST, which GTKWave and Surfer read; beside it
lie a save file of GTKWave and a command file of Surfer that show the core's clock, reset and ports.
"""

import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from amaranth.hdl import Shape

from spikewright.errors import ToolError
from spikewright.files import write_text
from spikewright.tools import require

__all__ = ["Waves", "name_of", "require_fst", "write_layouts"]

#: Headers that Verilator's writer of FST needs, and Debian's packages of them.
_NEEDS = {"zlib.h": "zlib1g-dev", "lz4.h": "liblz4-dev"}


class Waves:
    """What ``WAVES`` asks for: ``1``, each test that fails, or a part of the names of tests."""

    def __init__(self, asked: str):
        self.asked = "" if asked == "0" else asked

    @classmethod
    def of_environment(cls) -> "Waves":
        """Return what the environment asks for."""
        return cls(os.environ.get("WAVES", ""))

    def wants(self, row: dict[str, Any]) -> bool:
        """Return whether a waveform is wanted of a test, by its row of the table."""
        if self.asked == "1":
            return row["verdict"] != "PASS"
        return bool(self.asked) and self.asked in row["test"]


def name_of(test: str) -> str:
    """Return the name of a test's files: signs that file names lack become underscores."""
    return re.sub(r"[^\w.=+-]+", "_", test)


def write_layouts(waveform: Path, component: Any, *, top: str) -> None:
    """Write layouts that show a core's clock, its reset and its ports, beside a waveform."""
    ports = {"clk": 1, "rst": 1} | {
        "__".join(map(str, path)): Shape.cast(member.shape).width
        for path, member, _ in component.signature.flatten(component)
    }
    ports = {name: width for name, width in ports.items() if width}
    gtkwave = [f'[dumpfile] "{waveform.resolve()}"', "@28"] + [
        f"{top}.{name}" + (f"[{width - 1}:0]" if width > 1 else "")
        for name, width in ports.items()
    ]
    surfer = [f"load_file {waveform.resolve()}"] + [
        f"variable_add {top}.{name}" for name in ports
    ]
    for suffix, lines in ((".gtkw", gtkwave), (".sucl", surfer)):
        write_text(waveform.with_suffix(suffix), "\n".join(lines) + "\n")


@cache
def require_fst() -> None:
    """Raise :exc:`ToolError` if Verilator's writer of FST cannot be compiled here."""
    absent = [header for header in _NEEDS if not _is_there(header)]
    if absent:
        packages = " ".join(_NEEDS[header] for header in absent)
        raise ToolError(
            f"Verilator's waveforms need the header {' and '.join(absent)}: apt-get install "
            f"{packages}, or SIM=icarus"
        )


def _is_there(header: str) -> bool:
    compiler = require("c++")
    asked = subprocess.run(
        [*compiler.command, "-E", "-x", "c++", "-"], input=f"#include <{header}>\n", text=True,
        env={**os.environ, **compiler.environment}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, check=False,
    )
    return asked.returncode == 0
