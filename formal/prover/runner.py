"""Running a task of SymbiYosys and reading its verdict."""

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from spikewright.errors import BuildError
from spikewright.files import write_json
from spikewright.tools import require, run

from .recipe import recipe_of
from .tasks import BUILD, HOUSE, KINDS, Task

__all__ = ["Prover", "Row"]

TIMEOUT = 900.0  # seconds; whatever takes longer is not for every day, and comes to an ERROR


@dataclass(frozen=True)
class Row:
    """One line of the table and of the report.

    ``expected`` is the verdict that there should be, ``failed`` names the properties that failed
    (of a ``fault`` task with the fault before it), ``trace`` is the first failure's waveform, below
    the house, and ``note`` says what else there is to say.
    """

    core: str
    task: str
    depth: int
    engine: str
    seconds: float
    verdict: str
    expected: str
    failed: tuple[str, ...] = ()
    trace: str = ""
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
        """Return the row of an earlier run with the same content, if its verdict was expected."""
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
        arguments = ["-f", "-d", str(task.folder), str(task.recipe)]
        log = HOUSE / BUILD / task.core / f"{task.name}.log"
        sby = self._sby
        if task.kind == "fault":  # nobody looks at the traces: they need not be converted
            sby = replace(sby, environment={**sby.environment, "WITNESS": "true"})
        with suppress(BuildError):  # the files that it leaves say more than its status
            run(sby, [*arguments, task.name], cwd=HOUSE, log=log, timeout=TIMEOUT)
        row = _read(task, _text(log), seconds=round(time.monotonic() - started, 1))
        if row.ok:
            write_json(task.known, {"content": task.content, "row": asdict(row)})
        return row


def _read(task: Task, output: str, *, seconds: float) -> Row:
    """Make a row of what a run left behind."""
    folder = HOUSE / task.folder
    modes, expected = KINDS[task.kind]
    recipe = recipe_of(_text(folder / "config.sby"), task.name)
    status = _text(folder / "status").split()
    summary = _text(folder / status[0]) if status else ""
    failed = re.findall(r"failed assertion \S*?\.(\S+) at", summary)
    traces = re.findall(r"counterexample trace: (\S+\.vcd)", summary)
    row: dict[str, Any] = {
        "core": task.core,
        "task": task.name,
        "depth": int(recipe.options.get("depth", 20)),  # 20 is SymbiYosys's own
        "engine": ", ".join(recipe.engines),
        "seconds": seconds,
        "expected": expected,
        "failed": tuple(dict.fromkeys(failed)),
        "trace": str(task.folder / traces[0]) if traces else "",
        "verdict": status[0] if status else "ERROR",
    }
    if not status:
        row["note"] = next((line for line in reversed(output.splitlines()) if line.strip()), "")
    elif recipe.mode not in modes:
        row["verdict"] = "ERROR"
        row["note"] = f"mode is {recipe.mode}; a {task.kind} task is in mode {' or '.join(modes)}"
    elif row["verdict"] == "FAIL" and task.kind != "cover" and not failed:
        row["verdict"] = "ERROR"
        row["note"] = "no property failed"
    elif row["verdict"] == "ERROR":
        errors = [line for line in output.splitlines() if "ERROR" in line]
        row["note"] = errors[0].split("] ", 1)[-1] if errors else ""
    elif task.kind == "fault":
        row["note"] = _astray(task.detectors, failed)
        if row["note"]:
            row["verdict"] = "WRONG"
    return Row(**row)


def _astray(detectors: Mapping[str, frozenset[str]], failed: list[str]) -> str:
    """Say where the properties that failed are not those that the spec names, fault by fault."""
    red: dict[str, set[str]] = {fault: set() for fault in detectors}
    for path in failed:
        fault, *_, name = path.split(".")
        red.setdefault(fault, set()).add(re.sub(r"__\d+$", "", name))
    notes = []
    for fault, names in red.items():
        named = detectors.get(fault, frozenset())
        if missing := sorted(named - names):
            notes.append(f"fault {fault} is not found by {', '.join(missing)}")
        if others := sorted(names - named):
            notes.append(f"fault {fault} is also found by {', '.join(others)}")
    return "; ".join(notes)


def _text(file: Path) -> str:
    return file.read_text(errors="replace") if file.is_file() else ""
