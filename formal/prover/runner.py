"""Running a task of SymbiYosys and reading its verdict."""

import json
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from spikewright.errors import BuildError
from spikewright.files import write_json
from spikewright.tools import require, run

from .tasks import BUILD, HOUSE, KINDS, Task

__all__ = ["Prover", "Row"]

TIMEOUT = 900.0  # seconds; whatever takes longer is not for every day, and comes to an ERROR


@dataclass(frozen=True)
class Row:
    """One line of the table and of the report.

    ``expected`` is the verdict that there should be, ``failed`` names the properties that failed,
    ``note`` says what else there is to say.
    """

    core: str
    task: str
    depth: int
    engine: str
    seconds: float
    verdict: str
    expected: str
    failed: tuple[str, ...] = ()
    note: str = ""
    cached: bool = False

    @property
    def ok(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.verdict == self.expected


class Prover:
    """Runs tasks, from several threads if need be; :func:`spikewright.tools.stop_all` ends them.

    Raises :exc:`~spikewright.errors.ToolError` if a tool is missing.
    """

    def __init__(self):
        for tool in ("yosys", "yosys-smtbmc", "z3"):
            require(tool)
        self._sby = require("sby")

    def known(self, task: Task) -> Row | None:
        """Give the row of an earlier run with the same content, if its verdict was expected."""
        try:
            kept = json.loads(task.known.read_text())
            if kept["content"] != task.content:
                return None
            row = Row(**{**kept["row"], "failed": tuple(kept["row"]["failed"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or of another version of this program
        return replace(row, cached=True)

    def run(self, task: Task) -> Row:
        """Run a task, and keep its verdict if it is the expected one."""
        for kept in (task.known, HOUSE / task.folder / "status"):
            kept.unlink(missing_ok=True)  # of an earlier run
        started = time.monotonic()
        arguments = ["-f", "-d", str(task.folder), f"formal/{task.core}.sby"]
        log = HOUSE / BUILD / task.core / f"{task.name}.log"
        with suppress(BuildError):  # the files that it leaves say more than its status
            run(self._sby, [*arguments, task.name], cwd=HOUSE, log=log, timeout=TIMEOUT)
        row = _read(task, _text(log), seconds=round(time.monotonic() - started, 1))
        if row.ok:
            write_json(task.known, {"content": task.content, "row": asdict(row)})
        return row


def _read(task: Task, output: str, *, seconds: float) -> Row:
    """Make a row of what a run left behind."""
    folder = HOUSE / task.folder
    mode, expected = KINDS[task.kind]
    config = _text(folder / "config.sby")
    status = _text(folder / "status").split()
    failed = re.findall(r"failed assertion \S*?\.(\S+) at", _text(folder / "logfile.txt"))
    row: dict[str, Any] = {
        "core": task.core,
        "task": task.name,
        "depth": int(_option(config, "depth") or 20),  # 20 is SymbiYosys's own
        "engine": ", ".join(_section(config, "engines")),
        "seconds": seconds,
        "expected": expected,
        "failed": tuple(dict.fromkeys(failed)),
        "verdict": status[0] if status else "ERROR",
    }
    if not status:
        row["note"] = next((line for line in reversed(output.splitlines()) if line.strip()), "")
    elif _option(config, "mode") != mode:
        row["verdict"] = "ERROR"
        row["note"] = f"mode is {_option(config, 'mode')}; a {task.kind} task is in mode {mode}"
    elif row["verdict"] == "FAIL" and task.kind != "cover" and not failed:
        row["verdict"] = "ERROR"
        row["note"] = "no property failed"
    elif row["verdict"] == "ERROR":
        errors = [line for line in output.splitlines() if "ERROR" in line]
        row["note"] = errors[0].split("] ", 1)[-1] if errors else ""
    return Row(**row)


def _text(file) -> str:
    return file.read_text(errors="replace") if file.is_file() else ""


def _section(config: str, name: str) -> list[str]:
    match = re.search(rf"^\[{name}\]\n(.*?)(?=^\[|\Z)", config, re.MULTILINE | re.DOTALL)
    return [line.strip() for line in match[1].splitlines() if line.strip()] if match else []


def _option(config: str, name: str) -> str | None:
    for line in _section(config, "options"):
        key, _, value = line.partition(" ")
        if key == name:
            return value.strip()
    return None
