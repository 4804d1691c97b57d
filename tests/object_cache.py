"""Compiler launcher that compiles once for all virtual boards what is the same for all.

Verilator's makefile puts ``$OBJCACHE`` before each call of the compiler. What is kept stands in the
folder ``$SPIKEWRIGHT_OBJECTS``: the objects of Verilator's run-time library (``verilated*.o``),
which depend on the call and on their source alone, and the headers of that library, precompiled,
which are most of what the compiler reads for a harness. Nothing is optimised as virtual boards are
(``-O2``): to compile what is simulated for a moment takes longer than the moment.
"""

import hashlib
import os
import shutil
import site
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["FOLDER", "environment"]

FOLDER = "SPIKEWRIGHT_OBJECTS"

#: Headers that every board's sources include.
HEADERS = ("verilated.h", "verilated_dpi.h", "verilated_vpi.h")


def environment(folder: Path) -> dict[str, str]:
    """Return the variables that make a build use the objects in ``folder``."""
    # -S: a call of the compiler needs nothing of what is installed, and starts in half the time.
    return {"OBJCACHE": f"{sys.executable} -S {Path(__file__).resolve()}", FOLDER: str(folder)}


def main(command: list[str]) -> int:
    """Return the status of a compiler call, done or spared."""
    command = [word for word in command if word != "-O2"]
    output = Path(command[command.index("-o") + 1]) if "-o" in command else Path()
    if output.suffix != ".o" or "-c" not in command:
        os.execvp(command[0], command)
    if not output.name.startswith("verilated"):
        os.execvp(command[0], [*command, *precompiled(command)])
    stored = place(command, [Path(command[-1])], name=f"{output.stem}.o")
    if not stored.is_file() and (status := compile_to(stored, command, output)) != 0:
        return status
    shutil.copyfile(stored, output)
    return 0


def precompiled(command: list[str]) -> list[str]:
    """Return the options that read the precompiled headers; none where a call reads its own."""
    options = [word for word in command[1 : command.index("-c")] if word != "-MMD"]
    folders = [Path(word[2:]) for word in options if word.startswith("-I")]
    include = next((folder for folder in folders if (folder / HEADERS[0]).is_file()), None)
    if include is None or "-include" in options:
        return []
    call = [command[0], *options, "-x", "c++-header"]
    same = [command[0], *sorted(options)]  # in whatever order
    stored = place(same, sorted(include.glob("*.h")), name="headers.h.gch")
    header = stored.with_suffix("")
    if not stored.is_file():
        text = "".join(f'#include "{name}"\n' for name in HEADERS)
        with tempfile.TemporaryDirectory() as folder:
            source, output = Path(folder) / "headers.h", Path(folder) / "headers.h.gch"
            source.write_text(text)
            if compile_to(stored, [*call, str(source), "-o", str(output)], output) != 0:
                return []
        header.write_text(text)
    return ["-include", str(header)]


def place(call: list[str], sources: list[Path], *, name: str) -> Path:
    """Return where the result of a call of the compiler is kept."""
    compiler = Path(shutil.which(call[0]) or call[0]).resolve()
    state = hashlib.sha256("\0".join([*call, str(compiler.stat().st_mtime)]).encode())
    for source in sources:
        state.update(source.read_bytes())
    return Path(os.environ[FOLDER]) / state.hexdigest()[:20] / name


def compile_to(stored: Path, call: list[str], output: Path) -> int:
    """Call the compiler, keep its output, and return its status."""
    status = subprocess.run(call, check=False).returncode
    if status == 0:
        site.main()  # for what -S left out: where this project is
        from spikewright.files import replacing

        with replacing(stored) as temporary:
            shutil.copyfile(output, temporary)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
