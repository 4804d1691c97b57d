"""Compiler launcher that compiles Verilator's run-time library once for all cores.

Verilator's makefile puts ``$OBJCACHE`` before each call of the compiler. The objects of the library
(``verilated*.o``) depend on the call and on their source alone, so they are kept in the folder
``$SPIKEWRIGHT_OBJECTS``; any other call goes straight to the compiler.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["FOLDER", "environment"]

FOLDER = "SPIKEWRIGHT_OBJECTS"


def environment(folder: Path) -> dict[str, str]:
    """Give the variables that make a build use the objects in ``folder``."""
    return {"OBJCACHE": f"{sys.executable} {Path(__file__).resolve()}", FOLDER: str(folder)}


def main(command: list[str]) -> int:
    """Give the status of a compiler call, done or spared."""
    output = Path(command[command.index("-o") + 1]) if "-o" in command else Path()
    if not (output.name.startswith("verilated") and output.suffix == ".o"):
        os.execvp(command[0], command)
    compiler = Path(shutil.which(command[0]) or command[0]).resolve()
    state = hashlib.sha256("\0".join([*command, str(compiler.stat().st_mtime)]).encode())
    state.update(Path(command[-1]).read_bytes())
    stored = Path(os.environ[FOLDER]) / f"{output.stem}-{state.hexdigest()[:20]}.o"
    if not stored.is_file():
        status = subprocess.run(command, check=False).returncode
        if status != 0:
            return status
        from spikewright.files import replacing  # not for every call of the compiler

        with replacing(stored) as temporary:
            shutil.copyfile(output, temporary)
    shutil.copyfile(stored, output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
