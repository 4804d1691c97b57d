"""What is proved of the counter."""

from amaranth import Elaboratable, Module, Signal, Value

from source import SourcePeriodSpec, SourceSpec, source_faults
from spikewright_hw.stochastic.source.counter import Counter


class CounterSpec(SourceSpec):
    """The index is added to the first number."""

    def owed(self, m: Module, first: Signal, *, step: Value, restart: Value) -> Value:
        index = Signal(len(first))
        with m.If(restart):
            m.d.sync += index.eq(0)
        with m.Elif(step):
            m.d.sync += index.eq(index + 1)
        return (first + index)[: len(first)]


def specs() -> dict[str, Elaboratable]:
    return {
        "counter_w8": CounterSpec(Counter(width=8)),
        "counter_w16": CounterSpec(Counter(width=16, init=5)),
        "counter_period": SourcePeriodSpec(Counter(width=4), times=[1] * 16),
        "counter_fault": source_faults(
            lambda fault: CounterSpec(Counter(width=8), fault=fault),
            lambda fault: SourcePeriodSpec(Counter(width=3), times=[1] * 8, fault=fault),
        ),
    }
