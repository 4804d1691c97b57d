"""Row layer: a dense layer of any neuron that reads one row of weights per event."""

from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ..definition.pipeline import depth
from ..fixed import Format
from ..layer import Layer
from .example import example_layer
from .neuron_group import NeuronGroup
from .ram_style import rom_attributes
from .scan import event_layout
from .synapses import WeightSynapses

__all__ = [
    "PRESETS", "RowLayer", "core", "pack_row", "row_step_cycles", "step_layout", "update_stages",
]

#: Adders, one after the other, in a stage of an updater; and what comes on top of them, which is
#: cheap: the comparison with zero and the saturation.
_ADDERS, _ON_TOP = 3, 2

PRESETS = {
    "i12_n9": {
        "inputs": 12, "neurons": 9, "neuron": "lif", "weight_bits": 4, "membrane": Format(5, 3),
    },
    "i5_n16_share8": {
        "inputs": 5, "neurons": 16, "neuron": "li", "weight_bits": 6, "membrane": Format(7, 2),
        "share": 8,
    },
    "i6_n5_alpha": {  # excitatory and inhibitory inputs, five states
        "inputs": 6, "neurons": 5, "neuron": "alpha", "weight_bits": 5, "membrane": Format(4, 6),
        "exponent": 4, "share": 2,
    },
    "i4_n6_recurrent": {
        "inputs": 4, "neurons": 6, "neuron": "recurrent_lif", "weight_bits": 3,
        "membrane": Format(5, 2), "share": 3,
    },
    "i5_n4_graded": {
        "inputs": 5, "neurons": 4, "neuron": "lif", "weight_bits": 4, "membrane": Format(7, 2),
        "input_bits": 3, "share": 2,
    },
    "i3_n4_graded_recurrent": {
        "inputs": 3, "neurons": 4, "neuron": "recurrent_lif", "weight_bits": 3,
        "membrane": Format(6, 2), "input_bits": 2, "share": 2,
    },
    "i6_n5_alpha_biased": {
        "inputs": 6, "neurons": 5, "neuron": "alpha", "weight_bits": 5, "membrane": Format(4, 6),
        "exponent": 4, "biased": True, "share": 2,
    },
}


def step_layout(layer: Layer, *, bits: int | None = None) -> data.StructLayout:
    """Layout of what a layer gives after a step: its spikes, or the membranes of a readout.

    Of a layer whose spikes leave in words of so many ``bits``, it is one of these.
    """
    if layer.fixed.definition.spikes:
        return data.StructLayout({"spikes": unsigned(bits or layer.neurons)})
    membranes = data.ArrayLayout(signed(layer.fixed.formats["v"].width), layer.neurons)
    return data.StructLayout({"membranes": membranes})


