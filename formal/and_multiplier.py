"""What is proved of the AND multiplier."""

from amaranth import Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assert, Cover

from faults import Planted
from gate import each_lane, stage_specs
from properties import anything
from spikewright.stochastic_models.arithmetic import product_error_bound
from spikewright_hw.stochastic.arithmetic.and_multiplier import AndMultiplier
from spikewright_hw.stochastic.number.sng import Sng


def bit(a: Value, b: Value) -> Value:
    return a & b


class ProductErrorSpec(Elaboratable):
    """Over a period, the product of any two factors is as near as theory says.

    The factors are two of all, chosen before the run and kept. One generator is driven by a counter
    and the other by its bits in reverse, the sequence of van der Corput. A bounded check of one
    period is complete. A planted fault is a generator that reads the counter's bits unreversed,
    so that the product is the minimum, or a product without any ones.
    """

    def __init__(self, *, width: int, fault: str = ""):
        self.width = width
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        width, period = self.width, 1 << self.width
        m.submodules.dut = dut = AndMultiplier(lanes=1)
        started = Signal()
        m.d.sync += started.eq(1)
        number = Signal(width)
        m.d.sync += number.eq(number + started)

        factors = []
        for name in ("a", "b"):
            chosen = anything(width + 1)
            factor = Signal(width + 1, name=name)
            with m.If(~started):
                m.d.sync += factor.eq(Mux(chosen > period, 0, chosen))
            m.submodules[name] = generator = Sng(width=width)
            reverse = name == "b" and self.fault != "order"
            m.d.comb += [
                generator.values[0].eq(factor),
                generator.i.payload.eq(number[::-1] if reverse else number),
                generator.i.valid.eq(started),
                generator.o.ready.eq(dut.i.ready),
                dut.i.payload[name].eq(generator.o.payload),
            ]
            if name == "a":
                m.d.comb += dut.i.valid.eq(generator.o.valid)
            factors.append(factor)
        m.d.comb += dut.o.ready.eq(1)

        seen, ones = Signal(range(period + 1)), Signal(range(period + 1))
        with m.If(dut.o.valid & (seen != period)):
            bit = Mux(self.fault == "zero", 0, dut.o.payload)
            m.d.sync += [seen.eq(seen + 1), ones.eq(ones + bit)]
        a, b = factors
        error = Signal(signed(2 * width + 2))
        m.d.comb += error.eq((ones << width) - a * b)
        bound = product_error_bound(width) * period
        assert bound.denominator == 1
        high = int(bound)
        with m.If(seen == period):
            m.d.comb += [
                Assert(error <= high, "the product is not too large"),
                Assert(error >= -high, "the product is not too small"),
                Cover((error == high) | (error == -high), "the product is as far off as can be"),
                Cover((error == 0) & (a == 2) & (b == period // 2), "a product is exact"),
                Cover((ones == period) & (error == 0), "one times one is one"),
            ]
        return m


def specs() -> dict[str, Elaboratable]:
    specs = stage_specs("and_multiplier", owed=each_lane(bit))
    gate = specs["and_multiplier_fault"]
    assert isinstance(gate, Planted)
    for fault, found in (
        ("order", "the product is not too large"), ("zero", "the product is not too small")
    ):
        gate.plant(fault, ProductErrorSpec(width=3, fault=fault), (found,))
    return specs | {
        "and_multiplier_error_w3": ProductErrorSpec(width=3),
        "and_multiplier_error_w4": ProductErrorSpec(width=4),
    }
