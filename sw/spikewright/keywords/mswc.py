"""The recordings of NeuroBench's few-shot task: words of MSWC in eleven languages.

They are a part of the Multilingual Spoken Words Corpus (M. Mazumder and others, NeurIPS Datasets
and Benchmarks, 2021), as the benchmark has it (huggingface.co/datasets/NeuroBench/
mswc_fscil_subset): 100 base words with 500 recordings to train on, 100 to choose by and 100 to
test, named by ``base_train.csv``, ``base_val.csv`` and ``base_test.csv``; and ten languages, each
with 10 words and 200 recordings of each in its ``evaluation.csv``. Of these the first 100 of a word
may be shown, and the others asked. A line has the path of a file below ``clips`` of its language,
the word and the language. Sound is read at 16,000 samples a second, the benchmark's converted form;
a path may end in ``.opus`` where the file ends in ``.wav``.
"""

from pathlib import Path

import numpy as np

from ..errors import DataError
from ..task.audio import Bands
from ..task.source import Files, located
from .few_shot import FewShot, Word, base_task, heard

__all__ = ["BANDS", "LANGUAGES", "MSWC", "few_shot_mswc"]

#: Languages of the sessions.
LANGUAGES = ("fa", "eo", "pt", "eu", "pl", "cy", "nl", "ru", "es", "it")
#: How a recording is cut.
BANDS = Bands(rate=16_000, seconds=1.0, frames=32, bands=16, low_hz=100.0, high_hz=7000.0)
#: Recordings of a word: to train on and to test, of base words; to show and to ask, of others.
_TRAIN, _TEST, _SHOWN, _ASKED = 500, 100, 100, 100
#: Words: at first, and of a language.
_BASE_WORDS, _WORDS = 100, 10
_TABLES = ("base_train.csv", "base_test.csv", *(f"{one}/evaluation.csv" for one in LANGUAGES))

#: Where they come from.
MSWC = Files(
    name="mswc", title="MSWC, the part for few shots",
    home="https://huggingface.co/datasets/NeuroBench/mswc_fscil_subset (the 16 kHz .wav files)",
    folders=("MSWC", "mswc"), files="base_train.csv, base_test.csv, and a folder for each language",
    there=lambda folder: all((folder / one).is_file() for one in _TABLES),
)


def few_shot_mswc(folder: str | Path | None = None) -> FewShot:
    """Return the benchmark's words: 100 at first, then ten sessions of 10, a language each.

    Parameters
    ----------
    folder : str or Path, optional
        ``MSWC``, or the folder above it; that in ``SPIKEWRIGHT_DATA`` unless given.

    Raises
    ------
    DataError
        A file is not there, malformed, or of another rate; or a word has another number of
        recordings than the benchmark's.
    """
    place = located(MSWC, None if folder is None else Path(folder))
    train = _words(place, "base_train.csv", words=_BASE_WORDS, recordings=_TRAIN)
    test = _words(place, "base_test.csv", words=_BASE_WORDS, recordings=_TEST)
    if train.keys() != test.keys():
        other = min(train.keys() ^ test.keys())
        raise DataError(
            f"the word {other} is in one of base_train.csv and base_test.csv of {place} alone; "
            "fetch them again"
        )
    order = sorted(train)
    base = base_task("mswc-base", *(
        [heard(part[word], BANDS) for word in order] for part in (train, test)
    ))
    groups = {}
    for language in LANGUAGES:
        found = _words(
            place, f"{language}/evaluation.csv", words=_WORDS, recordings=_SHOWN + _ASKED
        )
        groups[language] = [
            Word(word, *np.split(heard(paths, BANDS), [_SHOWN])) for word, paths in found.items()
        ]
    return FewShot(name="mswc", base=base, groups=groups, queries=_ASKED)


def _words(
    place: Path, table: str, *, words: int, recordings: int
) -> dict[str, list[Path]]:
    """Return the files of each word of a table, in its order."""
    found: dict[str, list[Path]] = {}
    text = (place / table).read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.strip().split(",")
        if len(cells) != 3:
            raise DataError(
                f"line {number} of {place / table} has {len(cells)} cells; it must have three, a "
                "path, a word and a language"
            )
        path, word, language = cells
        if word != "WORD":
            found.setdefault(word, []).append(_file(place / language / "clips" / path))
    if len(found) != words:
        raise DataError(
            f"{place / table} has {len(found)} words; the benchmark's has {words}: fetch it again"
        )
    for word, paths in found.items():
        if len(paths) != recordings:
            raise DataError(
                f"{place / table} has {len(paths)} recordings of the word {word}; the benchmark's "
                f"has {recordings}: fetch it again"
            )
    return found


def _file(path: Path) -> Path:
    """Return the path of a recording that is there as ``.wav``."""
    wave = path.with_suffix(".wav")
    if wave.is_file():
        return wave
    if path.is_file():
        raise DataError(
            f"{path} is no .wav file; get the benchmark's converted form, of 16 kHz, beside it"
        )
    raise DataError(f"there is no {wave}, which a table names; unpack all of the data set")
