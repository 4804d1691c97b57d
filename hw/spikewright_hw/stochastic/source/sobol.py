"""Sobol's sequences: numbers that fill the unit cube evenly, one dimension a source."""

from amaranth import Module, Signal, Value

from .source import Limits, Source, chosen, lowest_zero

__all__ = ["DIMENSIONS", "LIMITS", "PRESETS", "Sobol", "core", "directions", "number"]

LIMITS = Limits("a Sobol sequence", width=3)

#: Primitive polynomials and initial numbers: the coefficients ``a`` between the first and the last
#: of the polynomial, as bits, then ``m[1]`` to ``m[s]``, where ``s`` is its degree. From the file
#: new-joe-kuo-6.21201 of S. Joe and F. Y. Kuo, "Constructing Sobol Sequences with Better
#: Two-Dimensional Projections", SIAM Journal on Scientific Computing 30, 2008. Dimension 0 has no
#: polynomial: all its numbers are 1.
DIMENSIONS = (
    (0, ()),
    (0, (1,)),
    (1, (1, 3)),
    (1, (1, 3, 1)),
    (2, (1, 1, 1)),
    (1, (1, 1, 3, 3)),
    (4, (1, 3, 5, 13)),
    (2, (1, 1, 5, 5, 17)),
    (4, (1, 1, 5, 5, 5)),
    (7, (1, 1, 7, 11, 19)),
    (11, (1, 1, 5, 1, 1)),
    (13, (1, 1, 1, 3, 11)),
    (14, (1, 3, 5, 5, 31)),
    (1, (1, 3, 3, 9, 7, 49)),
    (13, (1, 1, 1, 15, 21, 21)),
    (16, (1, 3, 1, 13, 27, 49)),
)

#: Parameter sets by name.
PRESETS = {"w8_d1": {"width": 8, "dimension": 1}, "w16_d5": {"width": 16, "dimension": 5}}


def directions(*, width: int, dimension: int) -> list[int]:
    """Return the direction numbers ``v[0]`` to ``v[width - 1]`` of a dimension.

    Raises
    ------
    ValueError
        There is no such dimension here.
    """
    if not 0 <= dimension < len(DIMENSIONS):
        raise ValueError(
            f"the dimension of a Sobol sequence lies in 0 to {len(DIMENSIONS) - 1}, not {dimension}"
        )
    a, initial = DIMENSIONS[dimension]
    degree = len(initial)
    m = list(initial[:width])
    while len(m) < width:
        if degree == 0:
            m.append(1)
            continue
        following = m[-degree] ^ m[-degree] << degree
        for k in range(1, degree):
            following ^= (a >> (degree - 1 - k) & 1) * m[-k] << k
        m.append(following)
    return [odd << (width - 1 - j) for j, odd in enumerate(m)]


def number(index: int, *, width: int, dimension: int = 0, init: int = 0) -> int:
    """Return one number of the sequence, counted from zero."""
    count = index & ((1 << width) - 1)
    gray = count ^ count >> 1
    result = init
    for j, direction in enumerate(directions(width=width, dimension=dimension)):
        result ^= direction * (gray >> j & 1)
    return result


class Sobol(Source):
    """One dimension of Sobol's sequence, in the order of the Gray code.

    With the direction numbers ``v`` of the dimension, and ``c(n)`` the place of the lowest zero bit
    of ``n``, at most ``width - 1``,

    .. code-block:: none

        x[0] = init,  x[n + 1] = x[n] ^ v[c(n)]

    (I. M. Sobol', 1967; I. A. Antonov and V. M. Saleev, "An Economic Method of Computing
    LP-tau-Sequences", 1979). With ``init = 0`` dimension 0 is van der Corput's sequence in another
    order; any other first number is a digital shift, which keeps what follows. Each block of
    ``2**k`` numbers holds each prefix of ``k`` bits once. The period is ``2**width``. Two
    dimensions fill the unit square evenly, so bitstreams from them are multiplied with little
    error.

    Timing and members are those of :class:`~.source.Source`; a seed starts a new period, whose
    digital shift it is.

    Parameters
    ----------
    width : int, 3 to 32
        Bits of a number.
    dimension : int, 0 to 15
        Which of the sequences.
    init : int, 0 to ``2**width - 1``
        First number after reset.
    """

    def __init__(self, *, width: int, dimension: int = 0, init: int = 0):
        super().__init__(LIMITS, width=width, init=init)
        self.directions = directions(width=width, dimension=dimension)
        self.dimension = dimension

    def following(self, m: Module, state: Signal) -> Value:
        """Return the number with one direction number added.

        A counter one bit short of the number is enough: after half a period, and at its end, the
        lowest zero bit is the one above.
        """
        count = Signal(self.width - 1)
        with m.If(self.reseed):
            m.d.sync += count.eq(0)
        with m.Elif(self.enable):
            m.d.sync += count.eq(count + 1)
        return state ^ chosen(lowest_zero(m, count), self.directions, width=self.width)


core = Sobol
