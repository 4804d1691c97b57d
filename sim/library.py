"""What simulations by Verilator share: its run-time library, compiled once for all cores.

So are the headers of that library, which are most of what the compiler reads for a core. Both are
made as Verilator's own makefile makes them, that of an empty module.
"""

import fcntl
import os
from functools import cache
from pathlib import Path

import cocotb_tools.config

from runners import compile_verilog
from spikewright.cache import cached
from spikewright.files import storage_errors, write_text
from spikewright.tools import Tool, require, run

__all__ = ["use"]

#: cocotb's main program, which is compiled with a core as one file, and not by itself.
MAIN = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
#: Headers that every core's sources include.
HEADERS = ("verilated.h", "verilated_dpi.h", "verilated_vpi.h")

# The first is blank in some Verilators; the second is `python` there, which Debian does not have. A
# core that is not optimised is simulated sooner: most of a simulation is the testbench. So is one
# that is compiled at once, for each part of it would read the headers, in more time than all else.
OPTIONS = [
    "CFG_CXXFLAGS_PCH_I=-include", "PYTHON3=python3", "VM_PARALLEL_BUILDS=0", "OPT_FAST=-O0",
    "OPT_SLOW=-O0",
]


def use(verilator: Tool, *, waves: bool, root: Path) -> None:
    """Set ``MAKEFLAGS`` for the builds of cores, so that they take the library from ``root``.

    Raises :exc:`~spikewright.errors.BuildError` if the library does not compile.
    """
    os.environ["MAKEFLAGS"] = " ".join(OPTIONS)
    folder = _compiled(verilator, waves=waves, root=root)
    objects = sorted(folder.glob("verilated*.o"))
    variables = {
        "VK_GLOBAL_OBJS": [],
        "VK_USER_OBJS": objects,
        "OPT_FAST": ["-O0", "-include", folder / "headers.h", "-include", MAIN],
    }
    words = [f"{name}={' '.join(map(str, value))}" for name, value in variables.items()]
    os.environ["MAKEFLAGS"] = " ".join([*OPTIONS, *(word.replace(" ", r"\ ") for word in words)])


@cache
def _compiled(verilator: Tool, *, waves: bool, root: Path) -> Path:
    """Return the folder of the library; whoever comes while another compiles it waits."""
    make, compiler = require("make"), require("c++")
    log = root / "library.log"

    def build(place: Path) -> None:
        write_text(place / "empty.v", "module empty(input clk); endmodule\n")
        headers = "".join(f'#include "{name}"\n' for name in HEADERS)
        for name in ("headers.h", "headers.cpp"):
            write_text(place / name, headers)
        compile_verilog(
            "verilator", [place / "empty.v"], top="empty", arguments=[str(place / "headers.cpp")],
            place=place, waves=waves, log=log,
        )  # fmt: skip
        precompile = ["OPT_FAST=-O0 -x c++-header", "headers.o"]
        run(make, ["-B", "-f", "Vtop.mk", *precompile], cwd=place, log=log)
        (place / "headers.o").rename(place / "headers.h.gch")

    key = {
        "verilator": verilator.version, "compiler": compiler.version, "options": OPTIONS,
        "headers": HEADERS, "waves": waves,
    }  # fmt: skip
    with storage_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        with (root / "library.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return cached("library", key, build, root=root)
