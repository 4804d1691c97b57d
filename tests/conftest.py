"""Shared by all tests: programs that a test starts, and whatever they leave running."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

#: Variable by which a test's programs, and all that they start, are known.
MARK = "SPIKEWRIGHT_TEST"


@contextmanager
def default_signals() -> Iterator[None]:
    """Start programs in the body as a terminal does, whatever this process ignores.

    In the background of a script, and under nohup, signals are ignored, and children inherit that.
    A handler is not inherited: with one in place, a child gets the system's default.
    """
    names = (signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in names}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def marked(mark: str) -> dict[int, str]:
    """Return the processes that bear a mark, each with its command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        with suppress(OSError):  # it has just ended, or is not ours
            if folder.name.isdecimal() and mark in (folder / "environ").read_text("latin-1"):
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
    return found


@pytest.fixture
def launch() -> Iterator[Callable[..., subprocess.Popen]]:
    """Give ``launch(command, **options)``: Popen, with the default signals, in its own session.

    ``launch.running()`` names what runs of it. At the end of the test nothing may be left.
    """
    mark = f"{MARK}={secrets.token_hex(8)}"
    started: list[subprocess.Popen] = []

    def popen(command, *, env=None, **options) -> subprocess.Popen:
        name, value = mark.split("=")
        with default_signals():
            process = subprocess.Popen(
                command, env={**(os.environ if env is None else env), name: value},
                start_new_session=True, **options,
            )
        started.append(process)
        return process

    popen.running = lambda: list(marked(mark).values())
    yield popen
    end = time.monotonic() + 2  # for what is ending
    while (left := marked(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for process in started:
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    assert not left, f"left running: {left}"
