"""NeuroBench's acoustic scenes: four scenes in a city, as a telephone hears them, a second each.

The data are those of DCASE 2020, task 1A: TAU Urban Acoustic Scenes 2020 Mobile, development (T.
Heittola, A. Mesaros, T. Virtanen, Zenodo, 10.5281/zenodo.3819968), of which the benchmark takes
four scenes and one device, ``a``. A recording is 10 s long, and becomes ten samples. What
``fold1_train.csv`` names is the training part; what ``fold1_evaluate.csv`` names, and what lies in
``audio`` and is in neither, is the test part. Both are sorted by the names of the files, so that
everybody has the same order, which the benchmark's own loader does not give.

Sound is at 8,000 samples a second. Recordings at another rate are refused, not resampled: what
resamples them decides what is heard, and belongs in a report.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from warnings import warn

import numpy as np

from spikewright.errors import DataError, SpikewrightWarning

from .audio import read_wave
from .source import Source
from .task import Task

__all__ = ["ASC", "CLIPPED", "COUNTS", "RATE", "SCENES", "read_seconds"]

#: The scenes, in the order of their labels.
SCENES = ("airport", "street_traffic", "bus", "park")
#: Samples a second, and seconds of a recording.
RATE, SECONDS = 8000, 10
#: Samples of the training and of the test part, if all files are there.
COUNTS = 41_360, 16_240
#: Share of a recording's samples at the ends of the range from which on it is called clipped.
CLIPPED = 0.01
_DEVICE = "a"
_TABLES = ("fold1_train.csv", "fold1_evaluate.csv")


def _table(folder: Path, name: str) -> Path:
    """Return the path of a table of files."""
    below = folder / "evaluation_setup" / name
    return below if below.is_file() else folder / name


def _there(folder: Path) -> bool:
    return (folder / "audio").is_dir() and all(_table(folder, one).is_file() for one in _TABLES)


def _load(folder: Path) -> Task:
    training, test = _parts(folder)
    (x_train, y_train), (x_test, y_test) = (_part(folder, one) for one in (training, test))
    return Task(
        name="asc", kind="signal", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test,
        low=-1.0, high=1.0, classes=len(SCENES),
    )


def _parts(folder: Path) -> tuple[list[str], list[str]]:
    """Return the files of the training and of the test part."""
    named = [_named(_table(folder, name)) for name in _TABLES]
    both = named[0] & named[1]
    if both:
        raise DataError(
            f"{min(both)} is in both {_TABLES[0]} and {_TABLES[1]}; fetch them again"
        )
    there = {path.name for path in (folder / "audio").glob("*.wav")}
    for table, names in zip(_TABLES, named, strict=True):
        absent = sorted(_chosen(names) - there)
        if absent:
            raise DataError(
                f"{folder / 'audio'} lacks {absent[0]}, which {table} names, and {len(absent) - 1} "
                "more; unpack all archives of the data set"
            )
    training = _chosen(named[0])
    parts = sorted(training), sorted(_chosen(there) - training)
    for part, files in zip(("training", "test"), parts, strict=True):
        if not files:
            raise DataError(f"{folder} holds no recordings of the {part} part; fetch it again")
    return parts


def _places(folder: Path) -> list[str]:
    """Return where each second of the training part was recorded: a scene, a city, a location."""
    return [
        "-".join(name.split("-")[:3]) for name in _parts(folder)[0] for _ in range(SECONDS)
    ]


def _named(table: Path) -> set[str]:
    """Return the names of the files in a table: tab-separated, a line of headings first."""
    lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    if not lines or lines[0].split("\t")[0].strip() != "filename":
        raise DataError(f"{table} is malformed: its first column must be filename; fetch it again")
    return {Path(line.split("\t")[0].strip()).name for line in lines[1:] if line.strip()}


def _chosen(names: Iterable[str]) -> set[str]:
    """Return the names of the benchmark's scenes and device."""
    return {name for name in names if _scene(name) is not None}


def _scene(name: str) -> int | None:
    """Return the label of a file by its name: scene-city-location-segment-device.wav."""
    match = re.fullmatch(rf"(\w+)-.+-{_DEVICE}\.wav", name)
    return SCENES.index(match[1]) if match and match[1] in SCENES else None


def _label(name: str) -> int:
    """Return the label of a file of the benchmark."""
    label = _scene(name)
    assert label is not None
    return label


def _part(folder: Path, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return samples, float32 ``[seconds, RATE]``, and labels, of all files in their order."""
    samples = np.empty((len(names) * SECONDS, RATE), np.float32)
    for number, name in enumerate(names):
        samples[number * SECONDS : (number + 1) * SECONDS] = read_seconds(folder / "audio" / name)
    return samples, np.repeat([_label(name) for name in names], SECONDS)


def read_seconds(path: Path) -> np.ndarray:
    """Return a recording in samples of a second, ``[SECONDS, RATE]``.

    Raises
    ------
    DataError
        It cannot be read, has another rate, or is too short.

    Warns
    -----
    SpikewrightWarning
        More than :data:`CLIPPED` of it is at the ends of the range.
    """
    sound = read_wave(path, rate=RATE)
    wanted = RATE * SECONDS
    if len(sound) < wanted:
        raise DataError(
            f"{path} has {len(sound)} samples, {len(sound) / RATE:.3g} s; it must have {wanted}, "
            f"{SECONDS} s"
        )
    clipped = float(np.mean(np.abs(sound[:wanted]) >= 1 - 2**-14))
    if clipped > CLIPPED:
        warn(
            f"{path} is clipped: {clipped:.1%} of its samples are at the ends of the range, so "
            "what was louder is lost; it is taken as it is, as the benchmark does",
            SpikewrightWarning, stacklevel=2,
        )
    return sound[:wanted].reshape(SECONDS, RATE)


#: Acoustic scenes.
ASC = Source(
    name="asc",
    title="TAU Urban Acoustic Scenes 2020 Mobile",
    home="https://zenodo.org/records/3819968 (unpack all archives, and resample to 8 kHz)",
    folders=("asc", "TAU-urban-acoustic-scenes-2020-mobile-development"),
    files="evaluation_setup/fold1_train.csv, fold1_evaluate.csv and the folder audio",
    there=_there,
    load=_load,
    groups=_places,
)
