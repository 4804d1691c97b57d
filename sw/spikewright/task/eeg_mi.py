"""EEG motor imagery: which hand somebody imagines to move, by 62 electrodes on the scalp.

M.-H. Lee and others, "EEG dataset and OpenBMI toolbox for three BCI paradigms", GigaScience 8(5),
2019: 54 subjects, two sessions each. NeuroBench takes trials of it that are filtered to 8 to 30 Hz,
resampled to 100 Hz and cut from 1 s to 3.5 s after their beginning, in four files: ``train_X.npy``
and ``val_X.npy``, trials × time × electrodes, with ``train_y.npy`` and ``val_y.npy``, 0 for the
right hand and 1 for the left one. Trials were split at random, 70, 15 and 15 %, within each session
of each subject, so that no subject is new.

The last 15 % are not published: what the benchmark's harness tests on is ``val``, which is the test
part here, and nothing may be chosen on it. Channels are standardised
(:mod:`spikewright.task.channels`).
"""

from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .archive import read_array
from .channels import LIMIT, standardised
from .checksums import check_sums
from .samples import checked_samples
from .source import Source
from .task import Task

__all__ = ["EEG_MI", "HANDS", "read_trials"]

#: The hands, in the order of their labels.
HANDS = ("right", "left")
_ELECTRODES = 62
_PARTS = ("train", "val")
_FILES = tuple(f"{part}_{what}.npy" for part in _PARTS for what in "Xy")


def read_trials(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the trials of a part, and their labels.

    Parameters
    ----------
    folder : Path
    part : str
        ``"train"`` or ``"val"``.

    Returns
    -------
    trials : float32 array ``[trials, time, 62]``
        As the file has them.
    labels : int64 array ``[trials]``

    Raises
    ------
    DataError
        A file cannot be read, or has an array of another form; the message names it.
    """
    path, labels_path = (folder / f"{part}_{what}.npy" for what in "Xy")
    trials, labels = read_array(path), read_array(labels_path)
    if trials.ndim != 3 or trials.shape[2] != _ELECTRODES:
        raise DataError(
            f"{path} is of shape {_shown(trials)}; it must be trials × time × {_ELECTRODES} "
            "electrodes"
        )
    if labels.shape != (len(trials),):
        raise DataError(
            f"{labels_path} is of shape {_shown(labels)}; it must have a label for each of the "
            f"{len(trials)} trials of {path.name}"
        )
    if labels.dtype.kind not in "biuf":
        raise DataError(f"{labels_path} holds {labels.dtype} values; it must hold numbers, 0 or 1")
    wrong = ~np.isin(labels, range(len(HANDS)))
    if wrong.any():
        at = int(wrong.argmax())
        raise DataError(
            f"label {at} of {labels_path} is {labels[at]}; it must be 0, {HANDS[0]}, or 1, "
            f"{HANDS[1]}"
        )
    kept = checked_samples(trials, kind="signal", shape=trials.shape[1:], name=str(path))
    return kept, labels.astype(np.int64)


def _shown(array: np.ndarray) -> str:
    return " × ".join(map(str, array.shape)) or "a single value"


def _load(folder: Path) -> Task:
    check_sums(folder, [folder / name for name in _FILES])
    (x_train, y_train), (x_test, y_test) = (read_trials(folder, part) for part in _PARTS)
    if x_train.shape[1:] != x_test.shape[1:]:
        raise DataError(
            f"a trial of {folder / _FILES[0]} has {x_train.shape[1]} samples and one of "
            f"{folder / _FILES[2]} {x_test.shape[1]}; fetch both again"
        )
    x_train, x_test = standardised(x_train, x_test)
    return Task(
        name="eeg_mi", kind="signal", x_train=x_train, y_train=y_train, x_test=x_test,
        y_test=y_test, low=-LIMIT, high=LIMIT, classes=len(HANDS),
    )


#: Imagined movements.
EEG_MI = Source(
    name="eeg_mi",
    title="EEG motor imagery",
    home="https://huggingface.co/datasets/NeuroBench/thor_eeg_mi",
    folders=("eeg_mi", "thor_eeg_mi"),
    files=", ".join(_FILES),
    there=lambda folder: all((folder / name).is_file() for name in _FILES),
    load=_load,
)
