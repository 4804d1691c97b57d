"""MIT-BIH heartbeats: one lead of the electrocardiogram around each beat, in five classes.

G. B. Moody, R. G. Mark, "The impact of the MIT-BIH arrhythmia database", IEEE Engineering in
Medicine and Biology 20(3), 2001. 187 samples of 125 Hz a beat; classes after AAMI: 0 N (normal),
1 S (supraventricular), 2 V (ventricular), 3 F (fusion), 4 Q (unknown).

Three forms are read. The records as PhysioNet has them, ``100.hea``, ``100.dat``, ``100.atr`` and
so on: the lead MLII is resampled to 125 Hz, and a beat is from 60 samples before its annotation,
scaled to 0 to 1; those that the record does not hold as a whole are left out. Or such beats in
``beats_ds1_train.npz`` and ``beats_ds2a_test.npz``. Both are split between patients: no patient is
in both parts (DS1 and DS2 of P. de Chazal, M. O'Dwyer, R. B. Reilly, IEEE Transactions on
Biomedical Engineering 51(7), 2004; paced records are in neither). ``mitbih_train.csv`` and
``mitbih_test.csv`` (M. Kachuee, S. Fazeli, M. Sarrafzadeh, 2018) are split at random, so that
figures are higher.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .archive import read_archive
from .checksums import check_sums
from .source import Source, located
from .task import Task
from .wfdb import read_annotations, read_lead

__all__ = ["MITBIH", "RECORDS", "Beats", "read_beats", "read_heartbeats"]

_CLASSES = 5
_SAMPLES = 187
#: Records of the training part (DS1) and of the test part (DS2).
RECORDS = (
    (101, 106, 108, 109, 112, 114, 115, 116, 118, 119, 122, 124, 201, 203, 205, 207, 208, 209, 215,
     220, 223, 230),
    (100, 103, 105, 111, 113, 117, 121, 123, 200, 202, 210, 212, 213, 214, 219, 221, 222, 228, 231,
     232, 233, 234),
)
#: By code of an annotation of WFDB (ecgcodes.h), its class after AAMI.
_AAMI = {
    1: 0, 2: 0, 3: 0, 34: 0, 11: 0,  # N, L, R, e, j
    8: 1, 4: 1, 7: 1, 9: 1,  # A, a, J, S
    5: 2, 10: 2,  # V, E
    6: 3,  # F
    12: 4, 38: 4, 13: 4,  # /, f, Q
}
_LEAD = "MLII"
#: 360 Hz to 125 Hz.
_UP, _DOWN = 25, 72
#: Samples of a beat before its annotation.
_BEFORE = 60
_BETWEEN_PATIENTS = ("beats_ds1_train.npz", "beats_ds2a_test.npz")
_AT_RANDOM = ("mitbih_train.csv", "mitbih_test.csv")


@dataclass(frozen=True, kw_only=True)
class Beats:
    """Heartbeats, those of a record one after the other.

    Parameters
    ----------
    values : float32 array ``[beats, 187]``
        0 to 1.
    labels : int64 array ``[beats]``
        Classes after AAMI.
    places : int64 array ``[beats]``
        Of the annotation in its record, in samples of 360 Hz.
    records : int64 array ``[beats]``
        Numbers of the records.
    checked : bool
        Whether a list of checksums beside the files named all of them.
    """

    values: np.ndarray
    labels: np.ndarray
    places: np.ndarray
    records: np.ndarray
    checked: bool = False


def _files(folder: Path) -> tuple[Path, ...]:
    for names in (_BETWEEN_PATIENTS, _AT_RANDOM):
        paths = tuple(folder / name for name in names)
        if all(path.is_file() for path in paths):
            return paths
    return ()


def _headers(folder: Path) -> list[list[Path]]:
    return [[folder / f"{record}.hea" for record in part] for part in RECORDS]


def _there(folder: Path) -> bool:
    # Of some records the first that is missing is named when they are read.
    return bool(_files(folder)) or any(
        path.is_file() for part in _headers(folder) for path in part
    )


def _load(folder: Path) -> Task:
    paths = _files(folder)
    archives = bool(paths) and paths[0].suffix == ".npz"
    if paths:
        check_sums(folder, paths)
        parts = (_arrays(path, "beats", "label") if archives else _table(path) for path in paths)
    else:
        parts = ((one.values, one.labels) for one in _recorded(folder))
    (x_train, y_train), (x_test, y_test) = parts
    return Task(
        name="mitbih",
        kind="signal",
        shape=(_SAMPLES,),
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        low=0.0,
        high=255.0 if archives else 1.0,
        classes=_CLASSES,
    )


def read_heartbeats(folder: Path | None = None) -> tuple[Beats, Beats]:
    """Return the beats of DS1 and of DS2: all records, or what the archives have of them.

    Parameters
    ----------
    folder : Path, optional
        Of the records, or of the arrays with ``sample`` and ``record`` of each beat; or the one
        above it.

    Raises
    ------
    DataError
        The files are not there, malformed, or not those of their list of checksums; or they are
        tables, which do not say when a beat was and whose it is.
    """
    place = located(MITBIH, folder)
    paths = _files(place)
    if not paths:
        return _recorded(place)
    if paths[0].suffix != ".npz":
        raise DataError(
            f"{paths[0]} does not say when a beat was and whose it is; take the records, which "
            "are at physionet.org/content/mitdb"
        )
    checked = check_sums(place, paths)
    first, second = (_placed(path, checked=checked) for path in paths)
    return first, second


def _recorded(folder: Path) -> tuple[Beats, Beats]:
    """Read the records of both parts."""
    parts = _headers(folder)
    checked = check_sums(folder, (
        path.with_suffix(suffix) for part in parts for path in part
        for suffix in (".hea", ".dat", ".atr")
    ))
    first, second = (_joined([read_beats(path) for path in part], checked) for part in parts)
    return first, second


def _joined(records: Sequence[Beats], checked: bool) -> Beats:
    names = ("values", "labels", "places", "records")
    return Beats(checked=checked, **{
        name: np.concatenate([getattr(one, name) for one in records]) for name in names
    })


def read_beats(header: Path) -> Beats:
    """Return the beats of a record.

    Parameters
    ----------
    header : Path
        ``100.hea``, beside ``100.dat`` and ``100.atr``.

    Raises
    ------
    DataError
        A file is missing or malformed.
    """
    from scipy.signal import resample_poly

    signal = resample_poly(read_lead(header, _LEAD).astype(np.float64), _UP, _DOWN)
    annotations = read_annotations(header.with_suffix(".atr"))
    annotations = annotations[np.isin(annotations[:, 1], [*_AAMI])]
    starts = np.rint(annotations[:, 0] * (_UP / _DOWN)).astype(np.int64) - _BEFORE
    whole = (starts >= 0) & (starts + _SAMPLES <= len(signal))
    beats = signal[starts[whole, None] + np.arange(_SAMPLES)]
    beats -= beats.min(axis=1, keepdims=True)
    beats /= np.maximum(beats.max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return Beats(
        values=beats.astype(np.float32),
        labels=np.array([_AAMI[code] for code in annotations[whole, 1].tolist()], np.int64),
        places=annotations[whole, 0],
        records=np.full(int(whole.sum()), int(header.stem), np.int64),
    )


def _placed(path: Path, *, checked: bool) -> Beats:
    """Read an archive that says of each beat when and whose it is."""
    beats, labels, places, records = _arrays(path, "beats", "label", "sample", "record")
    for name, each in (("sample", places), ("record", records)):
        if each.shape != (len(beats),) or each.dtype.kind not in "iu":
            raise DataError(
                f"{name} of {path} is an array of {each.dtype} of shape {list(each.shape)}; it "
                f"must have a whole number for each of the {len(beats)} beats"
            )
    if beats.shape[1:] != (_SAMPLES,) or labels.shape != (len(beats),) or beats.dtype != np.uint8:
        raise DataError(
            f"{path} has beats of {beats.dtype} of shape {list(beats.shape)} and labels of shape "
            f"{list(labels.shape)}; a beat has {_SAMPLES} values of uint8 and a label"
        )
    if not np.isin(labels, range(_CLASSES)).all():
        raise DataError(f"{path} has the label {labels.max()}; a label is 0 to {_CLASSES - 1}")
    return Beats(
        values=beats.astype(np.float32) / np.float32(255), labels=labels.astype(np.int64),
        places=places.astype(np.int64), records=records.astype(np.int64), checked=checked,
    )


def _arrays(path: Path, *names: str) -> list[np.ndarray]:
    """Return arrays of an archive."""
    content = read_archive(path)
    for name in names:
        if name not in content:
            raise DataError(f"{path} lacks the array {name}; fetch it again")
    return [content[name] for name in names]


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
    folders=("mitbih", "MIT-BIH", "mit-bih-arrhythmia-database-1.0.0"),
    files=f"the records, such as 100.hea, 100.dat and 100.atr; or "
    f"{' and '.join(_BETWEEN_PATIENTS)}; or {' and '.join(_AT_RANDOM)}",
    there=_there,
    load=_load,
)
