"""A bank of channels that turn sound into counts of spikes: what it is, and one step of it.

Each channel listens to one band of frequency. Of each sample x, which all channels are given,

1. a *resonator* turns its state, a complex number z, by an angle, shrinks it a little, and adds the
   sample: z = r e^(ja) z + x / 2^shift, a band-pass filter of second order;
2. the *magnitude* rectifies: the larger of the sizes of z's two parts, and half of the smaller;
3. the *level* compresses: the logarithm of the magnitude, to an eighth of an octave, above a floor;
4. a *neuron* integrates the level; at its threshold it spikes, and loses the threshold.

Each ``samples`` samples, a channel tells how often its neuron has spiked since it told last, and
counts anew; what the neuron has left goes on. So the counts are the mean level in each step, and
what rounding takes from one it gives to the next. All is in whole numbers, and :func:`step` says
which; no state can leave its range: :class:`Bank` refuses what could.

The filter is a gammatone filter of first order (M. Slaney, "An efficient implementation of the
Patterson-Holdsworth auditory filter bank", Apple Technical Report 35, 1993), the logarithm that of
J. N. Mitchell, IRE Transactions on Electronic Computers 11, 1962, the neuron
:mod:`~spikewright_hw.neuron.if_neuron`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, cos, exp, floor, isqrt, log, log2, pi, sin

from ..checks import real, settle, whole, wholes
from ..definition import integers
from ..definition.fixed_point import Arithmetic, FixedNeuron
from ..fixed import Format
from ..neuron.if_neuron import if_neuron

__all__ = [
    "LEVEL_BITS", "Bank", "Channel", "counts", "level", "magnitude", "resonate", "spaced", "step",
]

#: Bits of a level after the octave.
LEVEL_BITS = 3
#: Most channels, samples of a step, and bits of a sample, of its guard and of a coefficient.
MOST_CHANNELS, MOST_SAMPLES, MOST_BITS = 256, 1 << 20, 24


@dataclass(frozen=True, kw_only=True)
class Bank:
    """The numbers of a bank, and what follows from them.

    Parameters
    ----------
    cosines, sines : tuple of int
        Of each channel, the two parts of r e^(ja), times ``2**fraction``.
    shifts : tuple of int
        Of each channel, the power of two that a sample is divided by, from 0 to ``guard``.
    samples : int
        Samples of a step.
    threshold : int
        Of the neurons, in levels.
    floor : int
        Level from which on a neuron integrates, above 0 in its own count.
    sample_bits : int
        Bits of a sample, its sign among them.
    guard : int
        Bits of a state below those of a sample.
    fraction : int
        Bits of a coefficient after the point.

    Raises
    ------
    ValueError
        A number is out of its range; a resonator could leave the range of its state, as one does
        that never decays; or a neuron could be due two spikes in one sample.
    """

    cosines: tuple[int, ...]
    sines: tuple[int, ...]
    shifts: tuple[int, ...]
    samples: int
    threshold: int
    floor: int = 0
    sample_bits: int = 16
    guard: int = 8
    fraction: int = 14

    def __post_init__(self):
        settle(
            self, samples=whole(1, MOST_SAMPLES), sample_bits=whole(2, MOST_BITS),
            guard=whole(0, MOST_BITS), fraction=whole(1, MOST_BITS), floor=whole(0),
            threshold=whole(1),
        )
        one = 1 << self.fraction
        settle(
            self, cosines=wholes(-one, one), sines=wholes(-one, one), shifts=wholes(0, self.guard)
        )
        if not 1 <= self.channels <= MOST_CHANNELS:
            raise ValueError(f"a bank has 1 to {MOST_CHANNELS} channels, not {self.channels}")
        for name in ("sines", "shifts"):
            if len(getattr(self, name)) != self.channels:
                raise ValueError(
                    f"there are {self.channels} cosines and {len(getattr(self, name))} {name}; "
                    "each channel has one of each"
                )
        for channel in range(self.channels):
            self._check_range(channel)
        if self.most_level < 1:
            raise ValueError(
                f"floor is {self.floor}; it must be below the highest level, "
                f"{self.most_level + self.floor}"
            )
        if self.threshold < self.most_level:
            raise ValueError(
                f"threshold is {self.threshold}; it must be at least {self.most_level}, the most "
                "that a sample adds, so that no sample is due two spikes"
            )

    @property
    def channels(self) -> int:
        """Channels."""
        return len(self.cosines)

    @property
    def state_bits(self) -> int:
        """Bits of a part of a resonator's state, its sign among them."""
        return self.sample_bits + self.guard

    @property
    def most_level(self) -> int:
        """The most that a sample adds to a neuron."""
        return (self.state_bits << LEVEL_BITS) - 1 - self.floor

    @property
    def most_count(self) -> int:
        """The most spikes of a neuron in a step."""
        return (self.samples * self.most_level + self.threshold - 1) // self.threshold

    @cached_property
    def neuron(self) -> FixedNeuron:
        """The neuron of each channel, on levels."""
        width = (2 * self.threshold).bit_length() + 1
        return FixedNeuron.of(
            if_neuron, Arithmetic(format=Format(width, 0)), {"threshold": float(self.threshold)}
        )

    def _check_range(self, channel: int) -> None:
        """Raise :exc:`ValueError` if a state could leave its range, whatever is heard.

        In a step the size of the state shrinks to the pole's radius of it, and grows by a sample
        and by what rounding adds, less than 1.
        """
        one = 1 << self.fraction
        radius = isqrt(self.cosines[channel] ** 2 + self.sines[channel] ** 2) + 1
        if radius >= one:
            raise ValueError(
                f"channel {channel} has a pole of the radius {radius / one:.4f}; it must be below "
                "1, or what it once heard never ends"
            )
        heard = (1 << self.sample_bits - 1 + self.guard - self.shifts[channel]) + 1
        most, room = heard * one // (one - radius) + 1, (1 << self.state_bits - 1) - 1
        if most > room:
            raise ValueError(
                f"the state of channel {channel} may come to {most}, and has room for {room}; give "
                "it a larger shift, or a pole of a smaller radius"
            )