def update_stages(layer: Layer, *, adders: int = _ADDERS) -> int:
    """Return the stages of an updater with so many adders, one after the other, in a cycle.

    By default the logic in a cycle is not much longer than a LIF's.
    """
    return max(1, -(-(depth(layer.fixed) - _ON_TOP) // adders))


def row_step_cycles(layer: Layer, events: Any, *, share: int) -> Any:
    """Return the cycles that a step occupies a layer.

    ``events`` is how many it has, at least 1; an array of them gives an array.
    """
    return events + share + update_stages(layer) - 1


def pack_row(row: tuple[int, ...], bits: int) -> int:
    """Pack a row of signed weights into one memory word, neuron 0 lowest."""
    mask = (1 << bits) - 1
    return sum((weight & mask) << (bits * neuron) for neuron, weight in enumerate(row))


class RowLayer(wiring.Component):
    """A dense layer: one row of weights from block RAM per event, all neurons at once.

    An event reads the row of its input and adds it to the currents of all neurons. After the last
    event of a step the neurons are updated: each group of ``share`` neurons takes turns in one
    updater, its states and currents rotating past it, so that sharing costs no multiplexers but for
    constants that differ between neurons. An updater is a pipeline of ``stages``, so that a long
    equation does not slow the clock. Throughput is one event per cycle, and ``share + stages - 1``
    cycles more per step; latency from the last event of a step to its output is
    ``share + stages + 1`` cycles.

    Currents grow to full precision: the sum of all rows always fits. In a step, a row may come as
    often as sources lead to it; of a dense layer that is once. Graded inputs come as bit planes,
    the most significant first, each a pass of events of its own; between planes the currents are
    doubled, which takes no cycle.

    Parameters
    ----------
    layer : Layer
        Weights, neuron and its parameters, format, rounding, saturation; a row of weights is one
        for each neuron. A recurrent layer has a row for each of its own neurons, after those of its
        inputs.
    share : int, at least 1
        Neurons per updater. More is smaller and slower.
    stages : int, at least 1, optional
        Stages of an updater's pipeline; :func:`update_stages` of the layer if not given, which is 1
        for LIF, 2 for adLIF, 5 for AdEx.

    Members
    -------
    i : In(stream.Signature(event_layout(len(rows))))
        Events: ``row``, ``spike`` and ``last``, as a :class:`~spikewright_hw.engine.scan.Scan`
        gives them; ``layer.input_bits`` passes for each step.
    o : Out(stream.Signature(step_layout(layer)))
        One transfer per step: ``spikes``, or ``membranes`` of a readout.
    clear : In(1)
        Sets all states to their start; only while the layer is empty: no event inside, no output
        waiting.
    """

    i: stream.Interface
    o: stream.Interface
    clear: Signal

    def __init__(self, *, layer: Layer, share: int = 4, stages: int | None = None):
        if share < 1:
            raise ValueError(f"an updater serves at least one neuron, not {share}")
        self.layer = layer
        self.rows = layer.weights + (layer.recurrent or ())
        self.share = share
        self.stages = update_stages(layer) if stages is None else stages
        if self.stages < 1:
            raise ValueError(f"an updater has at least one stage, not {stages}")
        # What the groups of neurons get; attributes, so that a proof can look at them.
        # The last neuron's turn is over when it has passed all stages of its updater.
        self.update = Signal()
        self.turn = Signal(range(self.share + self.stages - 1))
        super().__init__({
            "i": In(stream.Signature(event_layout(len(self.rows)))),
            "o": Out(stream.Signature(step_layout(layer))),
            "clear": In(1),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the row read, the accumulation and the update."""
        m = Module()
        layer = self.layer

        # Rows wait while the neurons are updated, and the update waits for the output to be taken.
        closing = Signal()  # all rows of the step are in
        update = self.update
        m.d.comb += [self.i.ready.eq(~closing), update.eq(closing & ~self.o.valid)]

        # Row read ---------------------------------------------------------------------------------
        m.submodules.weights = weights = memory.Memory(
            shape=unsigned(layer.neurons * layer.weight_bits),
            depth=len(self.rows),
            init=[pack_row(row, layer.weight_bits) for row in self.rows],
            attrs=rom_attributes(len(self.rows)),
        )
        port = weights.read_port()
        m.d.comb += [port.addr.eq(self.i.payload.row), port.en.eq(~closing)]
        event_q = Signal()
        spike_q = Signal()
        last_q = Signal()
        own_q = Signal()  # the row is of the layer's own neurons
        twice, final = self._planes(m, event=event_q & ~closing, last=last_q)
        with m.If(~closing):
            m.d.sync += [
                event_q.eq(self.i.valid),
                spike_q.eq(self.i.payload.spike),
                last_q.eq(self.i.payload.last),
                closing.eq(event_q & last_q & final),
            ]
            if layer.recurrent is not None:
                m.d.sync += own_q.eq(self.i.payload.row >= layer.inputs)
        accumulate = Signal()
        m.d.comb += accumulate.eq(~closing & event_q & spike_q)

        # Turns ------------------------------------------------------------------------------------
        turn, last_turn = self.turn, self.share + self.stages - 2
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(update):
            m.d.sync += turn.eq(turn + 1)
            with m.If(turn == last_turn):
                m.d.sync += [turn.eq(0), closing.eq(0), self.o.valid.eq(1)]

        self._neurons(m, port.data, accumulate=accumulate, twice=twice, own=own_q)
        return m

    def _neurons(
        self, m: Module, weights: Value, *, accumulate: Value, twice: Value, own: Value
    ) -> None:
        """Build the groups of neurons, each with its part of a row of weights."""
        layer = self.layer
        synapses = WeightSynapses(layer)
        groups = [
            NeuronGroup(
                layer=layer, first=first, share=self.share, stages=self.stages, synapses=synapses
            )
            for first in range(0, layer.neurons, self.share)
        ]
        for number, group in enumerate(groups):
            m.submodules[f"group_{number}"] = group
            row = group.addends.as_value()
            m.d.comb += [
                group.accumulate.eq(accumulate),
                group.twice.eq(twice),
                group.own.eq(own),
                group.update.eq(self.update),
                group.turn.eq(self.turn),
                group.clear.eq(self.clear),
                row.eq(weights.word_select(number, len(row))),
            ]
        m.d.comb += self.o.payload.as_value().eq(Cat(group.o for group in groups))

    def _planes(self, m: Module, *, event: Value, last: Value) -> tuple[Value, Value]:
        """Build the count of a step's bit planes.

        Return whether the event is the first of a plane that is not a step's first, so that what
        was summed before counts twice, and whether its plane is the last of the step.
        """
        planes = self.layer.input_bits
        if planes == 1:
            return Const(0), Const(1)
        plane = Signal(range(planes))
        begins = Signal(init=1)
        final = plane == planes - 1
        with m.If(event):
            m.d.sync += begins.eq(last)
            with m.If(last):
                m.d.sync += plane.eq(Mux(final, 0, plane + 1))
        return event & begins & (plane != 0), final


def core(*, share: int = 4, stages: int | None = None, **layer: Any) -> RowLayer:
    """Make a row layer of a made-up layer; keywords as for :func:`~.example.example_layer`."""
    return RowLayer(layer=example_layer(**layer), share=share, stages=stages)
