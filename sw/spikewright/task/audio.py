"""Sound as a network can learn it: the energy in bands of frequency, over time.

A recording becomes frames of equal distance; of each, the power spectrum (Hann window, twice the
distance long) is summed in triangular bands that are equally wide on the mel scale,
``2595 log10(1 + f / 700)`` (S. Davis, P. Mermelstein, IEEE Transactions on Acoustics, Speech, and
Signal Processing 28(4), 1980). Its logarithm, in decibels below the loudest value of the recording,
is cut at 60 dB and scaled: 1 is the loudest, 0 is 60 dB less, or silence. So how loud the recording
is as a whole makes no difference.
"""

import math
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from spikewright.errors import DataError

from .task import Task

__all__ = ["Bands", "Recordings", "features", "features_task", "read_wave", "sound_task"]

#: Decibels between a value of 1 and a value of 0.
_RANGE_DB = 60.0


@dataclass(frozen=True, kw_only=True)
class Bands:
    """How a recording is cut into frames and bands.

    Parameters
    ----------
    rate : int
        Samples a second.
    seconds : float
        Length: what is longer is cut at the end, what is shorter is followed by silence.
    frames, bands : int
    low_hz, high_hz : float
        Where the bands begin and end.
    """

    rate: int
    seconds: float
    frames: int
    bands: int
    low_hz: float
    high_hz: float

    @property
    def length(self) -> int:
        """Samples of a recording."""
        return round(self.rate * self.seconds)


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """What a data set of sounds holds.

    Parameters
    ----------
    name : str
        Of the task.
    training, test : sequence of (Path, int)
        Files, each with its label.
    bands : Bands
        How a recording is cut.
    classes : int
    """

    name: str
    training: Sequence[tuple[Path, int]]
    test: Sequence[tuple[Path, int]]
    bands: Bands
    classes: int


def features(recording: np.ndarray, bands: Bands) -> np.ndarray:
    """Return the energies of a recording.

    Parameters
    ----------
    recording : array ``[samples]``
        At ``bands.rate``.
    bands : Bands

    Returns
    -------
    float32 array ``[frames, bands]``
        0 to 1.
    """
    hop = bands.length // bands.frames
    window = 2 * hop
    samples = np.zeros(bands.length + window, np.float64)
    kept = recording[: bands.length]
    samples[: len(kept)] = kept
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop][: bands.frames]
    power = np.abs(np.fft.rfft(frames * np.hanning(window), axis=1)) ** 2
    energy = power @ _filters(bands, window)
    loudest = energy.max()
    if loudest <= 0:
        return np.zeros((bands.frames, bands.bands), np.float32)
    level = 10 * np.log10(np.maximum(energy / loudest, 10 ** (-_RANGE_DB / 10)))
    return (1 + level / _RANGE_DB).astype(np.float32)


def features_task(recordings: Recordings) -> Task:
    """Return the task of telling recordings apart by their energies in bands.

    Raises
    ------
    DataError
        As :func:`read_wave` does.
    """
    return _task(recordings, partial(features, bands=recordings.bands), low=0.0)


def sound_task(recordings: Recordings) -> Task:
    """Return the task of telling recordings apart by their samples, -1 to 1.

    What is longer than ``bands.length`` is cut at the end, what is shorter is followed by silence.

    Raises
    ------
    DataError
        As :func:`read_wave` does.
    """
    def cut(recording: np.ndarray) -> np.ndarray:
        found = np.zeros(recordings.bands.length, np.float32)
        kept = recording[: len(found)]
        found[: len(kept)] = kept
        return found

    return _task(recordings, cut, low=-1.0)


def _task(
    recordings: Recordings, heard: Callable[[np.ndarray], np.ndarray], *, low: float
) -> Task:
    """Return the task whose samples are what is heard of each recording: ``low`` to 1."""
    (x_train, y_train), (x_test, y_test) = (
        (
            np.stack([heard(read_wave(path, rate=recordings.bands.rate)) for path, _ in files]),
            np.array([label for _, label in files], np.int64),
        )
        for files in (recordings.training, recordings.test)
    )
    return Task(
        name=recordings.name,
        kind="signal",
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        low=low,
        high=1.0,
        classes=recordings.classes,
    )


def _filters(bands: Bands, window: int) -> np.ndarray:
    """Return the weight of each frequency ``[window // 2 + 1, bands]`` in each band."""
    edges = _hertz(np.linspace(_mel(bands.low_hz), _mel(bands.high_hz), bands.bands + 2))
    frequency = np.fft.rfftfreq(window, 1 / bands.rate)[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (frequency - low) / (middle - low), (high - frequency) / (high - middle)
    return np.clip(np.minimum(rising, falling), 0, None)


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def _hertz(mel: np.ndarray) -> np.ndarray:
    return 700 * (10 ** (mel / 2595) - 1)


def read_wave(path: Path, *, rate: int) -> np.ndarray:
    """Return the samples of a ``.wav`` file of integers; of several channels, their mean.

    Returns
    -------
    float64 array ``[samples]``
        -1 to 1.

    Raises
    ------
    DataError
        It cannot be read, is empty, or has another rate.
    """
    try:
        with wave.open(str(path), "rb") as file:
            found, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            content = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise DataError(f"{path} cannot be read: {error or 'it ends early'}; fetch it again") from (
            error
        )
    if found != rate:
        raise DataError(f"{path} has {found} samples a second; it must have {rate}")
    if not content or len(content) % (width * channels):
        raise DataError(f"{path} holds no whole number of samples; fetch it again")
    if width == 1:
        samples = np.frombuffer(content, np.uint8).astype(np.float64) - 128
    elif width == 3:
        raw = np.frombuffer(content, np.uint8).reshape(-1, 3).astype(np.int32)
        samples = ((raw[:, 0] << 8 | raw[:, 1] << 16 | raw[:, 2] << 24) >> 8).astype(np.float64)
    else:
        samples = np.frombuffer(content, f"<i{width}").astype(np.float64)
    return samples.reshape(-1, channels).mean(axis=1) / (1 << (8 * width - 1))