@dataclass(frozen=True)
class Channel:
    """The state of a channel between two samples."""

    real: int = 0
    imaginary: int = 0
    membrane: int = 0
    count: int = 0


def resonate(bank: Bank, channel: int, state: Channel, sample: int) -> tuple[int, int]:
    """Return the two parts of a resonator's next state."""
    cosine, sine = bank.cosines[channel], bank.sines[channel]
    half = 1 << bank.fraction - 1
    turned = cosine * state.real - sine * state.imaginary
    crossed = sine * state.real + cosine * state.imaginary
    heard = sample << bank.guard - bank.shifts[channel]
    return (turned + half >> bank.fraction) + heard, crossed + half >> bank.fraction


def magnitude(real: int, imaginary: int) -> int:
    """Return about the size of a complex number: at most an eighth too large."""
    smaller, larger = sorted((abs(real), abs(imaginary)))
    return larger + (smaller >> 1)


def level(bank: Bank, size: int) -> int:
    """Return the logarithm of a size, in eighths of an octave above the floor."""
    if size == 0:
        return 0
    octave = size.bit_length() - 1
    part = (size << LEVEL_BITS >> octave) & (1 << LEVEL_BITS) - 1
    return max(0, (octave << LEVEL_BITS) + part - bank.floor)


def step(bank: Bank, channel: int, state: Channel, sample: int) -> Channel:
    """Return a channel's state after a sample; the count goes on."""
    real, imaginary = resonate(bank, channel, state, sample)
    heard = level(bank, magnitude(real, imaginary))
    after, spike = integers.step(bank.neuron, {"v": state.membrane}, {"i": heard})
    return Channel(real, imaginary, after["v"], state.count + spike)


