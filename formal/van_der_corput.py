"""What is proved of van der Corput's sequence."""

from amaranth import Elaboratable, Module, Signal, Value

from source import SourcePeriodSpec, SourceSpec, source_faults
from spikewright_hw.stochastic.source.van_der_corput import VanDerCorput


class VanDerCorputSpec(SourceSpec):
    """A one is added at the highest bit, carries going down: bit by bit, without a reversal."""

    def owed(self, m: Module, first: Signal, *, step: Value, restart: Value) -> Value:
        width = len(first)
        index = Signal(width)
        with m.If(restart):
            m.d.sync += index.eq(0)
        with m.Elif(step):
            m.d.sync += index.eq(index + 1)
        number = Signal(width)
        carry = Signal(width + 1)
        for place in range(width):  # of the index; the number's bits stand the other way round
            mine, added = first[width - 1 - place], index[place]
            m.d.comb += [
                number[width - 1 - place].eq(mine ^ added ^ carry[place]),
                carry[place + 1].eq((mine & added) | (carry[place] & (mine ^ added))),
            ]
        return number


def specs() -> dict[str, Elaboratable]:
    return {
        "van_der_corput_w8": VanDerCorputSpec(VanDerCorput(width=8)),
        "van_der_corput_w16": VanDerCorputSpec(VanDerCorput(width=16, init=5)),
        "van_der_corput_period": SourcePeriodSpec(VanDerCorput(width=4), times=[1] * 16),
        "van_der_corput_fault": source_faults(
            lambda fault: VanDerCorputSpec(VanDerCorput(width=8), fault=fault),
            lambda fault: SourcePeriodSpec(VanDerCorput(width=3), times=[1] * 8, fault=fault),
        ),
    }
