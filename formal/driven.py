"""What is proved of the neurons that bitstreams drive: that they are those of their definitions."""

from collections.abc import Mapping

from amaranth import Const, Module, Mux, Signal, Value
from amaranth.hdl import Assert

from neuron import exact_of
from spikewright_hw.definition.fixed_point import FixedNeuron

__all__ = ["follows_definition"]


def follows_definition(
    m: Module,
    fixed: FixedNeuron,
    *,
    states: Mapping[str, Value],
    start: Mapping[str, int],
    inputs: Mapping[str, Value],
    vectors: Mapping[str, Value],
    done: Value,
    fault: str = "",
) -> dict[str, Value]:
    """Assert that a step, taken where ``done`` is high, is the definition's; return the exact one.

    Beside the core runs :func:`~neuron.exact_step`, in which nothing wraps. Each state is its
    value clamped into the state's range, and nothing but a step changes one. ``spike`` of what is
    given is owed for the step that is offered. A fault is the name of a state that is off by one,
    ``cut``, a value in between that loses a bit, or ``range``, a first state beyond its range.
    """
    exact = exact_of(m, fixed, {**states, **inputs, **vectors})
    exact.check(m, cut=Const(fault == "cut"))
    for name, state in states.items():
        low, high = fixed.bounds[name]
        value = exact.after[name]
        after = Mux(value > high, high, Mux(value < low, low, value))
        expected = Signal(state.shape(), name=f"{name}_expected", init=start[name])
        with m.If(done):
            m.d.sync += expected.eq(after)
        seen = state ^ (fault == name)
        if fault == "range" and name == next(iter(states)):
            seen = Mux(done, high + 1, state)
        m.d.comb += [
            Assert(seen == expected, f"{name} is the definition's, clamped into its range"),
            Assert((seen >= low) & (seen <= high), f"{name} is in its range"),
        ]
    return exact.after
