"""Outputs: what the steps of a last layer come to, for readouts that look at more than one step."""

from amaranth import Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..network import Network
from ..readout import READOUTS, SPIKING
from .argmax import argmax_latency
from .words import leaving_words

__all__ = [
    "PRESETS", "Outputs", "core", "outputs_layout", "readout_latency", "values_layout",
]

#: Parameter sets by name: each readout, with one step among them.
PRESETS = {
    "maximum_w8_n5_t4": {"readout": "maximum", "width": 8, "count": 5, "steps": 4},
    "count_n10_t4": {"readout": "count", "count": 10, "steps": 4},
    "first_n3_t25": {"readout": "first", "count": 3, "steps": 25},
    "first_n2_t1": {"readout": "first", "count": 2, "steps": 1},
}


def readout_latency(network: Network) -> int:
    """Return the cycles from the last step of a last layer to the prediction.

    ``network`` is as it is built; see :func:`~.folding.folded_network`.
    """
    words = leaving_words(network)[-1].count
    return argmax_latency(network.outputs, words=words) + (network.readout != "last")


def values_layout(readout: str, count: int, width: int) -> data.ArrayLayout:
    """Return the layout of a step: signed membranes, or a bit for each neuron that may spike."""
    return data.ArrayLayout(unsigned(1) if readout in SPIKING else signed(width), count)


def outputs_layout(readout: str, count: int, width: int, steps: int) -> data.ArrayLayout:
    """Return the layout of the outputs: membranes, or numbers up to the steps; all signed."""
    spikes = steps.bit_length() + 1
    return data.ArrayLayout(signed(spikes if readout in SPIKING else width), count)


class Outputs(wiring.Component):
    """Follow the outputs of a network over the steps of an inference.

    What an output is, :func:`~spikewright_hw.readout.output_after` defines. The readout ``last``
    needs no such core.

    Parameters
    ----------
    readout : {"maximum", "count", "first"}
        What becomes of the steps.
    count : int, at least 1
        Number of outputs.
    steps : int, at least 1
        Steps of an inference.
    width : int, at least 1
        Bits of a membrane; of spikes it is 1.

    Raises
    ------
    ValueError
        There is no such readout, or it is ``last``.

    Members
    -------
    i_values : In(values_layout(readout, count, width))
        The membranes after a step, or whether each neuron spiked in it.
    i_valid : In(1)
        The values are there; ``steps`` times make one inference.
    o_outputs : Out(outputs_layout(readout, count, width, steps))
        The outputs, from the cycle after the last step on until the next inference.
    o_valid : Out(1)
        The outputs are there, for the first cycle of them.
    """

    i_values: data.View
    i_valid: Signal
    o_outputs: data.View
    o_valid: Signal

    def __init__(
        self,
        *,
        readout: str,
        count: int,
        steps: int,
        width: int = 1,
    ):
        if readout not in READOUTS or readout == "last":
            raise ValueError(
                f"outputs are followed of maximum, count and first, not of {readout!r}"
            )
        self.readout = readout
        self.count = count
        self.steps = steps
        self.width = width
        super().__init__({
            "i_values": In(values_layout(readout, count, width)),
            "i_valid": In(1),
            "o_outputs": Out(outputs_layout(readout, count, width, steps)),
            "o_valid": Out(1),
        })

    def elaborate(self, platform):
        """Elaborate the count of steps, and a register for each output."""
        m = Module()
        step = Signal(range(self.steps + 1))
        last = Signal()
        m.d.comb += last.eq(step == self.steps - 1)
        m.d.sync += self.o_valid.eq(self.i_valid & last)
        with m.If(self.i_valid):
            m.d.sync += step.eq(Mux(last, 0, step + 1))
            for at in range(self.count):
                output, given = self.o_outputs[at], self.i_values[at]
                m.d.sync += output.eq(self._after(output, given, step))
        return m

    def _after(self, output: Value, given: Value, step: Signal) -> Value:
        """Return an output after a step."""
        if self.readout == "maximum":
            return Mux((step == 0) | (given > output), given, output)
        before = Mux(step == 0, 0, output)
        if self.readout == "count":
            return before + given
        return Mux(before == 0, Mux(given, self.steps - step, 0), before)


core = Outputs
