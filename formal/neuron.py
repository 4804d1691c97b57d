"""What is proved of every neuron core, whatever its definition."""

from collections.abc import Mapping

from amaranth import Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assert, Cover

from properties import drive, held, observe, stall
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.expression import Operations, evaluate
from spikewright_hw.fixed import Format
from spikewright_hw.neuron.core import NeuronCore

__all__ = ["NeuronSpec", "clamp", "exact_step"]

#: Wider than any intermediate of a neuron here, so that arithmetic in it is exact.
WIDE = signed(48)


class _Wide(Operations):
    """The definition once more, each value in the same wide register shape.

    It shares the graph with the core, and none of the core's lowering: no growing widths, no
    trick in the saturation.
    """

    def __init__(self, m: Module):
        self._m = m

    def _wide(self, value: Value) -> Signal:
        wide = Signal(WIDE)
        self._m.d.comb += wide.eq(value)
        return wide

    def constant(self, value):  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._wide(Const(value, WIDE))

    def add(self, a, b):
        return self._wide(a + b)

    def subtract(self, a, b):
        return self._wide(a - b)

    def shift_right(self, a, by):
        return self._wide(a >> by)

    def greater(self, a, b):
        return a > b

    def at_least(self, a, b):
        return a >= b

    def where(self, condition, yes, no):  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._wide(Mux(condition, yes, no))


def exact_step(
    m: Module,
    definition: Definition,
    states: Mapping[str, Value],
    i: Value,
    *,
    parameters: Mapping[str, int],
) -> dict[str, Value]:
    """Give the exact next states, before saturation, and ``spike`` where the neuron spikes."""
    constants = {
        name: Const(value, 8 if definition.parameters[name].kind == "shift" else WIDE)
        for name, value in parameters.items()
    }
    return evaluate(definition.update, {**constants, **states, "i": i}, _Wide(m))


def clamp(value: Value, format: Format) -> Value:
    """Clamp an exact value by two comparisons."""
    return Mux(value > format.max, format.max, Mux(value < format.min, format.min, value))


class NeuronSpec(Elaboratable):
    """The core's step is the definition's step, for every state and current.

    With nothing wrapped on the way, each state is the exact value clamped into its format, and the
    spike is as the comparison says. A stalled stream changes no state. The planted fault is a
    membrane that wraps where it should saturate.
    """

    def __init__(self, core: NeuronCore, *, fault: bool = False):
        self.core = core
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        core = self.core
        definition, format = core.definition, core.format
        m.submodules.dut = core
        i = drive(m, core.i)
        stall(m, core.o)
        o = observe(core.o)
        held(m, o, name="step")
        m.d.comb += Assert(
            i.ready == (~o.valid | o.ready), "a step is taken unless an output is in its way"
        )

        before = {name: Signal(WIDE, name=f"{name}_before") for name in definition.states}
        current = Signal(WIDE)
        stepped = Signal()
        running = Signal()
        m.d.sync += [running.eq(1), stepped.eq(i.transfers), current.eq(core.i.payload)]
        m.d.sync += [before[name].eq(core.o.payload[name]) for name in before]

        exact = exact_step(m, definition, before, current, parameters=core.parameters)

        with m.If(~running):
            for name in definition.states:
                m.d.comb += Assert(core.o.payload[name] == 0, f"{name} starts from zero")
        with m.Elif(stepped):
            m.d.comb += Assert(core.o.valid, "a step gives an output one cycle later")
            for name in definition.states:
                expected = exact[name] if self.fault else clamp(exact[name], format)
                m.d.comb += [
                    Assert(
                        core.o.payload[name] == expected,
                        f"{name} is the definition's value, clamped into its format",
                    ),
                    Cover(exact[name] > format.max, f"{name} saturates at the top"),
                    Cover(exact[name] < format.min, f"{name} saturates at the bottom"),
                ]
            if definition.spikes:
                m.d.comb += [
                    Assert(
                        core.o.payload.spike == exact["spike"],
                        "the neuron spikes exactly when the definition's comparison holds",
                    ),
                    Cover(core.o.payload.spike, "the neuron spikes"),
                ]
        with m.Else():
            for name in definition.states:
                m.d.comb += Assert(
                    core.o.payload[name] == before[name], f"{name} holds without a step"
                )
        return m
