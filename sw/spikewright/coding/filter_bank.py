"""Filter bank: the spikes of neurons that each listen to a band of frequency, counted step by step.

The definition is that of the gateware, :mod:`spikewright_hw.audio.bank`, on whole numbers; here all
channels of many recordings are computed at once, and equal it. A value x of a sample becomes the
whole number floor((x - least) · 2^16 / (most - least)) - 2^15, at most 2^15 - 1.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from spikewright.task.task import Task
from spikewright_hw.audio.bank import LEVEL_BITS, Bank, spaced
from spikewright_hw.checks import optional, real, settle, whole
from spikewright_hw.layer import MOST_INPUT_BITS
from spikewright_hw.protocol import MAX_PAYLOAD

from .samples import vectors

__all__ = ["FilterBankCoding"]

#: Channels, steps and bits of a count unless others are given.
_CHANNELS, _STEPS, _BITS = 16, 32, 4
#: Middle of the lowest band and of the highest, as shares of the samples a second.
_LOW, _HIGH = 0.0125, 0.4375
#: Bits of a sample.
_SAMPLE_BITS = 16
#: Resonators that are computed at once: what fits into a processor's cache.
_AT_ONCE = 8192
#: Most samples of a sound.
_LONGEST = 1 << 24


@dataclass(frozen=True, kw_only=True)
class FilterBankCoding:
    """Filter bank: of a sound, the spikes of each band's neuron in each step.

    Parameters
    ----------
    length : int
        Samples of a sound; those after the last whole step are not heard.
    least, most : float
        Range of the samples' values.
    cosines, sines, shifts, samples, threshold, floor
        As :class:`~spikewright_hw.audio.bank.Bank` has them, for samples of 16 bits.

    Raises
    ------
    ValueError
        A parameter is of another kind or out of its range, or a count has more than 8 bits.
    """

    name: ClassVar[str] = "filter_bank"
    kinds: ClassVar[tuple[str, ...]] = ("signal",)

    length: int
    least: float
    most: float
    cosines: tuple[int, ...]
    sines: tuple[int, ...]
    shifts: tuple[int, ...]
    samples: int
    threshold: int
    floor: int

    def __post_init__(self):
        settle(self, length=whole(1, _LONGEST), least=real(), most=real())
        if not self.least < self.most:
            raise ValueError(f"most is {self.most}; it must be above least, {self.least}")
        bank = self.bank
        settle(
            self, cosines=lambda *_: bank.cosines, sines=lambda *_: bank.sines,
            shifts=lambda *_: bank.shifts,
        )
        if not 1 <= self.steps <= MAX_PAYLOAD:
            raise ValueError(
                f"samples is {self.samples} and length {self.length}: that makes {self.steps} "
                f"steps; there must be 1 to {MAX_PAYLOAD}"
            )
        if not 2 <= self.bits <= MOST_INPUT_BITS:
            raise ValueError(
                f"threshold is {self.threshold}: a neuron may spike {self.bank.most_count} times "
                f"in a step, which is {self.bits} bits; an input has 2 to {MOST_INPUT_BITS}"
            )

    @cached_property
    def bank(self) -> Bank:
        """The bank, as the gateware has it."""
        return Bank(
            cosines=self.cosines, sines=self.sines, shifts=self.shifts, samples=self.samples,
            threshold=self.threshold, floor=self.floor, sample_bits=_SAMPLE_BITS,
        )

    @classmethod
    def fitting(
        cls, task: Task, *, steps: int | None = None, bits: int | None = None,
        channels: int | None = None,
    ) -> Self:
        """Return the coding for a task of sounds: 16 bands in 32 steps, counts of 4 bits."""
        optional(whole(2, MOST_INPUT_BITS))("bits", bits)
        length, *others = task.shape
        if any(one != 1 for one in others):
            raise ValueError(
                f"{task.name} has {task.shape[1]} values at each time, and filter_bank hears one; "
                "a known data set of sounds has it with sound=True"
            )
        wanted = _STEPS if steps is None else steps
        if wanted > length:
            raise ValueError(f"steps is {wanted}; {task.name} has {length} samples in a sound")
        bank = spaced(
            channels=_CHANNELS if channels is None else channels, low=_LOW, high=_HIGH,
            samples=length // wanted, count_bits=_BITS if bits is None else bits,
            sample_bits=_SAMPLE_BITS,
        )
        return cls(
            length=bank.samples * wanted, least=task.low, most=task.high, cosines=bank.cosines,
            sines=bank.sines, shifts=bank.shifts, samples=bank.samples, threshold=bank.threshold,
            floor=bank.floor,
        )

    @property
    def steps(self) -> int:
        """Time steps of a sound."""
        return self.length // self.samples

    @property
    def inputs(self) -> int:
        """Inputs of the network: one for each band."""
        return self.bank.channels

    @property
    def bits(self) -> int:
        """Bits of a count."""
        return self.bank.most_count.bit_length()

    @property
    def low(self) -> float:
        """What a count of 0 stands for: silence."""
        return 0.0

    @property
    def step(self) -> float:
        """What a spike stands for."""
        return 1.0

    def encode(self, samples: ArrayLike) -> np.ndarray:
        """Return the counts of spikes, uint8 ``[samples, steps, inputs]``."""
        sounds = self.sounds(samples)
        found = np.zeros((len(sounds), self.steps, self.inputs), np.uint8)
        block = max(1, _AT_ONCE // self.inputs)
        for first in range(0, len(sounds), block):
            found[first : first + block] = _counts(self.bank, sounds[first : first + block])
        return found

    def values(self, samples: ArrayLike) -> np.ndarray:
        """Return the counts as numbers: nothing is rounded after them."""
        return self.encode(samples).astype(np.float64)

    def sounds(self, samples: ArrayLike) -> np.ndarray:
        """Return samples as the whole numbers that the bank is given, int16 ``[samples, length]``.

        Raises
        ------
        DataError
            A sound has another length, or a value is no number or out of the range.
        """
        given = np.asarray(samples)
        size = max(self.length, int(np.prod(given.shape[1:], dtype=object)))
        if size >= self.length + self.samples:  # more than what does not fill a step
            size = self.length
        rows = vectors(given, size=size, low=self.least, high=self.most)[:, : self.length]
        found = np.empty(rows.shape, np.int16)
        top = 1 << _SAMPLE_BITS - 1
        for number, row in enumerate(rows):  # one by one: no second copy of all in float64
            share = (row.astype(np.float64) - self.least) / (self.most - self.least)
            found[number] = np.clip(np.floor(share * 2 * top) - top, -top, top - 1)
        return found

    def describe(self) -> str:
        """Return the coding in a few words."""
        return f"filter bank of {self.inputs} bands, {self.steps} steps"


def _counts(bank: Bank, sounds: np.ndarray) -> np.ndarray:
    """Return the counts of some sounds, ``[sounds, steps, channels]``: :func:`~.bank.counts`."""
    shape = len(sounds), bank.channels
    cosines, sines = (np.array(one, np.int64) for one in (bank.cosines, bank.sines))
    gains = np.array([1 << bank.guard - shift for shift in bank.shifts], np.int64)
    half = 1 << bank.fraction - 1
    real, imaginary = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    membrane, count = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    steps = sounds.shape[1] // bank.samples
    found = np.zeros((len(sounds), steps, bank.channels), np.uint8)
    columns = np.ascontiguousarray(sounds.T[: steps * bank.samples]).astype(np.int64)
    for number, column in enumerate(columns, 1):
        turned = cosines * real - sines * imaginary + half >> bank.fraction
        imaginary = sines * real + cosines * imaginary + half >> bank.fraction
        real = turned + column[:, None] * gains
        a, b = np.abs(real), np.abs(imaginary)
        size = np.maximum(a, b) + (np.minimum(a, b) >> 1)
        membrane += _level(bank, size)
        spike = membrane >= bank.threshold
        membrane -= spike * bank.threshold
        count += spike
        if number % bank.samples == 0:
            found[:, number // bank.samples - 1] = count
            count[:] = 0
    return found


def _level(bank: Bank, size: np.ndarray) -> np.ndarray:
    """Return the levels of sizes: of a float's exponent and the first bits of its fraction."""
    fraction, exponent = np.frexp(size.astype(np.float64))  # fraction 1/2 to below 1; 0 of 0
    eighths = (fraction * (2 << LEVEL_BITS)).astype(np.int64)
    return np.maximum(eighths + (exponent.astype(np.int64) - 2 << LEVEL_BITS) - bank.floor, 0)
