"""Stochastic number generator: bitstreams of given values from one random source."""

from amaranth import Cat, Value, signed, unsigned
from amaranth.lib import data

from .generator import Generator

__all__ = ["ENCODINGS", "PRESETS", "Sng", "bits", "core", "threshold"]

#: What a value may mean.
ENCODINGS = ("unipolar", "bipolar", "sign_magnitude")

#: Parameter sets by name.
PRESETS = {
    "w4": {"width": 4, "lanes": 1},
    "w8": {"width": 8, "lanes": 4},
    "bipolar_w4": {"width": 4, "lanes": 2, "encoding": "bipolar"},
    "bipolar_w8": {"width": 8, "lanes": 4, "encoding": "bipolar"},
    "sign_magnitude_w8": {"width": 8, "lanes": 4, "encoding": "sign_magnitude"},
}


def bits(number: int, thresholds: list[int]) -> int:
    """Return the bits that ``thresholds`` make of one random number, lane 0 in bit 0."""
    return sum((number < threshold) << lane for lane, threshold in enumerate(thresholds))


def threshold(value: int, *, width: int, encoding: str = "unipolar") -> int:
    """Return the number of ones among ``2**width`` bits that stands for a value."""
    if encoding == "bipolar":
        return value + (1 << (width - 1))
    if encoding == "sign_magnitude":
        return abs(value)
    return value


class Sng(Generator):
    """Comparator generator: a bit is one when the random number is less than a threshold.

    .. code-block:: none

        encoding          value                               P(one)
        unipolar          0 to 2**width                       value / 2**width
        bipolar           -2**(width-1) to 2**(width-1)       (1 + value / 2**(width-1)) / 2
        sign_magnitude    a sign, and 0 to 2**width           magnitude / 2**width

    (B. R. Gaines, "Stochastic Computing Systems", 1969). The ends are part of each range and exact
    with any source: a stream of no ones at all, or of nothing but ones. A value beyond an end is
    taken as the end. From a source that shows each of the ``2**width`` numbers once in a period, a
    threshold of ``x`` makes exactly ``x`` ones in that period. An LFSR of the same width leaves out
    the number zero: in its period of ``2**width - 1`` there are ``x - 1`` ones, for ``x`` of 1 or
    more.

    All encodings take the same comparator. In bipolar, value and number are compared as signed
    numbers, which only inverts the number's highest bit. In sign and magnitude the sign is no
    random bit: it passes beside the magnitude's bit, and the stream has the full resolution of
    ``width`` bits for each sign.

    All lanes compare with the same number, so their streams are as correlated as they can be: take
    the factors of a multiplication from different sources.

    Timing and members are those of :class:`~.generator.Generator`, with the shapes below.

    Parameters
    ----------
    width : int, at least 1
        Bits of a random number.
    lanes : int, at least 1
        Bitstreams made side by side.
    encoding : {"unipolar", "bipolar", "sign_magnitude"}
        What a value means.

    Members
    -------
    values : In(ArrayLayout(..., lanes))
        Values to represent: unipolar ``unsigned(width + 1)``, bipolar ``signed(width + 1)``, sign
        and magnitude ``StructLayout({"sign": 1, "magnitude": width + 1})``; a sign of one is
        negative.
    i : In(stream.Signature(width))
        Random numbers.
    o : Out(stream.Signature(...))
        ``lanes`` bits, bit ``k`` that of lane ``k``; for sign and magnitude
        ``StructLayout({"sign": lanes, "magnitude": lanes})``.
    """

    def __init__(self, *, width: int, lanes: int = 1, encoding: str = "unipolar"):
        if encoding not in ENCODINGS:
            raise ValueError(f"an encoding is one of {', '.join(ENCODINGS)}, not {encoding}")
        self.encoding = encoding
        magnitude = unsigned(width + 1 if width > 0 else 1)  # the base refuses the width
        payload = lanes
        value = magnitude
        if encoding == "bipolar":
            value = signed(magnitude.width)
        elif encoding == "sign_magnitude":
            value = data.StructLayout({"sign": 1, "magnitude": magnitude})
            payload = data.StructLayout({"sign": lanes, "magnitude": lanes}) if lanes > 0 else 1
        super().__init__(width=width, lanes=lanes, value=value, payload=payload)

    def bits(self, number: Value) -> Value:
        """Compare the number with each lane's value."""
        values = [self.values[lane] for lane in range(self.lanes)]
        if self.encoding == "sign_magnitude":
            return Cat(
                *(value.sign for value in values), *(number < value.magnitude for value in values)
            )
        if self.encoding == "bipolar":
            number = Cat(number[:-1], ~number[-1]).as_signed()
        return Cat(number < value for value in values)


core = Sng
