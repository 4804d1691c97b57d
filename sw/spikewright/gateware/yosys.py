"""Run a Yosys script by the native library of the ``pyosys`` package.

This file takes the place of ``yosys [-ql LOG] SCRIPT``. It is a program of its own because the
library prints to the process's output, ends the process on an error, and cannot be interrupted. It
is started by its path, hundreds of times for the proofs, and so imports no more than it needs.
"""

import importlib
import importlib.util
import os
import re
import sys
from pathlib import Path

__all__ = ["main"]


def main() -> None:
    """Run the script that the arguments name; with ``-ql``, print its errors alone."""
    match sys.argv[1:]:
        case [script]:
            run(f"script {script}")
        case ["-ql", log, script]:
            quietly(f"tee -q -o {log} script {script}", log=Path(log))
        case _:
            sys.exit("usage: yosys.py [-ql LOG] SCRIPT")


def run(command: str) -> None:
    """Run a command of Yosys; an error of it ends the process."""
    spec = importlib.util.find_spec("pyosys")
    if spec is not None and spec.origin is not None:
        packages = Path(spec.origin).parent.parent
        if not re.fullmatch(r"[\w./+-]+", str(packages), re.ASCII):
            # The library puts its own path into commands of a shell.
            from spikewright.plain_paths import plain_path

            sys.path.insert(0, str(plain_path(packages)))
    libyosys = importlib.import_module("pyosys.libyosys")  # a large library: only here
    libyosys.Pass.call(libyosys.Design(), command)


def quietly(command: str, *, log: Path) -> None:
    """Run a command of Yosys in another process, and print what its log says of an error."""
    child = os.fork()
    if not child:
        run(command)
        return
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
        print(*(line for line in lines if line.startswith("ERROR")), sep="\n", file=sys.stderr)
        sys.exit(max(status, 1))


if __name__ == "__main__":
    main()
