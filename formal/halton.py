"""What is proved of Halton's sequence."""

from amaranth import Cat, Const, Elaboratable, Module, Signal, Value
from amaranth.hdl import Assert

from faults import Planted
from source import SourcePeriodSpec, SourceSpec
from spikewright_hw.stochastic.source.halton import Halton, number, weights


class HaltonSpec(SourceSpec):
    """Closed form: all digits of the index at once, each times its weight, and the first number.

    Digits count with a carry from each to the next.
    """

    def __init__(self, *, width: int, base: int, fault: bool = False):
        self.dut = Halton(width=width, base=base)
        self.weights, _ = weights(width=width, base=base)
        self.base = base
        super().__init__(self.dut, fault=fault)

    def owed(self, m: Module, first: Signal, *, step: Value, restart: Value) -> Value:
        dut = self.dut
        carry = step
        fraction = Const(0)
        for place, weight in enumerate(self.weights):
            digit = Signal(range(self.base), name=f"index_{place}")
            last = digit == self.base - 1
            with m.If(restart):
                m.d.sync += digit.eq(0)
            with m.Elif(carry):
                m.d.sync += digit.eq(digit + 1)
                with m.If(last):
                    m.d.sync += digit.eq(0)
            m.d.comb += [
                Assert(dut.digits[place] == digit, "each digit counts"),
                Assert(digit < self.base, "each digit is one of the base"),
            ]
            carry = carry & last
            fraction = fraction + digit * weight
        total = Signal(len(dut.fraction))
        m.d.comb += [
            total.eq(Cat(Const(0, dut.guard), first) + fraction),
            Assert(dut.fraction == total, "the guard bits are right, too"),
        ]
        return total[dut.guard :]


def period(*, width: int, base: int) -> Elaboratable:
    """Give the spec of a whole period; its numbers are counted by the reference."""
    length = base ** len(weights(width=width, base=base)[0])
    numbers = [number(index, width=width, base=base) for index in range(length)]
    times = [numbers.count(value) for value in range(1 << width)]
    return SourcePeriodSpec(Halton(width=width, base=base), times=times)


def specs() -> dict[str, Elaboratable]:
    return {
        "halton_w8_b3": HaltonSpec(width=8, base=3),
        "halton_w8_b5": HaltonSpec(width=8, base=5),
        "halton_period": period(width=4, base=3),
        "halton_fault": Planted({
            "number": (
                HaltonSpec(width=8, base=3, fault=True),
                (
                    "each number is that of its index",
                ),
            ),
        }),
    }
