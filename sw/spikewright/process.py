"""A tool and its run: its output in a log, its failure in a sentence, its end with its owner's."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import guard
from .errors import BuildError, OvertimeError, ToolError
from .files import storage_errors

__all__ = ["Tool", "run", "started", "stop_all"]

#: Seconds between two looks at a tool's log.
_WATCH_S = 0.2

_running: set[subprocess.Popen[bytes]] = set()
_stopped = False


@dataclass(frozen=True)
class Tool:
    """A tool that was found.

    Parameters
    ----------
    name : str
        Name it is asked for by.
    command : tuple of str
        Start of its command line.
    environment : dict of str to str
        Variables it needs, besides those of this process.
    version : str
        Version, digits and points.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(hash=False)
    version: str

    @property
    def shell(self) -> str:
        """The command as one word list for a shell."""
        return shlex.join(self.command)

    def full_environment(self) -> dict[str, str]:
        """Return the environment to run it with: this process's, and what the tool adds."""
        return {**os.environ, **self.environment}


@contextmanager
def started(
    command: Sequence[str],
    *,
    cwd: str | os.PathLike[str],
    environment: Mapping[str, str] | None = None,
    output: IO | int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command for the length of the body; what is left of it then is killed.

    It ends, with all that it has started, at the latest when this process ends, even if that is
    killed: see :mod:`spikewright.guard`. Ctrl-C does not reach it; it is this process's business.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    cwd : path
        Its folder.
    environment : mapping of str to str, optional
        Its whole environment; that of this process if not given.
    output : file, optional
        Where its output goes, errors too; to this process's if not given.

    Raises
    ------
    OSError
        The program cannot be started.
    BuildError
        This process is being interrupted and starts no tool any more.
    """
    if _stopped:
        raise BuildError(f"{Path(command[0]).name} was not started: interrupted")
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, str(theirs.fileno()), *command],
                cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                pass_fds=[theirs.fileno()], start_new_session=True,
            )
        _running.add(process)
        try:
            failure = int(ours.recv(16) or b"0")
            if failure:
                raise OSError(failure, os.strerror(failure))
            yield process
        finally:
            _running.discard(process)
            _end(process)


def run(
    tool: Tool,
    arguments: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path,
    log: Path,
    timeout: float | None = None,
    watch: Callable[[str], None] | None = None,
) -> None:
    """Run a tool to its end, its output going to ``log``.

    If the wait is interrupted, the tool is killed with all that it has started, so that Ctrl-C
    leaves no child behind; see :func:`started`. ``watch`` is shown what stands in the log, several
    times a second and at the end; if it raises, the tool is killed too.

    Raises
    ------
    ToolError
        The tool cannot be started.
    BuildError
        It failed; the message quotes its own error line and names the log.
    OvertimeError
        It took longer than ``timeout`` seconds.
    """
    command = [*tool.command, *(os.fspath(argument) for argument in arguments)]
    with storage_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("wb")
    try:
        with output, started(
            command, cwd=cwd, environment=tool.full_environment(), output=output
        ) as process:
            status = _wait(process, timeout, watch and (lambda: watch(_text(log))))
    except OSError as error:
        raise ToolError(
            f"{tool.name} cannot be started ({command[0]}): {error.strerror}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise OvertimeError(
            f"{tool.name} did not finish within {timeout:g} s and was stopped; see {log}"
        ) from error
    if status != 0:
        raise BuildError(f"{tool.name} failed: {_error_line(log, status)} (see {log})")


def _wait(
    process: subprocess.Popen[bytes], timeout: float | None, watch: Callable[[], None] | None
) -> int:
    """Wait for a process, and look after it meanwhile. Raises as :meth:`Popen.wait` does."""
    if watch is None:
        return process.wait(timeout)
    ends = float("inf") if timeout is None else time.monotonic() + timeout
    status = None
    while status is None:
        try:
            status = process.wait(min(_WATCH_S, max(0.0, ends - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= ends:
                raise
        watch()
    return status


def _text(log: Path) -> str:
    return log.read_text(errors="replace")


def stop_all(*, for_good: bool = False) -> None:
    """Kill every tool that any thread waits for; those calls of :func:`run` raise BuildError.

    With ``for_good`` no other is started by this process.
    """
    global _stopped
    _stopped = _stopped or for_good
    for process in list(_running):
        _end(process)
    if for_good:
        _kill_children()


def _kill_children() -> None:
    """Kill what a library has started by itself, such as Amaranth's Yosys; on Linux alone."""
    for children in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                os.kill(int(child), signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a guard's session."""
    if process.poll() is None:
        guard.end_session(process.pid)
        process.wait()


def _error_line(log: Path, status: int) -> str:
    """Return the line in which the tool says what was wrong."""
    lines = [line.strip() for line in _text(log).splitlines()]
    moves = re.compile(r"make\b.*: (Entering|Leaving) directory")
    lines = [line for line in lines if not moves.match(line)]
    for pattern in (r"%?error\b|.*\b(fatal )?error: ", r".*: No such file or directory$",
                    r"make\b.*: \*\*\* "):
        for line in lines:
            if re.match(pattern, line, re.IGNORECASE):
                return line
    for line in reversed(lines):
        if line:
            return line
    return f"exit status {status}, without a word"
