"""Run a Yosys script by the native library of the ``pyosys`` package.

``python -m spikewright.gateware.yosys SCRIPT`` takes the place of ``yosys SCRIPT``. It is a program
of its own because the library prints to the process's output, ends the process on an error, and
cannot be interrupted.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

from ..tools import plain_path

__all__ = ["main"]


def main() -> None:
    """Run the script named by the one argument."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m spikewright.gateware.yosys SCRIPT")
    spec = importlib.util.find_spec("pyosys")
    if spec is not None and spec.origin is not None:
        # The library puts its own path into commands of a shell.
        sys.path.insert(0, str(plain_path(Path(spec.origin).parent.parent)))
    libyosys = importlib.import_module("pyosys.libyosys")  # a large library: only here
    libyosys.run_pass(f"script {sys.argv[1]}", libyosys.Design())


if __name__ == "__main__":
    main()
