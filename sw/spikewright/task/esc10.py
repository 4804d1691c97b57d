"""ESC-10: ten kinds of environmental sounds, 5 s each; the part of ESC-50 with a free licence.

K. J. Piczak, "ESC: dataset for environmental sound classification", ACM Multimedia, 2015. Read as
ESC-50 is published, ``meta/esc50.csv`` beside ``audio`` (44.1 kHz), or as ``labels.csv`` beside
``audio`` at 16 kHz. The highest fold is the test part, all others the training part: the clips of
one recording share a fold. A clip becomes 50 frames of 24 bands (:mod:`spikewright.task.audio`).
"""

import csv
from dataclasses import replace
from pathlib import Path

from spikewright.errors import DataError

from .audio import Bands, Recordings, features_task
from .source import Source

__all__ = ["BANDS", "ESC10"]

#: How a clip is cut.
BANDS = Bands(rate=44_100, seconds=5.0, frames=50, bands=24, low_hz=100.0, high_hz=7600.0)
#: A clip: its file, its fold, and its class as the table has it.
_Clip = tuple[str, int, int]


def _table(folder: Path) -> tuple[Path, Bands]:
    """Return the table of the clips, and how these are cut."""
    published = folder / "meta" / "esc50.csv"
    if published.is_file():
        return published, BANDS
    return folder / "labels.csv", replace(BANDS, rate=16_000)


def _recordings(folder: Path) -> Recordings:
    table, bands = _table(folder)
    clips = _clips(table)
    kinds = sorted({kind for _, _, kind in clips})
    last = max(fold for _, fold, _ in clips)
    parts = [[one for one in clips if (one[1] == last) == test] for test in (False, True)]
    if not parts[0]:
        raise DataError(f"all clips of {table} are of fold {last}; one fold is the test part")
    training, test = (
        [(folder / "audio" / name, kinds.index(kind)) for name, _, kind in part] for part in parts
    )
    return Recordings(
        name="esc10", training=training, test=test, bands=bands, classes=len(kinds)
    )


def _folds(folder: Path) -> list[str]:
    """Return the fold of each clip of the training part."""
    folds = [fold for _, fold, _ in _clips(_table(folder)[0])]
    return [str(fold) for fold in folds if fold != max(folds)]


def _clips(table: Path) -> list[_Clip]:
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("esc10", "True") == "True"]
    if not rows:
        raise DataError(f"{table} names no clips of ESC-10; fetch it again")
    name, kind = ("filename", "target") if "filename" in rows[0] else ("file", "class_id")
    try:
        return [(row[name], int(row["fold"]), int(row[kind])) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{table} is malformed: {error}; it must have the columns {name}, fold and {kind}"
        ) from error


#: Environmental sounds.
ESC10 = Source(
    name="esc10",
    title="ESC-10",
    home="https://github.com/karolpiczak/ESC-50",
    folders=("esc10", "ESC-50", "ESC-50-master", "esc10_16k"),
    files="meta/esc50.csv and the folder audio of ESC-50",
    there=lambda folder: _table(folder)[0].is_file() and (folder / "audio").is_dir(),
    load=lambda folder: features_task(_recordings(folder)),
    recordings=_recordings,
    groups=_folds,
)
