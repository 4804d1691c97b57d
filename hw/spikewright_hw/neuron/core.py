"""One neuron behind a stream, lowered from any definition."""

from collections.abc import Mapping

from amaranth import Module, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..definition import gateware
from ..definition.definition import Definition
from ..fixed import Format

__all__ = ["NeuronCore"]


class NeuronCore(wiring.Component):
    """A neuron that takes one current and gives one result per step.

    Latency is one clock cycle; throughput is one step per cycle while ``o`` is taken. A stalled
    stream changes no state.

    Parameters
    ----------
    definition : Definition
        The neuron.
    format : Format
        Format of the states and of the current.
    parameters : mapping of str to int
        Stored integers, as ``definition.parameters`` names them.

    Members
    -------
    i : In(stream.Signature(signed(format.width)))
        The step's current.
    o : Out(stream.Signature(StructLayout))
        The states after the step, and ``spike`` where the neuron spikes.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(
        self, definition: Definition, *, format: Format, parameters: Mapping[str, int]
    ):
        definition.check(parameters, format)
        self.definition = definition
        self.format = format
        self.parameters = dict(parameters)
        spike = {"spike": 1} if definition.spikes else {}
        states = dict.fromkeys(definition.states, signed(format.width))
        super().__init__({
            "i": In(stream.Signature(signed(format.width))),
            "o": Out(stream.Signature(data.StructLayout(spike | states))),
        })

    def elaborate(self, platform):
        """Elaborate the state registers, the update and the output register."""
        m = Module()

        # State ------------------------------------------------------------------------------------
        # The output holds the states after the last step, so it is the state register itself.
        states = {name: self.o.payload[name] for name in self.definition.states}

        # Next value -------------------------------------------------------------------------------
        after, spike = gateware.step(
            self.definition,
            states,
            self.i.payload,
            parameters=self.parameters,
            format=self.format,
        )

        # Handshake --------------------------------------------------------------------------------
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
            with m.If(self.i.valid):
                m.d.sync += [self.o.payload[name].eq(value) for name, value in after.items()]
                if self.definition.spikes:
                    m.d.sync += self.o.payload.spike.eq(spike)
        return m
