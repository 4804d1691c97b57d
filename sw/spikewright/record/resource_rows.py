"""The figures of the cores' size and speed that are kept in the checkout, ``docs/resources.json``.

A row is that of :meth:`~spikewright.gateware.resources.Resources.row`. It is true of the gateware
whose hash it bears, so a core that has not changed need not be measured again, and keeps what a
placer has found that is not installed everywhere.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from spikewright_hw.cores import CORES, Core

from ..errors import ReportError
from ..files import write_text
from ..gateware.resources import TARGETS, UNPLACED, Target, digest_of
from ..json_text import read_json

__all__ = [
    "HEADINGS", "KEPT", "Item", "Row", "cells", "lacking", "merged", "outdated", "read_rows",
    "wanted", "write_rows",
]

KEPT = Path("docs") / "resources.json"
"""Where the rows are, in the checkout."""

Row = dict[str, Any]
"""A preset of a core on a family."""

Item = tuple[Core, str, Target]
"""What a row is of: a core, the name of its preset, and where it is measured."""

HEADINGS = ("core", "preset", "LUT", "FF", "BRAM", "DSP", "carry", "Fmax, MHz")
"""What :func:`cells` gives."""


def wanted(cores: Collection[str] = ()) -> list[Item]:
    """Return what there should be a row of, in order; with names, of those cores alone."""
    return [
        (core, preset, target)
        for core in CORES.values()
        if not cores or core.name in cores
        for preset in core.presets
        for target in TARGETS
        if target.takes(core)
    ]


def lacking(rows: Iterable[Row]) -> list[Item]:
    """Return what there is no row of."""
    found = _by_key(rows)
    return [item for item in wanted() if _key(item) not in found]


def _key(item: Item) -> tuple[str, ...]:
    core, preset, target = item
    return core.name, preset, target.label


def _by_key(rows: Iterable[Row]) -> dict[tuple[str, ...], Row]:
    """Return rows by what they are of."""
    return {(row["core"], row["preset"], row["device"]): row for row in rows}


def outdated(rows: Iterable[Row]) -> list[Item]:
    """Return what there is a row of that is to be measured again.

    Its gateware has changed; or it was not placed, and the placer is here now.
    """
    found = _by_key(rows)
    there = [item for item in wanted() if _key(item) in found]
    digests = {
        each: digest_of(CORES[each[0]], each[1])
        for each in dict.fromkeys((core.name, preset) for core, preset, _ in there)
    }

    def is_current(item: Item) -> bool:
        core, preset, target = item
        row = found[_key(item)]
        placeable = row["note"].startswith(UNPLACED) and not target.without_placer
        return row["digest"] == digests[core.name, preset] and not placeable

    return [item for item in there if not is_current(item)]


def merged(kept: Iterable[Row], measured: Iterable[Row]) -> list[Row]:
    """Return the rows there are now, in order.

    A row that was kept stays where none is measured, and where the same gateware has a frequency
    in it and none in the measured one.
    """
    rows = _by_key(kept)
    for key, row in _by_key(measured).items():
        before = rows.get(key, row)
        unplaced = row["fmax_mhz"] is None and before["fmax_mhz"] is not None
        if not unplaced or before["digest"] != row["digest"]:
            rows[key] = row
    return [rows[_key(item)] for item in wanted() if _key(item) in rows]


def read_rows(path: Path) -> list[Row]:
    """Read the rows that are kept, none if there is no file.

    Raises :exc:`~spikewright.errors.ReportError` if it is damaged.
    """
    try:
        rows = read_json(path)
        _by_key(rows)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{path} cannot be read: {error!r}; take the file of the last commit, or remove it, "
            "and `spikewright resources` measures everything again"
        ) from None
    return rows


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows, each on a line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    write_text(path, f"[\n{lines}\n]\n")


def cells(row: Mapping[str, Any]) -> list[str]:
    """Return the cells of a row; in the place of a frequency that is missing, why it is."""
    counted = ("core", "preset", "lut", "ff", "bram", "dsp", "carry")
    fmax = row["fmax_mhz"]
    speed = row["note"] if fmax is None else f"{fmax:.1f}"
    core, *others = (str(row[column]) for column in counted)
    return [core if row["digest"] else rf"{core} \*", *others, speed]
