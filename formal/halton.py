"""What is proved of Halton's sequence."""

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert

from faults import Planted
from source import SourcePeriodSpec, SourceSpec, source_faults
from spikewright_hw.stochastic.source.halton import Halton, number, weights

COUNTS = "each digit counts"
IN_BASE = "each digit is one of the base"
GUARD = "the guard bits are right, too"


class HaltonSpec(SourceSpec):
    """Closed form: all digits of the index at once, each times its weight, and the first number.

    Digits count with a carry from each to the next.
    """

    def __init__(self, *, width: int, base: int, fault: str = ""):
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
            seen = Mux(self.fault == "digit", dut.digits[place] ^ 1, dut.digits[place])
            seen = Mux(self.fault == "base", self.base, seen)
            m.d.comb += [
                Assert(seen == digit, COUNTS),
                Assert(seen < self.base, IN_BASE),
            ]
            carry = carry & last
            fraction = fraction + digit * weight
        total = Signal(len(dut.fraction))
        m.d.comb += [
            total.eq(Cat(Const(0, dut.guard), first) + fraction),
            Assert(dut.fraction ^ (self.fault == "guard") == total, GUARD),
        ]
        return total[dut.guard :]


def period(*, width: int, base: int, fault: str = "") -> SourcePeriodSpec:
    """Return the spec of a whole period; its numbers are counted by the reference."""
    length = base ** len(weights(width=width, base=base)[0])
    numbers = [number(index, width=width, base=base) for index in range(length)]
    times = [numbers.count(value) for value in range(1 << width)]
    return SourcePeriodSpec(Halton(width=width, base=base), times=times, fault=fault)


def planted() -> Planted:
    """Plant the faults of a source, and those of the digits."""

    def spec(fault: str) -> HaltonSpec:
        return HaltonSpec(width=4, base=3, fault=fault)

    planted = source_faults(spec, lambda fault: period(width=3, base=3, fault=fault))
    planted.plant("digit", spec("digit"), (COUNTS, IN_BASE))
    planted.plant("base", spec("base"), (COUNTS, IN_BASE))
    planted.plant("guard", spec("guard"), (GUARD,))
    return planted


def specs() -> dict[str, Elaboratable]:
    return {
        "halton_w8_b3": HaltonSpec(width=8, base=3),
        "halton_w8_b5": HaltonSpec(width=8, base=5),
        "halton_period": period(width=4, base=3),
        "halton_fault": planted(),
    }
