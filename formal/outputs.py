"""What is proved of the outputs."""

from amaranth import Array, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import anything
from spikewright_hw.engine.outputs import Outputs
from spikewright_hw.readout import SPIKING

EACH = "the outputs are there after the last step of each inference, and at no other time"
VALUE = "each output is what the readout makes of all steps of the inference"
HELD = "the outputs stay as they are until the next step"

#: Properties that each planted fault turns red.
FAULTS = {"lost": (EACH,), "wrong": (VALUE,), "fading": (HELD,)}


class OutputsSpec(Elaboratable):
    """The outputs follow from the values of the last ``steps`` steps, kept beside the core.

    The planted faults: outputs are not told when all neurons gave the same (``lost``), the first
    output is off by one after an inference (``wrong``), outputs change in a pause (``fading``).
    """

    def __init__(self, dut: Outputs, *, fault: str = ""):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        m.d.comb += [
            dut.i_values.as_value().eq(anything(len(dut.i_values.as_value()))),
            dut.i_valid.eq(anything(1)),
        ]

        # The steps of an inference, the last one at the end, and how many of them there are.
        history = [Signal.like(dut.i_values, name=f"step_{at}") for at in range(dut.steps)]
        seen = Signal(range(dut.steps + 1))
        complete, paused, before = Signal(), Signal(), Signal.like(dut.o_outputs)
        m.d.sync += [
            complete.eq(dut.i_valid & (seen == dut.steps - 1)),
            paused.eq(~dut.i_valid),
            before.eq(dut.o_outputs),
        ]
        with m.If(dut.i_valid):
            m.d.sync += [
                seen.eq(Mux(seen == dut.steps - 1, 0, seen + 1)),
                *(old.eq(new) for old, new in zip(history, [*history[1:], dut.i_values],
                                                  strict=True)),
            ]

        outputs = [dut.o_outputs[at] for at in range(dut.count)]
        valid: Value = dut.o_valid
        alike = history[-1].as_value() == 0
        if self.fault == "lost":
            valid = valid & ~alike
        elif self.fault == "wrong":
            outputs[0] = outputs[0] ^ (valid & alike)

        m.d.comb += Assert(valid == complete, EACH)
        with m.If(complete & valid):
            for at, output in enumerate(outputs):
                given = [step[at] for step in history]
                m.d.comb += Assert(self._is(output, given), VALUE)
        whole = dut.o_outputs.as_value()
        if self.fault == "fading":
            whole = whole ^ (paused & alike)
        with m.If(paused):
            m.d.comb += Assert(whole == before.as_value(), HELD)

        again = Signal()
        with m.If(complete):
            m.d.sync += again.eq(1)
        differ = dut.o_outputs[0] != dut.o_outputs[dut.count - 1]
        m.d.comb += [
            Cover(complete & again & differ, "a second inference has outputs that differ"),
            Cover(complete & again & (dut.o_outputs.as_value() == 0), "outputs are zero again"),
        ]
        return m

    def _is(self, output: Value, given: list[Value]) -> Value:
        """Return whether an output is the right one of these steps."""
        if self.dut.readout == "maximum":
            largest = [output >= one for one in given]
            return Cat(largest).all() & Cat(output == one for one in given).any()
        if self.dut.readout == "count":
            counts = Array(bits.bit_count() for bits in range(1 << len(given)))
            return output == counts[Cat(given)]
        steps = len(given)
        first = [
            next((steps - at for at in range(steps) if bits >> at & 1), 0)
            for bits in range(1 << steps)
        ]
        return output == Array(first)[Cat(given)]


def specs() -> dict[str, Elaboratable]:
    assert {*SPIKING} == {"count", "first"}
    return {
        "outputs_maximum": OutputsSpec(Outputs(readout="maximum", count=3, steps=3, width=4)),
        "outputs_count": OutputsSpec(Outputs(readout="count", count=3, steps=4)),
        "outputs_first": OutputsSpec(Outputs(readout="first", count=3, steps=4)),
        "outputs_one_step": OutputsSpec(Outputs(readout="first", count=2, steps=1)),
        "outputs_fault": Planted({
            f"{readout}_{fault}": (
                OutputsSpec(Outputs(readout=readout, count=2, steps=2, width=2), fault=fault),
                detectors,
            )
            for readout in ("maximum", "count", "first")
            for fault, detectors in FAULTS.items()
        }),
    }
