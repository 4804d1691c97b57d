# amaranth: UnusedElaboratable=no
# (a core that is made for what it says of itself need not be built)
"""Windowed neuron: counts of bits summed over a window, then one step of a fixed-point neuron."""

from typing import Literal

from amaranth import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ...definition import gateware
from ...definition.definition import Value
from ...definition.fixed_point import Arithmetic
from ...fixed import Format, scaled
from ...neuron.component import NeuronCore
from .driven import compiled

__all__ = ["PRESETS", "WindowedNeuron", "core", "current"]

#: Parameter sets by name.
PRESETS = {
    "n16": {"count_width": 4, "length": 16, "format": Format(6, 4)},
    "lif_n256": {"count_width": 6, "length": 256, "format": Format(8, 8), "neuron": "lif"},
}


def current(total: int, *, shift: int, format: Format) -> int:
    """Return the current of a sum of counts: ``total * 2**shift``, rounded half up, saturated."""
    return format.saturate(scaled(total, shift))


class WindowedNeuron(wiring.Component):
    """A fixed-point neuron on bitstreams: counts of bits are summed over a window, and the
    neuron takes one step for each window.

    What is summed is the counter at the end of a stochastic multiply-accumulate (B. R. Gaines,
    "Stochastic Computing Systems", 1969), so the bitstreams end here, and spikes leave as they do
    from any other neuron of the project: one a step. The current of a step is

    .. code-block:: none

        sum of counts * 2**shift        rounded half up, and saturated at the format's ends

    in stored integers. With the ``shift`` that is the default, it is the mean of the window's
    counts.

    One count is taken per clock cycle for as long as ``o.ready`` is high, without a pause between
    windows. The result of a step is offered two clock cycles after the window's last count.

    Parameters
    ----------
    count_width : int, at least 2
        Bits of a count, the sign among them.
    length : int, a power of two, at least 2
        Counts in a window.
    format : Format
        Of the membrane and of the current.
    shift : int, optional
        Scale of the sum; ``format.fraction - log2(length)`` if not given.
    neuron : str
        Name of a definition with one input; one that never spikes, such as ``li``, makes a readout.
    rounding, saturation, digits
        As in :class:`~spikewright_hw.definition.fixed_point.Arithmetic`.
    **parameters : float
        The neuron's, those not given by default.

    Members
    -------
    i : In(stream.Signature(signed(count_width)))
        Counts.
    o : Out(stream.Signature(StructLayout))
        The step's result, as :class:`~spikewright_hw.neuron.component.NeuronCore` has it: the
        states, and ``spike`` where the neuron spikes.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(
        self,
        *,
        count_width: int,
        length: int,
        format: Format,
        shift: int | None = None,
        neuron: str = "if_neuron",
        rounding: Literal["half_up", "floor"] = "half_up",
        saturation: Literal["full", "symmetric", "positive"] = "full",
        digits: int = 4,
        **parameters: Value,
    ):
        if count_width < 2:
            raise ValueError(f"a signed count has at least 2 bits, not {count_width}")
        if length < 2 or length & (length - 1):
            raise ValueError(f"a window is a power of two of at least 2 counts, not {length}")
        arithmetic = Arithmetic(
            format=format, rounding=rounding, saturation=saturation, digits=digits
        )
        self.fixed = compiled(neuron, arithmetic, parameters, readout=True)
        self.length = length
        bits = length.bit_length() - 1
        self.shift = format.fraction - bits if shift is None else shift
        self.neuron = NeuronCore(self.fixed)
        #: The sum of the window's counts before this one, and how many they are.
        self.sum = Signal(signed(count_width + bits))
        self.seen = Signal(range(length))
        super().__init__(
            {
                "i": In(stream.Signature(signed(count_width))),
                "o": Out(self.neuron.o.signature),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the sum, the scale, and the neuron."""
        m = Module()
        m.submodules.neuron = neuron = self.neuron
        connect(m, neuron.o, flipped(self.o))
        step, format = neuron.i, self.fixed.format

        # The sum of all counts fits the register, so none in between wraps.
        total = Signal.like(self.sum)
        last = self.seen == self.length - 1
        m.d.comb += [
            total.eq(self.sum + self.i.payload),
            self.i.ready.eq(~last | ~step.valid | step.ready),
        ]
        if self.shift >= 0:  # wires alone
            current = Cat(Const(0, self.shift), total).as_signed()
        else:
            current = scaled(total, self.shift)
        with m.If(step.ready):
            m.d.sync += step.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [self.sum.eq(Mux(last, 0, total)), self.seen.eq(self.seen + 1)]
            with m.If(last):
                m.d.sync += [
                    step.valid.eq(1),
                    step.payload.eq(gateware.saturate(current, format.min, format.max)),
                ]
        return m


core = WindowedNeuron