def counts(bank: Bank, sound: Sequence[int]) -> list[list[int]]:
    """Return the spikes of each channel in each whole step of a sound that begins in silence."""
    found: list[list[int]] = []
    states = [Channel()] * bank.channels
    for number, sample in enumerate(sound, 1):
        states = [step(bank, channel, state, sample) for channel, state in enumerate(states)]
        if number % bank.samples == 0:
            found.append([state.count for state in states])
            states = [
                Channel(state.real, state.imaginary, state.membrane) for state in states
            ]
    return found


def spaced(
    *, channels: int, low: float, high: float, corner: float = 0.05, width: float = 1.0,
    samples: int, count_bits: int = 4, octaves: int = 11, sample_bits: int = 16, guard: int = 8,
    fraction: int = 14,
) -> Bank:
    """Return a bank whose bands are evenly spaced to the ear: as log(1 + frequency / corner).

    Parameters
    ----------
    channels : int, at least 2
        Bands.
    low, high : float
        Middle of the lowest band and of the highest, as shares of the samples a second; above 0,
        and below one half.
    corner : float
        Where the spacing goes over from equal distances to equal ratios, as such a share.
    width : float
        Width of a band, in distances between them.
    samples : int
        Samples of a step.
    count_bits : int
        Bits of a count of spikes in a step.
    octaves : int
        Octaves below the loudest magnitude that are told from silence.
    sample_bits, guard, fraction : int
        As :class:`Bank` has them.

    Raises
    ------
    ValueError
        A number is out of its range, or a band is too narrow for the guard bits.
    """
    whole(2, MOST_CHANNELS)("channels", channels)
    whole(1, 16)("count_bits", count_bits)
    for name, value in (("low", low), ("high", high), ("corner", corner), ("width", width)):
        if real(0)(name, value) == 0:
            raise ValueError(f"{name} is 0; it must be above 0")
    if not low < high < 0.5:
        raise ValueError(
            f"low is {low:g} and high is {high:g} of the samples a second; high must be above low, "
            "and below 0.5"
        )
    bits = whole(2, MOST_BITS)("sample_bits", sample_bits) + whole(0, MOST_BITS)("guard", guard)
    whole(1, bits - 1)("octaves", octaves)
    first, last = (log(1 + share / corner) for share in (low, high))
    pitch = (last - first) / (channels - 1)
    cosines, sines, shifts = [], [], []
    for channel in range(channels):
        middle = corner * (exp(first + pitch * channel) - 1)
        radius = exp(-pi * width * pitch * (middle + corner))
        one = (1 << fraction) - 0.5
        cosines.append(floor(one * radius * cos(2 * pi * middle) + 0.5))
        sines.append(floor(one * radius * sin(2 * pi * middle) + 0.5))
        shifts.append(_shift(radius, channel, guard=guard, fraction=fraction))
    least = (bits - 1 - octaves) << LEVEL_BITS
    most = (bits << LEVEL_BITS) - 1 - least
    spikes = (1 << count_bits) - 1
    return Bank(
        cosines=tuple(cosines), sines=tuple(sines), shifts=tuple(shifts), samples=samples,
        threshold=max(most, ceil(samples * most / max(1, spikes - 1))), floor=least,
        sample_bits=sample_bits, guard=guard, fraction=fraction,
    )


def _shift(radius: float, channel: int, *, guard: int, fraction: int) -> int:
    """Return the least shift by which a resonator stays in its range, its rounding counted."""
    left = 1 - radius - 2.5 / (1 << fraction)
    shift = ceil(-log2(left)) if left > 0 else guard + 1
    if shift > guard:
        raise ValueError(
            f"band {channel} is too narrow for {guard} guard bits; make width larger, the bands "
            "fewer, or guard larger"
        )
    return max(1, shift)
