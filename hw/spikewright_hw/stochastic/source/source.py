"""What all sources share: their ports, and the ranges of their parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Limits", "Source", "chosen", "lowest_zero"]


@dataclass(frozen=True)
class Limits:
    """Which widths and which first numbers a source takes.

    Parameters
    ----------
    name : str
        The source, with its article.
    width : int
        Lowest width; the highest is 32.
    init : int
        Lowest first number, which is the usual one, too.
    """

    name: str
    width: int
    init: int = 0

    def check(self, *, width: int, init: int) -> None:
        """Raise ValueError for a width or a first number that the source does not take."""
        if not self.width <= width <= 32:
            raise ValueError(f"{self.name} is {self.width} to 32 bits wide, not {width}")
        if not self.init <= init < 1 << width:
            raise ValueError(
                f"the init of {self.name} of {width} bits lies in {self.init} to "
                f"{(1 << width) - 1}, not {init}"
            )


class Source(wiring.Component):
    """A sequence of numbers, one a clock cycle; a subclass says which number follows.

    A number appears one clock cycle after ``enable`` or ``reseed``. ``reseed`` wins over
    ``enable``, and reset gives ``init``.

    Parameters
    ----------
    limits : Limits
        Which parameters are allowed.
    width : int
        Bits of a number.
    init : int
        First number after reset.

    Members
    -------
    enable : In(1)
        Go on to the next number at the next clock edge.
    reseed : In(1)
        Load ``seed`` at the next clock edge; wins over ``enable``.
    seed : In(width)
        First number of the sequence that ``reseed`` starts.
    state : Out(width)
        The number.
    """

    enable: Signal
    reseed: Signal
    seed: Signal
    state: Signal

    def __init__(self, limits: Limits, *, width: int, init: int):
        limits.check(width=width, init=init)
        self.width = width
        self.init = init
        super().__init__(
            {
                "enable": In(1),
                "reseed": In(1),
                "seed": In(width),
                "state": Out(width),
            }
        )

    def following(self, m: Module, state: Signal) -> Value:
        """Return the number that follows ``state``; each subclass says which."""
        raise NotImplementedError(f"{type(self).__name__} does not say what follows")

    def loaded(self) -> Value:
        """Return the number that ``reseed`` loads."""
        return self.seed

    def elaborate(self, platform) -> Module:
        """Build the register of the number."""
        m = Module()
        state = Signal(self.width, init=self.init)
        following = self.following(m, state)
        with m.If(self.reseed):
            m.d.sync += state.eq(self.loaded())
        with m.Elif(self.enable):
            m.d.sync += state.eq(following)
        m.d.comb += self.state.eq(state)
        return m


def lowest_zero(m: Module, bits: Value) -> Signal:
    """Return a signal with one bit set: that of the lowest zero of ``bits``, or the one above."""
    result = Signal(len(bits) + 1)
    m.d.comb += result.eq(Cat(~bits, 1) & (bits + 1))
    return result


def chosen(which: Value, constants: Sequence[int], *, width: int) -> Value:
    """Return the one constant, modulo ``2**width``, whose bit in ``which`` is set."""
    return Cat(
        Cat(which[k] for k, constant in enumerate(constants) if constant >> bit & 1).any()
        for bit in range(width)
    )
