"""GNU make, where it runs this process: signals to it alone that it does not pass on.

It passes SIGTERM on. After SIGINT and SIGHUP, which a terminal sends to make and to this process
alike, it takes its handler of the signal away and waits for this process to end; after SIGKILL this
process runs on.
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Self

__all__ = ["Make"]

_WAITS_AFTER = (signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True)
class Make:
    """The make that runs this process.

    Parameters
    ----------
    pid : int
    handled : int
        The signals that it has handlers of, a bit each, as Linux says.
    """

    pid: int
    handled: int

    @classmethod
    def above(cls) -> Self | None:
        """Return it; None where there is none, and where the system does not tell: Linux does."""
        parent = os.getppid()
        status = _status(parent)
        by_make = "MAKELEVEL" in os.environ and status.get("Name") in ("make", "gmake")
        return cls(parent, _handled(status)) if by_make else None

    def is_ending(self) -> bool:
        """Whether it waits for this process alone, or has ended."""
        if os.getppid() != self.pid:
            return True
        lost = self.handled & ~_handled(_status(self.pid))
        return any(lost >> number - 1 & 1 for number in _WAITS_AFTER)


def _status(pid: int) -> dict[str, str]:
    """Return what the system says of a process; nothing where it does not."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _handled(status: dict[str, str]) -> int:
    return int(status.get("SigCgt", "0"), 16)
