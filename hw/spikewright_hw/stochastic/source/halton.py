"""Halton's sequence: the radical inverse in a prime base."""

from amaranth import Cat, Const, Module, Signal

from .source import Limits, Source, chosen, lowest_zero

__all__ = ["BASES", "LIMITS", "PRESETS", "Halton", "core", "number", "weights"]

#: The bases there are.
BASES = (2, 3, 5, 7)

LIMITS = Limits("a Halton sequence", width=1)

#: Parameter sets by name.
PRESETS = {"w8_b3": {"width": 8, "base": 3}, "w16_b5": {"width": 16, "base": 5}}


def weights(*, width: int, base: int) -> tuple[list[int], int]:
    """Return what a unit of each digit adds to the number, and of how many more bits it is.

    There are as many digits as it takes for at least ``2**width`` different values. With the
    additional bits, all that is lost by rounding the weights down is less than one number.

    Raises
    ------
    ValueError
        There is no such base here.
    """
    if base not in BASES:
        raise ValueError(f"the base of a Halton sequence is 2, 3, 5 or 7, not {base}")
    digits = 1
    while base**digits < 1 << width:
        digits += 1
    guard = 0 if base == 2 else ((base - 1) * digits).bit_length()
    return [(1 << width + guard) // base**place for place in range(1, digits + 1)], guard


def number(index: int, *, width: int, base: int = 3, init: int = 0) -> int:
    """Return one number of the sequence, counted from zero."""
    digits, guard = weights(width=width, base=base)
    fraction = 0
    for weight in digits:
        index, digit = divmod(index, base)
        fraction += digit * weight
    return (init + (fraction >> guard)) & ((1 << width) - 1)


class Halton(Source):
    """The radical inverse of a counter in a prime base, as a fraction of ``width`` bits.

    For the digits ``d`` of the index ``n`` in base ``b``, lowest first,

    .. code-block:: none

        x[n] = init + floor(sum of d[k] * floor(2**(width + guard) / b**(k + 1)) / 2**guard)

    modulo ``2**width`` (J. H. Halton, "On the Efficiency of Certain Quasi-Random Sequences of
    Points in Evaluating Multi-Dimensional Integrals", 1960). Without ``init`` that is the exact
    ``floor(2**width * (d[0] / b + d[1] / b**2 + ...))``, or one less.

    The period is ``b**D``, for as many digits ``D`` as make it ``2**width`` or more. Except
    in base 2, whose sequence is van der Corput's, that is no multiple of ``2**width``: a period has
    some numbers more often than others. A bitstream misses its value by at most ``2**-width``.

    Each step adds one of ``D + 1`` constants, chosen by how many of the digits wrap. Timing and
    members are those of :class:`~.source.Source`; a seed starts a new period, rotated by it.

    Parameters
    ----------
    width : int, 1 to 32
        Bits of a number.
    base : {2, 3, 5, 7}
        Base of the digits. Sources that are used together take different ones.
    init : int, 0 to ``2**width - 1``
        First number after reset.
    """

    def __init__(self, *, width: int, base: int = 3, init: int = 0):
        super().__init__(LIMITS, width=width, init=init)
        self.weights, self.guard = weights(width=width, base=base)
        self.base = base
        self.digits = [Signal(range(base), name=f"digit_{k}") for k in range(len(self.weights))]
        self.fraction = Signal(width + self.guard, init=init << self.guard)

    def elaborate(self, platform) -> Module:
        """Build the counter of digits, and the number with its guard bits beside it."""
        m = Module()
        digits, fraction = self.digits, self.fraction

        # A step counts the first digit that is not the highest, and clears those below it.
        highest = Signal(len(digits))
        m.d.comb += highest.eq(Cat(digit == self.base - 1 for digit in digits))
        counted = lowest_zero(m, highest)
        added = [
            weight - (self.base - 1) * sum(self.weights[:place])
            for place, weight in enumerate([*self.weights, 0])
        ]
        addend = chosen(counted, added, width=len(fraction))

        with m.If(self.reseed):
            m.d.sync += [digit.eq(0) for digit in digits]
            m.d.sync += fraction.eq(Cat(Const(0, self.guard), self.seed))
        with m.Elif(self.enable):
            m.d.sync += fraction.eq(fraction + addend)
            for place, digit in enumerate(digits):
                with m.If(counted[place]):
                    m.d.sync += digit.eq(digit + 1)
                with m.Elif(~counted[:place].any()):
                    m.d.sync += digit.eq(0)
        m.d.comb += self.state.eq(fraction[self.guard :])
        return m


core = Halton
