"""Weighted binary generator: the number's leading one picks a bit of the value."""

from amaranth import Cat, Module, Signal, unsigned

from .generator import Generator

__all__ = ["PRESETS", "WeightedGenerator", "bits", "core", "plane"]

#: Parameter sets by name.
PRESETS = {"w4": {"width": 4, "lanes": 1}, "w8": {"width": 8, "lanes": 4}}


def plane(number: int, *, width: int) -> int | None:
    """Return which bit of a value a number picks, 0 for the most significant; ``None`` for none.

    It is the number of leading zeros. All values need the same bit in the same cycle, so a memory
    of values that is read by bit planes has to give one plane a cycle.
    """
    return width - number.bit_length() if number else None


def bits(number: int, values: list[int], *, width: int) -> int:
    """Return the bits that ``values`` make of one random number, lane 0 in bit 0."""
    picked = plane(number, width=width)
    if picked is None:
        return 0
    return sum((value >> (width - 1 - picked) & 1) << lane for lane, value in enumerate(values))


class WeightedGenerator(Generator):
    """A bit is that bit of the value which the leading one of the random number picks.

    .. code-block:: none

        number      bit of the value    numbers that pick it
        1xx...x     width-1 (MSB)       2**(width-1)
        01x...x     width-2             2**(width-2)
        ...
        00...01     0                   1
        00...00     none: a zero        1

    (P. K. Gupta, R. Kumaresan, "Binary multiplication with PN sequences", IEEE Trans. Acoustics,
    Speech, and Signal Processing 36, 1988). Each bit is picked as often as it weighs, so a source
    that shows each number once in a period makes exactly ``value`` ones. The number zero makes no
    one, hence an LFSR of the same width, which leaves it out, makes exactly ``value`` ones, too: in
    its period of ``2**width - 1``, the highest value is exactly 1.

    There is no comparator in a lane. The leading one is found once for all lanes and put into a
    register, one bit for each bit of a value; a lane is what these bits pick of its value. All
    lanes see the same number, so their streams are correlated: take the factors of a multiplication
    from different sources.

    The latency is two clock cycles, and the throughput is one bit a lane per clock cycle for as
    long as ``o.ready`` is high. A bit is made of the value that stands at the port in the second of
    these cycles, one after that in which its number is taken, unless ``o`` stalls in between.

    Parameters
    ----------
    width : int, at least 1
        Bits of a random number and of a value.
    lanes : int, at least 1
        Bitstreams made side by side.

    Members
    -------
    values : In(ArrayLayout(width, lanes))
        Values to represent, in units of ``2**-width``.
    i : In(stream.Signature(width))
        Random numbers.
    o : Out(stream.Signature(lanes))
        Bits, bit ``k`` that of lane ``k``.
    """

    def __init__(self, *, width: int, lanes: int = 1):
        super().__init__(width=width, lanes=lanes, value=unsigned(max(width, 0)), payload=lanes)

    def elaborate(self, platform) -> Module:
        """Build the search for the leading one, its register, the lanes, and theirs.

        Without the register in between, synthesis builds the search into every lane, which is then
        about as large as one with a comparator.
        """
        m = Module()
        number = self.i.payload
        leading = Signal(self.width)  # nowhere a one for the number zero
        waiting = Signal()
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        with m.If(self.i.ready):
            m.d.sync += [
                waiting.eq(self.i.valid),
                leading.eq(Cat(number[at] & ~number[at + 1 :].any() for at in range(self.width))),
                self.o.valid.eq(waiting),
                self.o.payload.eq(
                    Cat((self.values[lane] & leading).any() for lane in range(self.lanes))
                ),
            ]
        return m


core = WeightedGenerator
