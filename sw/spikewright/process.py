"""A tool and its run: its output in a log, its failure in a sentence, its end on Ctrl-C."""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .errors import BuildError, ToolError
from .files import storage_errors

__all__ = ["Tool", "run", "stop_all"]

_running: set[subprocess.Popen[bytes]] = set()


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
        """Give the environment to run it with: this process's, and what the tool adds."""
        return {**os.environ, **self.environment}


def run(
    tool: Tool,
    arguments: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path,
    log: Path,
    timeout: float | None = None,
) -> None:
    """Run a tool to its end, its output going to ``log``.

    The tool has its own process group, and the whole group is killed if the wait is interrupted,
    so that Ctrl-C leaves no child behind.

    Raises
    ------
    ToolError
        The tool cannot be started.
    BuildError
        It failed, or took longer than ``timeout`` seconds; the message quotes its own error line
        and names the log.
    """
    command = [*tool.command, *(os.fspath(argument) for argument in arguments)]
    with storage_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("wb")
    with output:
        try:
            process = subprocess.Popen(
                command, cwd=cwd, env=tool.full_environment(), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )
        except OSError as error:
            raise ToolError(
                f"{tool.name} cannot be started ({command[0]}): {error.strerror}"
            ) from error
        _running.add(process)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise BuildError(
                f"{tool.name} did not finish within {timeout:g} s and was stopped; see {log}"
            ) from error
        finally:
            _running.discard(process)
            _end(process)
    if status != 0:
        raise BuildError(f"{tool.name} failed: {_error_line(log, status)} (see {log})")


def stop_all() -> None:
    """Kill every tool that :func:`run` waits for in any thread; those calls raise BuildError."""
    for process in list(_running):
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a process group."""
    if process.poll() is None:
        with suppress(ProcessLookupError):  # it may end, and another thread see it end, meanwhile
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _error_line(log: Path, status: int) -> str:
    """Give the line in which the tool says what was wrong."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    for line in lines:
        if re.match(r"%?error\b|.*\b(fatal )?error: ", line, re.IGNORECASE):
            return line
    for line in reversed(lines):
        if line:
            return line
    return f"exit status {status}, without a word"
