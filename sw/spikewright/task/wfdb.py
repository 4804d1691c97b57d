"""Records of PhysioNet: signals of format 212, and annotations.

The formats are those of the WFDB library (G. Moody, "WFDB Applications Guide", signal(5), header(5)
and annot(5)). They are read here, since the package of that name brings a dozen others for it.
"""

from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .archive import read_records

__all__ = ["read_annotations", "read_lead"]

#: Codes of an annotation that are no event: a long interval; text that follows; fields of others.
_SKIP, _TEXT, _FIELDS = 59, 63, (60, 61, 62)


def read_lead(path: Path, lead: str) -> np.ndarray:
    """Return a signal of a record.

    Parameters
    ----------
    path : Path
        Of its header, ``100.hea``; the signals are in the file that this names.
    lead : str
        Name of the signal, such as ``MLII``.

    Returns
    -------
    int16 array ``[samples]``

    Raises
    ------
    DataError
        A file cannot be read or is malformed, the record has no such signal, or its sum is not that
        of the header.
    """
    lines = _lines(path)
    try:
        _, signals, _, samples, *_ = lines[0].split()
        count, length = int(signals), int(samples)
        fields = [line.split(maxsplit=8) for line in lines[1 : 1 + count]]
        names = [one[8] for one in fields]
        sums = [int(one[6]) for one in fields]
        files = {(one[0], one[1]) for one in fields}
        ((file, form),) = files
    except (IndexError, ValueError) as error:
        raise DataError(
            f"{path} is no header of signals in one file: {error}; fetch it again"
        ) from error
    if form != "212" or count != 2:
        raise DataError(f"{path} has {count} signals of format {form}; it must have two of 212")
    if lead not in names:
        raise DataError(f"{path} has the signals {', '.join(names)}; it must have {lead}")
    data = path.with_name(file)
    triples = read_records(data, size=3, what="samples of both signals").astype(np.int16)
    if len(triples) != length:
        raise DataError(f"{data} holds {len(triples)} samples; {path.name} says {length}")
    first, middle, last = triples.T
    pair = np.stack([first | (middle & 0x0F) << 8, last | (middle & 0xF0) << 4])
    signal = np.where(pair > 2047, pair - 4096, pair)[names.index(lead)].astype(np.int16)
    if (int(signal.sum(dtype=np.int64)) - sums[names.index(lead)]) % (1 << 16):
        raise DataError(f"{lead} of {data} has another sum than {path.name} says; fetch it again")
    return signal


def read_annotations(path: Path) -> np.ndarray:
    """Return the annotations of a record, each the sample that it is at and its code.

    Returns
    -------
    int64 array ``[annotations, 2]``

    Raises
    ------
    DataError
        The file cannot be read, or ends within an annotation.
    """
    words = read_records(path, size=2, what="words").astype(np.int64) @ [1, 256]
    found, at, time = [], 0, 0
    while at < len(words):
        code, interval = divmod(int(words[at]), 1 << 10)
        at += 1
        if not code and not interval:
            return np.array(found, np.int64).reshape(-1, 2)
        if code == _SKIP and at + 1 < len(words):
            time += (int(words[at]) << 16 | int(words[at + 1])) - (int(words[at]) >> 15 << 32)
            at += 2
        elif code == _TEXT:
            at += (interval + 1) // 2
        elif code not in (_SKIP, *_FIELDS):
            time += interval
            found.append((time, code))
    raise DataError(f"{path} ends within an annotation; fetch it again")


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
