"""The recordings of NeuroBench's primate reaching: spikes of a cortex, and how the cursor moved.

They are six of the sessions that J. O'Doherty, M. Cardoso, J. Makin and P. Sabes published (Zenodo,
10.5281/zenodo.583331): MATLAB files of version 7.3, which are HDF5. Read are ``t``, the times of
the samples of the cursor, each 4 ms; ``cursor_pos`` and ``target_pos``; and ``spikes``, the spike
times of each unit of each channel. A channel spikes in a bin if any of its units does, and a bin is
what the benchmark's loader makes it: that of sample *i* holds the spikes from two samples before it
to one before it, so that nothing is known ahead. The velocity is that of the cursor, in its unit a
bin: half the way from the sample before to the sample after.

A reach ends where the target jumps. The first half of the reaches is the training part, and the
rest is shared between a part to choose by and the test part, all in their order.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..task.source import Files, located

__all__ = [
    "BIN_MS", "RECORDINGS", "Recording", "reaches", "read_recording", "recording_files",
]

#: Length of a bin.
BIN_MS = 4
_BIN_S = BIN_MS / 1000
#: The files of the benchmark, and their MD5 as the benchmark has it.
RECORDINGS = {
    "indy_20160622_01": "c33d5fff31320d709d23fe445561fb6e",
    "indy_20160630_01": "197413a5339630ea926cbd22b8b43338",
    "indy_20170131_02": "2790b1c869564afaa7772dbf9e42d784",
    "loco_20170210_03": "4cae63b58c4cb9c8abd44929216c703b",
    "loco_20170215_02": "739b70762d838f3a1f358733c426bb02",
    "loco_20170301_05": "47342da09f9c950050c9213c3df38ea3",
}
#: Channels by monkey.
_CHANNELS = {"indy": 96, "loco": 192}
_ARRAYS = ("t", "cursor_pos", "target_pos", "spikes")


@dataclass(frozen=True, eq=False)
class Recording:
    """Spikes and velocities of a session, in bins of 4 ms.

    Parameters
    ----------
    name : str
    spikes : bool array ``[bins, channels]``
    velocity : float64 array ``[bins, 2]``
        Of the cursor, in its unit a bin.
    reaches : int array ``[reaches, 2]``
        The first bin of each reach, and the one after its last.
    """

    name: str
    spikes: np.ndarray
    velocity: np.ndarray
    reaches: np.ndarray

    def parts(self, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the bins of the training part, of the part to choose by, and of the test part.

        Parameters
        ----------
        share : float
            Of the reaches that are the training part.

        Raises
        ------
        DataError
            There are too few reaches, so that a part is empty.
        """
        count = len(self.reaches)
        train = int(share * count)
        held = (count - train) // 2
        parts = tuple(
            np.concatenate([np.arange(0), *(np.arange(*one) for one in self.reaches[first:last])])
            for first, last in ((0, train), (train, train + held), (train + held, count))
        )
        if not all(map(len, parts)):
            raise DataError(
                f"{self.name} has {count} reaches, too few for a training part, one to choose by "
                "and a test part"
            )
        return parts  # pyright: ignore[reportReturnType]


def reaches(targets: np.ndarray) -> np.ndarray:
    """Return where each reach begins and ends, ``[reaches, 2]``, of targets ``[bins, 2]``.

    A reach begins with the last sample of the target before, as the benchmark has it.
    """
    jumps = np.flatnonzero((np.diff(targets, axis=0) != 0).any(axis=1))
    ends = np.concatenate([[0], jumps, [len(targets)]])
    return np.stack([ends[:-1], ends[1:]], axis=1)


def read_recording(name: str, *, folder: str | Path | None = None) -> Recording:
    """Read one of the benchmark's recordings.

    Parameters
    ----------
    name : str
        A key of :data:`RECORDINGS`.
    folder : str or Path, optional
        Where ``NAME.mat`` is, or the folder above it; that in ``SPIKEWRIGHT_DATA`` unless given.

    Raises
    ------
    DataError
        The file is not there, is not the one that the benchmark names, or is malformed.
    ValueError
        The benchmark has no such recording.
    """
    if name not in RECORDINGS:
        raise ValueError(f"name is {name!r}; there are {', '.join(RECORDINGS)}")
    path = located(recording_files(name), None if folder is None else Path(folder)) / f"{name}.mat"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != RECORDINGS[name]:
        raise DataError(
            f"{path} has the MD5 {found}, and the benchmark's file has {RECORDINGS[name]}, so it "
            "was altered or only partly fetched; fetch it again"
        )
    times, cursor, targets, trains = _arrays(path)
    channels = _CHANNELS[name.partition("_")[0]]
    if len(trains) != channels:
        raise DataError(f"{path} has {len(trains)} channels; {name} has {channels}")
    edges = np.arange(times[0] - _BIN_S, times[-1], _BIN_S)
    spikes = np.zeros((len(times), channels), bool)
    for channel, train in enumerate(trains):
        # A bin belongs to its upper edge.
        bins = np.flatnonzero(np.histogram(train, edges)[0]) + 1
        spikes[bins[bins < len(spikes)], channel] = True
    return Recording(name, spikes, np.gradient(cursor, axis=0), reaches(targets))


def recording_files(name: str) -> Files:
    """Return where a recording of the benchmark comes from, and what its file is."""
    return Files(
        name=name, title=f"The recording {name}", home="https://zenodo.org/records/583331",
        folders=("primate_reaching", "PrimateReachingDataset"), files=f"{name}.mat",
        there=lambda folder: (folder / f"{name}.mat").is_file(),
    )


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return times ``[bins]``, cursor and targets ``[bins, 2]``, spike times of each channel."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            absent = [name for name in _ARRAYS if not isinstance(file.get(name), h5py.Dataset)]
            if absent:
                raise DataError(f"{path} lacks {absent[0]}; fetch it again")
            times, cursor, targets = (np.array(file[name], np.float64) for name in _ARRAYS[:3])
            cells = np.asarray(file["spikes"])  # units × channels, references to lists of times
            trains = [
                np.concatenate([_times(file[one]) for one in units]) for units in cells.T
            ]
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}; fetch it again") from error
    times = times.ravel()
    for name, one in (("cursor_pos", cursor), ("target_pos", targets)):
        if one.shape != (2, len(times)):
            raise DataError(
                f"{name} of {path} is of shape {list(one.shape)}; it must be [2, {len(times)}], as "
                "t has so many times"
            )
    if len(times) < 3 or np.abs(np.diff(times) - _BIN_S).max() > _BIN_S / 2:
        raise DataError(f"t of {path} must be times that are {BIN_MS} ms apart")
    if not (np.isfinite(cursor).all() and np.isfinite(targets).all()):
        raise DataError(f"cursor_pos or target_pos of {path} holds what is no number")
    return times, cursor.T, targets.T, trains


def _times(cell: object) -> np.ndarray:
    """Return the spike times of a unit; MATLAB writes the shape of an empty list in its place."""
    return np.empty(0) if cell.attrs.get("MATLAB_empty") else np.ravel(cell)  # pyright: ignore
