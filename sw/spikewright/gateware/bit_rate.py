"""Bit rates of a serial port: those that a clock makes, and how far off each is."""

from dataclasses import dataclass
from typing import Any

from spikewright_hw.checks import plain, shown, whole
from spikewright_hw.protocol import DIVISOR_BITS, LEAST_DIVISOR

__all__ = ["AUTO", "BAUDS", "BitRate", "bit_rate", "bit_rates", "check_rate", "why_not"]

#: Asks for the highest rate that board and port can.
AUTO = "auto"

#: Rates that USB bridges make exactly, bits per second, the highest first.
BAUDS = (12_000_000, 8_000_000, 6_000_000, 4_000_000, 3_000_000, 2_000_000, 1_000_000)
#: Largest error of a rate, as a share.
_MOST_ERROR = 0.02


@dataclass(frozen=True, kw_only=True)
class BitRate:
    """A rate of a serial port, as a clock makes it.

    Parameters
    ----------
    baud : int
        Bits per second, nominal: what the host's port has.
    divisor : int
        Clock cycles per bit.
    clock_hz : int
        Clock frequency, Hz.
    """

    baud: int
    divisor: int
    clock_hz: int

    @property
    def error(self) -> float:
        """How much higher the rate is than the nominal one, as a share of this."""
        return self.clock_hz / self.divisor / self.baud - 1

    @property
    def bears(self) -> float:
        """Deviation of both sides together at which bytes are still received, as a share."""
        return (1 / 2 - 1 / self.divisor) / 10

    @property
    def right(self) -> bool:
        """Whether the clock makes it well: within 2 %, and half of what a receiver bears."""
        return (
            LEAST_DIVISOR <= self.divisor < 1 << DIVISOR_BITS
            and abs(self.error) <= min(_MOST_ERROR, self.bears / 2)
        )


def bit_rate(clock_hz: int, baud: int) -> BitRate:
    """Return what a clock makes of a rate, well or not."""
    return BitRate(baud=baud, divisor=max(1, round(clock_hz / baud)), clock_hz=clock_hz)


def bit_rates(clock_hz: int, *, most: int) -> tuple[BitRate, ...]:
    """Return the rates up to ``most`` bits per second that a clock makes well, highest first."""
    made = (bit_rate(clock_hz, baud) for baud in BAUDS if baud <= most)
    return tuple(one for one in made if one.right)


def why_not(baud: int, *, clock_hz: int, first: int, most: int) -> str:
    """Return why a port cannot have a rate, and which ones it can; "" if it can have it.

    Parameters
    ----------
    baud : int
        Bits per second that are asked for.
    clock_hz : int
        Of the board's clock.
    first, most : int
        Bits per second that the port begins with, and that its bridge can have at most.
    """
    one = bit_rate(clock_hz, baud)
    within = first < baud <= most
    if baud == first or (within and one.right):
        return ""
    known = [str(each.baud) for each in bit_rates(clock_hz, most=most) if each.baud > first]
    if not known:
        return f"it has {first} and no other rate; leave the rate out"
    if not within:
        why = f"its rates are from {first} to {most}"
    elif one.divisor < LEAST_DIVISOR:
        why = f"{one.divisor} cycles of its clock are too few for a bit"
    else:
        why = f"{one.divisor} cycles of its clock are off by {100 * abs(one.error):.1f} %"
    return f"{why}; take {' or '.join(known)}, or leave the rate out"


def check_rate(name: str, value: Any) -> int | str:
    """Take a rate that is asked for: bits per second, or ``"auto"``."""
    if value == AUTO:
        return AUTO
    if isinstance(value, str | bool) or not isinstance(plain(value), int):
        raise ValueError(f"{name} is {shown(value)}; it must be bits per second, or {AUTO!r}")
    return whole(1)(name, value)
