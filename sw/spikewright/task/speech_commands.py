"""Speech Commands: single words spoken by thousands of people, a second each, at 16 kHz.

P. Warden, "Speech Commands: a dataset for limited-vocabulary speech recognition", arXiv:1804.03209,
2018. A folder for each word; ``testing_list.txt`` names the test part, and what
``validation_list.txt`` names is in neither part. A recording becomes 32 frames of 16 bands
(:mod:`spikewright.task.audio`). Classes are the words in alphabetical order.
"""

from pathlib import Path

from spikewright.errors import DataError

from .audio import Bands, Recordings, features_task
from .source import Source

__all__ = ["BANDS", "SPEECH_COMMANDS"]

#: How a recording is cut.
BANDS = Bands(rate=16_000, seconds=1.0, frames=32, bands=16, low_hz=100.0, high_hz=7600.0)
_LISTS = ("testing_list.txt", "validation_list.txt")


def _there(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _LISTS)


def _recordings(folder: Path) -> Recordings:
    testing, validating = (_named(folder / name) for name in _LISTS)
    words = sorted(
        one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith(("_", "."))
    )
    parts: dict[str, list[tuple[Path, int]]] = {"training": [], "test": []}
    for label, word in enumerate(words):
        for path in sorted((folder / word).glob("*.wav")):
            name = f"{word}/{path.name}"
            if name not in validating:
                parts["test" if name in testing else "training"].append((path, label))
    for part, files in parts.items():
        if not files:
            raise DataError(f"{folder} holds no recordings of the {part} part; fetch it again")
    return Recordings(
        name="speech_commands", training=parts["training"], test=parts["test"], bands=BANDS,
        classes=len(words),
    )


def _named(path: Path) -> set[str]:
    names = set(path.read_text(encoding="utf-8", errors="replace").split())
    if not names:
        raise DataError(f"{path} names no recordings; fetch it again")
    return names


#: Spoken words.
SPEECH_COMMANDS = Source(
    name="speech_commands",
    title="Speech Commands",
    home="https://arxiv.org/abs/1804.03209 (it says where the files are)",
    folders=("speech_commands", "speech_commands_v0.02", "SpeechCommands/speech_commands_v0.02"),
    files="a folder of recordings for each word, testing_list.txt and validation_list.txt",
    there=_there,
    load=lambda folder: features_task(_recordings(folder)),
    recordings=_recordings,
)
