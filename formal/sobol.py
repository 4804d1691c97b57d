"""What is proved of Sobol's sequences."""

from amaranth import Const, Elaboratable, Module, Mux, Signal, Value

from source import SourcePeriodSpec, SourceSpec, source_faults
from spikewright_hw.stochastic.source.sobol import Sobol, directions


class SobolSpec(SourceSpec):
    """Closed form: the direction numbers at the ones of the index in Gray code, added at once."""

    def __init__(self, *, width: int, dimension: int, fault: str = ""):
        super().__init__(Sobol(width=width, dimension=dimension, init=5), fault=fault)
        self.directions = directions(width=width, dimension=dimension)

    def owed(self, m: Module, first: Signal, *, step: Value, restart: Value) -> Value:
        index = Signal(len(first))
        with m.If(restart):
            m.d.sync += index.eq(0)
        with m.Elif(step):
            m.d.sync += index.eq(index + 1)
        gray = index ^ index[1:]
        number = first
        for place, direction in enumerate(self.directions):
            number ^= Mux(gray[place], Const(direction, len(first)), 0)
        return number


def specs() -> dict[str, Elaboratable]:
    return {
        "sobol_w8": SobolSpec(width=8, dimension=1),
        "sobol_w16": SobolSpec(width=16, dimension=5),
        "sobol_period_0": SourcePeriodSpec(Sobol(width=4, dimension=0), times=[1] * 16),
        "sobol_period_7": SourcePeriodSpec(Sobol(width=4, dimension=7), times=[1] * 16),
        "sobol_fault": source_faults(
            lambda fault: SobolSpec(width=8, dimension=1, fault=fault),
            lambda fault: SourcePeriodSpec(
                Sobol(width=3, dimension=7), times=[1] * 8, fault=fault
            ),
        ),
    }
