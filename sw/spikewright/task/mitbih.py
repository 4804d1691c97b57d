"""MIT-BIH heartbeats: one lead of the electrocardiogram around each beat, in five classes.

G. B. Moody, R. G. Mark, "The impact of the MIT-BIH arrhythmia database", IEEE Engineering in
Medicine and Biology 20(3), 2001. 187 samples of 125 Hz a beat; classes after AAMI: 0 N (normal),
1 S (supraventricular), 2 V (ventricular), 3 F (fusion), 4 Q (unknown).

Two forms are read. ``beats_ds1_train.npz`` and ``beats_ds2a_test.npz`` are split between patients:
no patient is in both parts (P. de Chazal, M. O'Dwyer, R. B. Reilly, IEEE Transactions on Biomedical
Engineering 51(7), 2004). ``mitbih_train.csv`` and ``mitbih_test.csv`` (M. Kachuee, S. Fazeli,
M. Sarrafzadeh, 2018) are split at random, so that figures are higher.
"""

from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .archive import read_archive
from .source import Source
from .task import Task

__all__ = ["MITBIH"]

_CLASSES = 5
_SAMPLES = 187
_BETWEEN_PATIENTS = ("beats_ds1_train.npz", "beats_ds2a_test.npz")
_AT_RANDOM = ("mitbih_train.csv", "mitbih_test.csv")


def _files(folder: Path) -> tuple[Path, ...]:
    for names in (_BETWEEN_PATIENTS, _AT_RANDOM):
        paths = tuple(folder / name for name in names)
        if all(path.is_file() for path in paths):
            return paths
    return ()


def _load(folder: Path) -> Task:
    paths = _files(folder)
    patients = paths[0].suffix == ".npz"
    (x_train, y_train), (x_test, y_test) = map(_archive if patients else _table, paths)
    return Task(
        name="mitbih",
        kind="signal",
        shape=(_SAMPLES,),
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        low=0.0,
        high=255.0 if patients else 1.0,
        classes=_CLASSES,
    )


def _archive(path: Path) -> tuple[np.ndarray, np.ndarray]:
    content = read_archive(path)
    absent = [name for name in ("beats", "label") if name not in content]
    if absent:
        raise DataError(f"{path} lacks the array {absent[0]}; fetch it again")
    return content["beats"], content["label"]


def _table(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a table whose rows are the values of a beat and its label."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        if not lines:
            raise DataError(f"{path} is empty; fetch it again")
        rows = np.loadtxt(lines, delimiter=",", ndmin=2)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error
    if rows.shape[1] != _SAMPLES + 1:
        raise DataError(
            f"{path} has {rows.shape[1]} columns; it must have {_SAMPLES} values and a label"
        )
    labels = rows[:, -1]
    wrong = ~np.isin(labels, range(_CLASSES))
    if wrong.any():
        raise DataError(
            f"row {wrong.argmax()} of {path} has the label {labels[wrong.argmax()]:g}; a label is "
            f"0 to {_CLASSES - 1}"
        )
    return rows[:, :-1], labels.astype(np.int64)


#: Heartbeats.
MITBIH = Source(
    name="mitbih",
    title="MIT-BIH",
    home="https://physionet.org/content/mitdb (the records; the tables are Kachuee's of 2018)",
    folders=("mitbih", "MIT-BIH"),
    files=f"{' and '.join(_BETWEEN_PATIENTS)}, or {' and '.join(_AT_RANDOM)}",
    there=lambda folder: bool(_files(folder)),
    load=_load,
)
