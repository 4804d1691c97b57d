"""A neuron as Amaranth expressions. Every value is as wide as its range, so nothing wraps.

A value is kept without its low zero bits: adding to it leaves the bits of the other one
below it as they are, and costs no adder there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.hdl import ValueLike

from .expression import Operations
from .fixed_point import FixedNeuron
from .graph import evaluate
from .interval import Interval, IntervalOperations

__all__ = ["Bits", "LoweredOperations", "saturate", "step"]


@dataclass(frozen=True, eq=False)
class Bits:
    """The integer ``value * 2**zeros``; ``value`` is signed and its width fits the interval."""

    value: Value
    zeros: int
    interval: Interval

    @classmethod
    def of(cls, value: ValueLike, interval: Interval | None = None, *, zeros: int = 0) -> "Bits":
        """Make bits of any value, cutting off what its interval says is the sign again."""
        value = Value.cast(value)
        if not value.shape().signed:
            value = Cat(value, Const(0, 1)).as_signed()
        if interval is None:
            half = 1 << (len(value) - 1)
            interval = Interval(-half, half - 1)
        width = max(1, interval.width - zeros)
        if len(value) > width:
            value = value[:width].as_signed()
        return cls(value, zeros, interval)

    def down_to(self, zeros: int) -> Value:
        """Return the value with this many of its zero bits left out."""
        if self.zeros == zeros:
            return self.value
        return Cat(Const(0, self.zeros - zeros), self.value).as_signed()

    @property
    def whole(self) -> Value:
        """The value with all its zero bits."""
        return self.down_to(0)


class LoweredOperations(Operations):
    """What each operation of a program is in gateware.

    With a module, each result is a signal of it. Without, one that is used twice is built twice.
    """

    def __init__(self, m: Module | None = None):
        self._m = m

    def made(self, value: Bits) -> Bits:
        """Return a signal for what was computed."""
        if self._m is None or isinstance(value.value, Const):
            return value
        signal = Signal(value.value.shape(), name="node")
        self._m.d.comb += signal.eq(value.value)
        return Bits(signal, value.zeros, value.interval)

    @staticmethod
    def constant(value: int) -> Bits:
        interval = Interval(value, value)
        zeros = 0
        while value and value % 2 == 0:
            value, zeros = value // 2, zeros + 1
        return Bits(Const(value, signed(Interval(value, value).width)), zeros, interval)

    @staticmethod
    def add(a: Bits, b: Bits) -> Bits:
        upper, lower = (a, b) if a.zeros >= b.zeros else (b, a)
        return _split(lower, upper.zeros, lambda high: high + upper.value, a.interval + b.interval)

    @staticmethod
    def subtract(a: Bits, b: Bits) -> Bits:
        interval = a.interval - b.interval
        if b.zeros >= a.zeros:
            return _split(a, b.zeros, lambda high: high - b.value, interval)
        return Bits.of(a.down_to(b.zeros) - b.value, interval, zeros=b.zeros)

    @staticmethod
    def multiply(a: Bits, b: Bits) -> Bits:
        return Bits.of(a.value * b.value, a.interval * b.interval, zeros=a.zeros + b.zeros)

    @staticmethod
    def shift_left(value: Bits, by: int) -> Bits:
        interval = IntervalOperations.shift_left(value.interval, by)
        return Bits(value.value, value.zeros + by, interval)

    @staticmethod
    def shift_right(value: Bits, by: int) -> Bits:
        interval = IntervalOperations.shift_right(value.interval, by)
        if by <= value.zeros:
            return Bits(value.value, value.zeros - by, interval)
        return Bits.of(value.value >> (by - value.zeros), interval)

    @staticmethod
    def low_bits(value: Bits, count: int) -> Bits:
        interval = IntervalOperations.low_bits(value.interval, count)
        if value.zeros >= count:
            return LoweredOperations.constant(0)
        return Bits.of(_extended(value.value, count - value.zeros), interval, zeros=value.zeros)

    @staticmethod
    def greater(a: Bits, b: Bits) -> Bits:
        interval = IntervalOperations.greater(a.interval, b.interval)
        if b.interval == Interval(0, 0):
            return Bits(~a.value[-1] & a.value.any(), 0, interval)
        return Bits(a.whole > b.whole, 0, interval)

    @staticmethod
    def at_least(a: Bits, b: Bits) -> Bits:
        interval = IntervalOperations.at_least(a.interval, b.interval)
        if b.interval == Interval(0, 0):
            return Bits(~a.value[-1], 0, interval)
        return Bits(a.whole >= b.whole, 0, interval)

    @staticmethod
    def both(a: Bits, b: Bits) -> Bits:
        return Bits(a.value & b.value, 0, a.interval & b.interval)

    @staticmethod
    def either(a: Bits, b: Bits) -> Bits:
        return Bits(a.value | b.value, 0, a.interval | b.interval)

    @staticmethod
    def invert(condition: Bits) -> Bits:
        return Bits(~condition.value, 0, IntervalOperations.invert(condition.interval))

    @staticmethod
    def where(condition: Bits, yes: Bits, no: Bits) -> Bits:
        interval = IntervalOperations.where(condition.interval, yes.interval, no.interval)
        zeros = min(yes.zeros, no.zeros)
        chosen = Mux(condition.value, yes.down_to(zeros), no.down_to(zeros))
        return Bits.of(chosen, interval, zeros=zeros)

    @classmethod
    def minimum(cls, a: Bits, b: Bits) -> Bits:
        interval = IntervalOperations.minimum(a.interval, b.interval)
        return Bits.of(cls.where(cls.greater(a, b), b, a).whole, interval)

    @classmethod
    def maximum(cls, a: Bits, b: Bits) -> Bits:
        interval = IntervalOperations.maximum(a.interval, b.interval)
        return Bits.of(cls.where(cls.greater(a, b), a, b).whole, interval)

    @staticmethod
    def pick(index: Bits, table: tuple[int, ...]) -> Bits:
        interval = IntervalOperations.pick(index.interval, table)
        shape = signed(Interval.of(*table).width)
        rows = Array(Const(entry, shape) for entry in table)
        return Bits.of(rows[_extended(index.whole, (len(table) - 1).bit_length())], interval)


def _split(lower: Bits, zeros: int, high, interval: Interval) -> Bits:
    """Compute on the bits from ``zeros`` up; those of ``lower`` below it stay as they are."""
    count = zeros - lower.zeros
    if count == 0:
        return Bits.of(high(lower.value), interval, zeros=zeros)
    bits = Cat(_extended(lower.value, count), high(lower.value >> count)).as_signed()
    return Bits.of(bits, interval, zeros=lower.zeros)


def _extended(value: Value, count: int) -> Value:
    """Return exactly ``count`` bits of a signed value, its sign repeated as needed."""
    if len(value) >= count:
        return value[:count]
    return Cat(value, value[-1].replicate(count - len(value)))


def saturate(value: Value, low: int, high: int) -> Value:
    """Limit a signed value to ``low`` and ``high``, ``2**n - 1``.

    It is too high when it is positive and a bit above the width is set; that is cheaper than a
    comparison, and so is the like for ``low`` where that is 0 or ``-2**n``.
    """
    width = high.bit_length() + 1
    if high & (high + 1):
        raise ValueError(f"the upper bound of a state is 2**n - 1, not {high}")
    sign = value[-1]
    full = low == -high - 1
    if len(value) <= width:  # it cannot be too high
        if full or (len(value) < width and low == -high):
            return value
        return Mux(sign if low == 0 else value < low, Const(low, signed(width)), value)
    kept = value[:width].as_signed()
    above = value[width - 1 : -1]
    if low == 0:
        too_low = sign
    elif full:
        too_low = sign & ~above.all()
    else:
        too_low = value < low
    return Mux(~sign & above.any(), high, Mux(too_low, Const(low, signed(width)), kept))


def step(
    fixed: FixedNeuron,
    states: Mapping[str, ValueLike],
    inputs: Mapping[str, ValueLike],
    *,
    vectors: Mapping[str, ValueLike] | None = None,
    m: Module | None = None,
) -> tuple[dict[str, Value], Value]:
    """Return the next states, saturated, and the spike (constant 0 if it never spikes).

    ``states`` are signed values of their formats' widths, ``inputs`` signed values of any width,
    and ``vectors`` this neuron's constants. With a module, the values in between are signals of
    it, each there once.
    """
    leaves = {
        name: Bits.of(value, Interval(*fixed.bounds[name])) for name, value in states.items()
    }
    leaves |= {name: Bits.of(value) for name, value in inputs.items()}
    leaves |= {name: Bits.of(value) for name, value in (vectors or {}).items()}
    after = evaluate(fixed.update, leaves, LoweredOperations(m))
    spike = after.pop("spike", None)
    return {
        name: saturate(bits.whole, *fixed.bounds[name]) for name, bits in after.items()
    }, Const(0, 1) if spike is None else spike.value.bool()

