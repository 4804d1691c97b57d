"""One neuron between two streams, lowered from any definition."""

from amaranth import Module, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..definition import integers
from ..definition.fixed_point import FixedNeuron
from ..definition.pipeline import pipelined_step

__all__ = ["NeuronCore", "input_shape", "step_fields"]


def input_shape(fixed: FixedNeuron):
    """Return the shape of what arrives in a step: one number, or a structure of several by name."""
    shape = signed(fixed.format.width)
    if len(fixed.definition.inputs) == 1:
        return shape
    return data.StructLayout(dict.fromkeys(fixed.definition.inputs, shape))


def step_fields(fixed: FixedNeuron) -> dict:
    """Return what a neuron offers after a step: ``spike``, where it spikes, and its states."""
    spike = {"spike": 1} if fixed.definition.spikes else {}
    return spike | {name: signed(form.width) for name, form in fixed.formats.items()}


class NeuronCore(wiring.Component):
    """A neuron that takes one step's input and gives one result per step.

    Throughput is one step per cycle while ``o`` is taken. A stalled stream changes no state.

    One neuron's step cannot be pipelined, since it starts from the step before. ``interleave``
    neurons of the same kind can: they take turns, transfer by transfer, and while one is updated in
    the last stage the next ones follow it. The pipeline is also where their states
    live; it moves when an input comes. So the result of a step is offered one clock cycle after the
    ``interleave``-th transfer, its own counted: one cycle after its own where there is one neuron.

    Parameters
    ----------
    fixed : FixedNeuron
        The neuron, with parameters that are the same for every neuron.
    interleave : int
        Neurons, and stages.

    Members
    -------
    i : In(stream.Signature(input_shape(fixed)))
        What arrives in the step, in ``fixed.format``: a signed number, or a structure of several.
    o : Out(stream.Signature(StructLayout))
        The states after the step, and ``spike`` where the neuron spikes.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, fixed: FixedNeuron, *, interleave: int = 1):
        if fixed.vectors:
            raise ValueError(
                f"{fixed.definition.name} has parameters that differ between neurons; "
                "a single neuron takes one number for each, an array takes them all"
            )
        if interleave < 1:
            raise ValueError(f"interleave is {interleave}; at least one neuron takes its turn")
        self.fixed = fixed
        self.interleave = interleave
        super().__init__({
            "i": In(stream.Signature(input_shape(fixed))),
            "o": Out(stream.Signature(
                data.StructLayout(step_fields(fixed)), payload_init=integers.start(fixed)
            )),
        })

    def elaborate(self, platform):
        """Elaborate the update and the state registers."""
        m = Module()
        fixed = self.fixed
        names = list(fixed.definition.inputs)
        payload = self.i.payload
        inputs = {name: payload[name] for name in names} if len(names) > 1 else {names[0]: payload}

        # Handshake --------------------------------------------------------------------------------
        advance = Signal()
        full = Signal(self.interleave)  # of the stages; the last one is about to be done
        m.d.comb += [
            self.i.ready.eq(~self.o.valid | self.o.ready),
            advance.eq(self.i.valid & self.i.ready),
            full[0].eq(1),
        ]
        if self.interleave > 1:
            with m.If(advance):
                m.d.sync += full[1:].eq(full[:-1])
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)

        # Update -----------------------------------------------------------------------------------
        # The output holds the states after the last step, so it is the state register itself.
        states = {name: self.o.payload[name] for name in fixed.formats}
        after, spike = pipelined_step(
            m, fixed, states, inputs, vectors={}, stages=self.interleave, advance=advance
        )
        with m.If(advance & full[-1]):
            m.d.sync += self.o.valid.eq(1)
            m.d.sync += [states[name].eq(value) for name, value in after.items()]
            if spike is not None:
                m.d.sync += self.o.payload.spike.eq(spike)
        return m
