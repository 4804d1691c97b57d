"""A reader of stored reports that shares no code with what writes them.

It holds a ``report.json`` to the JSON Schema beside this module, and then to what cannot be: an
energy whose power no part has, a throughput above what the latency allows, a measurement without an
instrument. Whoever is given a record can check it so.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from rich.console import Console

from spikewright_hw.checks import pathlike

from .. import terminal
from ..errors import ReportError
from ..json_text import read_json, shortened
from .rules import broken_rules

__all__ = ["check_reports", "report_faults", "schema"]


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``report.json``."""
    path = Path(__file__).with_name("report.schema.json")
    return json.loads(path.read_text(encoding="utf-8"))


def report_faults(path: str | Path) -> list[str]:
    """Return what is wrong with a stored report, a sentence each; nothing of a sound one.

    Parameters
    ----------
    path : str or Path
        Its ``report.json``, or its folder.

    Raises
    ------
    ReportError
        There is no such file, or it is no JSON.
    """
    path = pathlike("path", path)
    file = path / "report.json" if path.is_dir() else path
    data = _json(file)
    faults = list(_misshapen(data))
    return faults or list(broken_rules(data))


def check_reports(paths: list[str | Path], *, console: Console | None = None) -> None:
    """Print of each report what is wrong with it.

    Parameters
    ----------
    paths : list of str or Path
        Their files or folders.
    console : rich.console.Console, optional
        Where to.

    Raises
    ------
    ReportError
        Something is wrong with one of them, or it cannot be read.
    """
    if not paths:
        raise ReportError("nothing is checked; name reports, by their report.json or their folder")
    console = terminal.console() if console is None else console
    wrong = 0
    for path in paths:
        faults = report_faults(path)
        wrong += bool(faults)
        for line in faults or ["nothing is wrong"]:
            console.print(f"{path}: {line}", markup=False, highlight=False, soft_wrap=True)
    if wrong:
        raise ReportError(
            f"{wrong} of {len(paths)} reports {'are' if wrong > 1 else 'is'} not sound; what is "
            "wrong stands above"
        )


def _json(file: Path) -> Any:
    try:
        return read_json(file)
    except FileNotFoundError:
        raise ReportError(f"there is no report at {file}; name a report.json, or its folder") from (
            None
        )
    except (OSError, ValueError) as error:
        raise ReportError(f"{file} is no report: {error}; write it again") from None


def _misshapen(data: Any) -> Iterator[str]:
    checker = jsonschema.Draft202012Validator(schema())
    for error in sorted(checker.iter_errors(data), key=lambda one: one.json_path):
        yield _sentence(error, data)


def _sentence(error: Any, data: Any) -> str:
    """Say where and what, with the name of a figure in the place of its number."""
    parts = list(error.absolute_path)
    where = ".".join(map(str, parts))
    if len(parts) > 1 and parts[0] == "figures":
        figure = data["figures"][parts[1]]
        name = figure.get("name", parts[1]) if isinstance(figure, dict) else parts[1]
        name = shortened(str(name), most=80)
        where = ".".join(map(str, ("figure", name, *parts[2:]))).replace("figure.", "figure ", 1)
    if error.validator == "required":
        # Each error is of one name, which jsonschema tells in its sentence alone.
        missing = error.message.removesuffix(" is a required property").strip("'\"")
        return f"{where + '.' if where else ''}{missing} is missing"
    return f"{where or 'the report'}: {shortened(error.message)}"
