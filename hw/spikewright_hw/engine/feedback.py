"""Feedback: what reaches a recurrent layer in a step, its own last spikes among it."""

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..layer import Layer

__all__ = ["PRESETS", "Feedback", "core", "feedback", "feedback_of"]

PRESETS = {
    "i5_n3": {"inputs": 5, "neurons": 3},
    "i12_n16": {"inputs": 12, "neurons": 16},
    "i4_n3_p3": {"inputs": 4, "neurons": 3, "planes": 3},
}


def feedback(
    bitmaps: list[int], spikes: list[int], *, inputs: int, planes: int = 1
) -> list[int]:
    """Return the joined bitmaps: the definition of correct.

    ``bitmaps`` are what the inputs did in each step, ``planes`` of them a step, ``spikes`` what the
    layer did in each step.
    """
    before = [0, *spikes]
    joined = list(bitmaps)
    for step, at in enumerate(range(planes - 1, len(bitmaps), planes)):
        if step < len(before):
            joined[at] |= before[step] << inputs
    return joined


class Feedback(wiring.Component):
    """Joins the spikes that come to a layer with the layer's own spikes of the step before.

    An input passes in the cycle in which it comes, if the layer has given its spikes of the step
    before by then; else it waits for them, and passes one clock cycle after them. The first step
    waits for nothing, and has no spikes of a step before. Where a step is several bit planes of
    graded inputs, the layer's own spikes join the last one, which counts once; the planes before it
    pass without a wait.

    Parameters
    ----------
    inputs : int, at least 1
        Width of what comes to the layer.
    neurons : int, at least 1
        Neurons of the layer.
    planes : int, at least 1
        Transfers of a step.

    Members
    -------
    i : In(stream.Signature(unsigned(inputs)))
        Spikes of the inputs, ``planes`` transfers for each step.
    i_spikes : In(stream.Signature(unsigned(neurons)))
        Spikes of the layer: one transfer for each step of ``o``, some time after its last plane.
        Always ready.
    o : Out(stream.Signature(unsigned(inputs + neurons)))
        Both: bit ``k`` is input ``k``, bit ``inputs + n`` neuron ``n`` in the step before.
    clear : In(1)
        Makes the next step a first one; only while no spikes are awaited and no input is there.
    """

    i: stream.Interface
    i_spikes: stream.Interface
    o: stream.Interface
    clear: Signal

    def __init__(self, *, inputs: int, neurons: int, planes: int = 1):
        if inputs < 1 or neurons < 1:
            raise ValueError(
                f"a recurrent layer has inputs and neurons, not {inputs} and {neurons}"
            )
        if planes < 1:
            raise ValueError(f"a step has at least one plane, not {planes}")
        self.inputs = inputs
        self.neurons = neurons
        self.planes = planes
        super().__init__({
            "i": In(stream.Signature(unsigned(inputs))),
            "i_spikes": In(stream.Signature(unsigned(neurons))),
            "o": Out(stream.Signature(unsigned(inputs + neurons))),
            "clear": In(1),
        })

    def elaborate(self, platform):
        """Elaborate the register of the last spikes, and the wait for them."""
        m = Module()
        last = Signal(self.neurons)
        awaited = Signal()  # a step has passed whose spikes have not come
        joining = self._joining(m)
        waits = Signal()
        m.d.comb += [
            waits.eq(awaited & joining),
            self.o.payload.eq(Cat(self.i.payload, Mux(joining, last, 0))),
            self.o.valid.eq(self.i.valid & ~waits),
            self.i.ready.eq(self.o.ready & ~waits),
            self.i_spikes.ready.eq(1),
        ]
        with m.If(self.i_spikes.valid):
            m.d.sync += [last.eq(self.i_spikes.payload), awaited.eq(0)]
        with m.If(self.o.valid & self.o.ready & joining):
            m.d.sync += awaited.eq(1)
        with m.If(self.clear):
            m.d.sync += last.eq(0)
        return m

    def _joining(self, m: Module) -> Value:
        """Build the count of a step's planes; return whether the plane at the input is the last."""
        if self.planes == 1:
            return Const(1)
        plane = Signal(range(self.planes))
        joining = plane == self.planes - 1
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += plane.eq(Mux(joining, 0, plane + 1))
        return joining


def feedback_of(layer: Layer) -> Feedback | None:
    """Return the feedback of a layer; None unless it is recurrent."""
    if layer.recurrent is None:
        return None
    return Feedback(inputs=layer.inputs, neurons=layer.neurons, planes=layer.input_bits)


core = Feedback
