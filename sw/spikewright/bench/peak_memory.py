"""The most memory that a step of training holds, in a process of its own.

It is what the system says of the process: the most that lay in memory at once during some steps,
above what lay there before them. A step was made before, so that what is made once is not counted.
"""

import ctypes
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..network.reused import release
from ..network.steps import one_thread
from .peers import makers
from .speed_networks import NETWORKS, drawn_network

__all__ = ["MEGABYTE", "peak_of", "peak_of_step"]

#: Bytes.
MEGABYTE = 1 << 20
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_STEPS = 2
#: Seconds that a process may take.
_LONGEST = 300


def peak_of(step: Callable[[], object]) -> int | None:
    """Return the bytes that a step holds at most; None on a system that does not say."""
    try:
        with one_thread():
            step()
            gc.collect()
            release()
            with suppress(OSError, AttributeError):  # of a C library that keeps what it has
                ctypes.CDLL(None).malloc_trim(0)
            _CLEAR.write_text("5", encoding="ascii")  # from here on, the most is that of now
            before = _said("VmRSS")
            for _ in range(_STEPS):
                step()
            return _said("VmHWM") - before
    except OSError:
        return None


def peak_of_step(network: str, title: str) -> int | None:
    """Return the same of a step of a network by its name in the tables, in a process of its own."""
    made = subprocess.run(
        [sys.executable, "-m", "spikewright.bench.peak_memory", network, title],
        capture_output=True, text=True, timeout=_LONGEST, check=False,
        # Large blocks have pages of their own, so that what is free again is not counted.
        env={
            **os.environ, "PYTHONPATH": os.pathsep.join(sys.path),
            "MALLOC_MMAP_THRESHOLD_": str(MEGABYTE // 8),
        },
    )
    said = made.stdout.split()
    return int(said[-1]) if made.returncode == 0 and said and said[-1].isdigit() else None


def _said(name: str) -> int:
    for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    raise OSError(f"{_STATUS} has no {name}")


def _main() -> None:
    network, title = sys.argv[1:]
    print(peak_of(makers(drawn_network(NETWORKS[network]))[title]()))


if __name__ == "__main__":
    _main()
