"""Run a command, and end it, with all that it has started, when its owner ends.

``python guard.py DESCRIPTOR COMMAND ...`` is how :mod:`spikewright.process` starts every tool. The
guard leads a session of its own, which the command's children belong to, whatever groups they
form. The descriptor is one end of a socket pair whose other end the owner holds: when the owner
ends, by any signal, the system closes that, and the guard kills the session. So nothing runs on
after a SIGKILL, on any system that has sockets.

This file imports the standard library alone, and starts without the site's packages, since it is
started before every tool.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["end_session", "main"]


def end_session(session: int) -> None:
    """Kill every process of a session but this one, its leader last.

    Killed processes cannot start others, so the session is empty when no new member is found. The
    leader is a guard, which goes on with this work if whoever does it is killed meanwhile.
    """
    killed = {os.getpid(), session}
    while new := {pid for pid in _processes() if _session(pid) == session} - killed:
        for pid in new:
            _kill(pid)
        killed |= new
    if session != os.getpid():
        _kill(session)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _processes() -> Iterator[int]:
    """Yield the numbers of all processes."""
    if Path("/proc/self").exists():
        names = [path.name for path in Path("/proc").iterdir()]
    else:
        listing = subprocess.run(
            ["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=False
        )
        names = listing.stdout.split()
    yield from (int(name) for name in names if name.isdecimal())


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:  # it has just ended, or belongs to somebody else
        return None


def main() -> None:
    """Start the command, tell the owner whether it started, and end as it ends."""
    owner = socket.socket(fileno=int(sys.argv[1]))
    owner.set_inheritable(False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # ignored by whoever is started under nohup
    try:
        process = subprocess.Popen(sys.argv[2:], close_fds=False)
    except OSError as error:
        owner.send(str(error.errno).encode())
        return

    def watch() -> None:
        with suppress(OSError):  # the owner may have ended already
            owner.send(b"0")
            while owner.recv(16):
                pass
        end_session(os.getpid())
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    status = process.wait()
    end_session(os.getpid())
    os._exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
