"""What is proved of the neurons that bitstreams drive: that they are those of their definitions."""

from collections.abc import Mapping

from amaranth import Module, Mux, Signal, Value
from amaranth.hdl import Assert

from neuron import exact_step
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
) -> dict[str, Value]:
    """Assert that a step, taken where ``done`` is high, is the definition's; give the exact one.

    Beside the core runs :func:`~neuron.exact_step`, in which nothing wraps. Each state is its
    value clamped into the state's range, and nothing but a step changes one. ``spike`` of what is
    given is owed for the step that is offered.
    """
    exact = exact_step(m, fixed, {**states, **inputs, **vectors})
    for name, state in states.items():
        low, high = fixed.bounds[name]
        after = Mux(exact[name] > high, high, Mux(exact[name] < low, low, exact[name]))
        expected = Signal(state.shape(), name=f"{name}_expected", init=start[name])
        with m.If(done):
            m.d.sync += expected.eq(after)
        m.d.comb += [
            Assert(state == expected, f"{name} is the definition's, clamped into its range"),
            Assert((state >= low) & (state <= high), f"{name} is in its range"),
        ]
    return exact
