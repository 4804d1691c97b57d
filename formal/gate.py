"""What is proved of every gate, and of every other function with an output register."""

from collections.abc import Callable, Mapping
from typing import Any

from amaranth import Cat, Elaboratable, Module, Signal, Value

from faults import Planted, plant, stream_faults
from properties import InOrder, drive, held, observe, stall
from spikewright_hw.cores import CORES
from spikewright_hw.stochastic.arithmetic.gate import GateStage

__all__ = ["StageSpec", "each_lane", "stage_specs"]


class StageSpec(Elaboratable):
    """Each payload gives the result that it is owed, in order, whatever stalls.

    ``owed`` is the result for a payload, ``fault`` one of those of :func:`~faults.stream_faults`.
    """

    def __init__(self, dut: GateStage, *, owed: Callable[[Any], Value], fault: str = ""):
        self.dut = dut
        self.owed = owed
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        plant(m, o, self.fault)
        expected = Signal(o.payload.shape())
        m.d.comb += expected.eq(self.owed(dut.i.payload))
        held(m, o, name="result")
        m.submodules.in_order = InOrder(
            i=i, o=o, expected=expected, capacity=1, latency=1, name="result"
        )
        return m


def each_lane(bit: Callable[[Value, Value], Value]) -> Callable[[Any], Value]:
    """Return what a gate of two inputs owes, from what one lane owes for a pair of bits."""
    return lambda pair: Cat(bit(a, b) for a, b in zip(pair.a, pair.b, strict=True))


def stage_specs(
    name: str,
    *,
    owed: Callable[[Any], Value],
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Elaboratable]:
    """Return the specs of a registered core: each preset, and the first with a planted fault.

    ``presets`` takes the place of the core's own, where these are too large to be proved.
    """
    core = CORES[name]
    sizes = {
        preset: core.module.core(**keywords)
        for preset, keywords in (presets or core.presets).items()
    }
    specs: dict[str, Elaboratable] = {
        f"{name}_{preset}": StageSpec(dut, owed=owed) for preset, dut in sizes.items()
    }
    first = next(iter((presets or core.presets).values()))
    specs[f"{name}_fault"] = Planted.each(
        lambda fault: StageSpec(core.module.core(**first), owed=owed, fault=fault),
        stream_faults("result"),
    )
    return specs
