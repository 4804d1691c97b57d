"""Free Spoken Digit Dataset: digits spoken in English by six people, 3,000 recordings at 8 kHz.

Z. Jackson and others, "Free Spoken Digit Dataset". A file is ``digit_speaker_take.wav``; takes 0 to
4 of each digit and speaker are the test part (300), as the data set says, all others the training
part (2,700). A recording becomes 32 frames of 16 bands in its first second
(:mod:`spikewright.task.audio`): of 3,000 recordings, 20 are longer.
"""

import re
from pathlib import Path

from spikewright.errors import DataError

from .audio import Bands, Recordings, features_task
from .source import Source

__all__ = ["BANDS", "FSDD"]

#: How a recording is cut.
BANDS = Bands(rate=8000, seconds=1.0, frames=32, bands=16, low_hz=100.0, high_hz=3800.0)
#: Takes of the test part.
_TEST_TAKES = range(5)


def _there(folder: Path) -> bool:
    return next(folder.glob("[0-9]_*_*.wav"), None) is not None


def _recordings(folder: Path) -> Recordings:
    parts: dict[bool, list[tuple[Path, int]]] = {False: [], True: []}
    for path in sorted(folder.glob("*.wav")):
        match = re.fullmatch(r"(\d)_\w+_(\d+)", path.stem)
        if match is None:
            raise DataError(
                f"{path} is not named digit_speaker_take.wav, such as 7_jackson_32.wav"
            )
        parts[int(match[2]) in _TEST_TAKES].append((path, int(match[1])))
    for test, files in parts.items():
        if not files:
            raise DataError(
                f"{folder} holds no {'test' if test else 'training'} recordings: takes 0 to 4 are "
                "the test part, all others the training part"
            )
    return Recordings(
        name="fsdd", training=parts[False], test=parts[True], bands=BANDS, classes=10
    )


#: Spoken digits.
FSDD = Source(
    name="fsdd",
    title="the Free Spoken Digit Dataset",
    home="https://github.com/Jakobovski/free-spoken-digit-dataset",
    folders=("fsdd/recordings", "fsdd", "free-spoken-digit-dataset/recordings", "recordings"),
    files="recordings such as 7_jackson_32.wav",
    there=_there,
    load=lambda folder: features_task(_recordings(folder)),
    recordings=_recordings,
)
