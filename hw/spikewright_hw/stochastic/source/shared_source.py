"""Shared source: several lanes of numbers from one, by wiring alone."""

from amaranth import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .van_der_corput import reverse

__all__ = ["PRESETS", "WAYS", "SharedSource", "core", "share", "wires"]

#: The ways of making a lane's number from the source's.
WAYS = ("rotate", "reverse", "shift")

#: Parameter sets by name. The number of lanes is odd, so that the exclusive or of all outputs, by
#: which speed is measured, does not cancel to a constant.
PRESETS = {
    "w8_rotate": {"width": 8, "lanes": 3, "how": "rotate", "stride": 3},
    "w8_reverse": {"width": 8, "lanes": 5, "how": "reverse", "stride": 2},
    "w16_shift": {"width": 16, "lanes": 7, "how": "shift"},
}


def wires(
    *, width: int, lanes: int, how: str, stride: int = 1
) -> list[tuple[tuple[int, ...], int]]:
    """Return, for each lane, which bit of the number each of its bits is, and the bits inverted.

    Raises
    ------
    ValueError
        There is no such sharing, or two lanes would be the same.
    """
    if not 1 <= width <= 32:
        raise ValueError(f"a shared source is 1 to 32 bits wide, not {width}")
    if lanes < 1:
        raise ValueError(f"a shared source has at least one lane, not {lanes}")
    if how not in WAYS:
        raise ValueError(f"a source is shared by rotate, reverse or shift, not {how!r}")
    if stride < 1:
        raise ValueError(f"the stride from lane to lane is at least 1, not {stride}")
    made: list[tuple[tuple[int, ...], int]] = []
    for lane in range(lanes):
        wired = _wires(lane, width=width, how=how, stride=stride)
        if wired in made:
            raise ValueError(
                f"by {how} with stride {stride}, lane {lane} of {width} bits would be lane "
                f"{made.index(wired)} again; take at most {lane} lanes, or another stride"
            )
        made.append(wired)
    return made


def _wires(lane: int, *, width: int, how: str, stride: int) -> tuple[tuple[int, ...], int]:
    order = tuple(range(width))
    if how == "shift":
        return order, reverse(lane * stride % (1 << width), width=width)
    turn = stride * (lane if how == "rotate" else lane // 2)
    turned = tuple((bit - turn) % width for bit in order)
    return turned[::-1] if how == "reverse" and lane % 2 else turned, 0


def share(number: int, *, width: int, lanes: int, how: str, stride: int = 1) -> list[int]:
    """Return the number of each lane."""
    return [
        flips ^ sum((number >> bit & 1) << place for place, bit in enumerate(order))
        for order, flips in wires(width=width, lanes=lanes, how=how, stride=stride)
    ]


class SharedSource(wiring.Component):
    """Makes the number of each lane from one number, by crossing or inverting its wires.

    Lane 0 is the number itself. With ``s`` for the stride, lane ``k`` is

    .. code-block:: none

        rotate     the number rotated up by k * s bits
        reverse    k even: rotated up by k / 2 * s;  k odd: lane k - 1 with its bits reversed
        shift      the number ^ reverse(k * s)

    Each lane has all numbers as often as the source has, so a bitstream's value stays as exact over
    a period as it was. What sharing costs is independence. If the source has each number once, the
    wiring alone sets how much two lanes correlate over a period, and not the source's order. The
    two lanes of a pair by ``reverse`` are almost as independent as two of Sobol's dimensions: give
    them the factors of a product. Lanes by ``rotate`` correlate about half as much as they can.
    Lanes by ``shift`` correlate almost fully, but keep each block of a low-discrepancy source as
    even as it was.

    There are no registers, and no gates but the inverters of ``shift``. Lanes that would be the
    same are refused.

    Parameters
    ----------
    width : int, 1 to 32
        Bits of a number.
    lanes : int, at least 1
        Numbers side by side.
    how : {"rotate", "reverse", "shift"}
        How a lane's number is made.
    stride : int, at least 1
        What a lane is ahead of the one before (with ``reverse``, a pair).

    Members
    -------
    state : In(width)
        The source's number.
    states : Out(ArrayLayout(width, lanes))
        The lanes' numbers.
    """

    state: Signal
    states: data.View

    def __init__(self, *, width: int, lanes: int, how: str, stride: int = 1):
        self.wires = wires(width=width, lanes=lanes, how=how, stride=stride)
        self.width = width
        self.lanes = lanes
        super().__init__({"state": In(width), "states": Out(data.ArrayLayout(width, lanes))})

    def elaborate(self, platform) -> Module:
        """Cross the wires."""
        m = Module()
        for lane, (order, flips) in enumerate(self.wires):
            m.d.comb += self.states[lane].eq(Cat(self.state[bit] for bit in order) ^ flips)
        return m


core = SharedSource
