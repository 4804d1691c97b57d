"""Row layer: a dense layer of any neuron that reads one row of weights per event."""

from functools import cached_property
from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..definition.pipeline import depth
from ..fixed import Format
from ..layer import Layer
from .banks import BankedSynapses, bank_layout
from .dealing import dealt
from .example import example_layer
from .neuron_group import NeuronGroup
from .row_memory import RowMemory
from .synapses import LoadedSynapses, Synapses, WeightSynapses
from .weight_image import Weights, layer_images
from .weight_memory import WeightMemory

__all__ = [
    "PRESETS", "RowLayer", "core", "row_latency", "row_step_cycles", "step_layout",
    "update_stages",
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
    "i9_n5_banks3": {
        "inputs": 9, "neurons": 5, "neuron": "recurrent_lif", "weight_bits": 4,
        "membrane": Format(6, 2), "share": 2, "banks": 3,
    },
    "i40_n3_block10": {  # of 12 bits a row
        "inputs": 40, "neurons": 3, "neuron": "lif", "weight_bits": 4, "membrane": Format(6, 2),
        "share": 2, "block_bits": 10,
    },
}


def step_layout(layer: Layer, *, bits: int | None = None) -> data.StructLayout:
    """Layout of what a layer gives after a step: its spikes, or the membranes of a readout.

    Of a layer whose neurons leave in words of so many ``bits``, a bit for each, it is one of these.
    """
    if layer.fixed.definition.spikes:
        return data.StructLayout({"spikes": unsigned(bits or layer.neurons)})
    membranes = data.ArrayLayout(signed(layer.fixed.formats["v"].width), bits or layer.neurons)
    return data.StructLayout({"membranes": membranes})


def update_stages(layer: Layer, *, adders: int = _ADDERS) -> int:
    """Return the stages of an updater with so many adders, one after the other, in a cycle.

    By default the logic in a cycle is not much longer than a LIF's.
    """
    return max(1, -(-(depth(layer.fixed) - _ON_TOP) // adders))


def row_step_cycles(layer: Layer, events: int, *, share: int) -> int:
    """Return the cycles from one step to the next at most, where none of its events is waited for.

    ``events`` is in how many cycles a step's events come, at least 1. The neurons are updated while
    those of the next step come.
    """
    return max(events, share + update_stages(layer))


def row_latency(stages: int, *, share: int, banks: int) -> int:
    """Return the cycles from the last event of a step to its output."""
    return share + stages + 1 + (banks > 1)


class RowLayer(wiring.Component):
    """A dense layer: rows of weights from block RAM per event, all neurons at once.

    An event reads the row of its input and adds it to the currents of all neurons. Of several banks
    of rows, each reads one in a cycle; they are added to one another before. With the last
    event of a step the currents are set aside, and while the next step is summed the neurons are
    updated: each group of ``share`` neurons takes turns in one updater, its states and currents
    rotating past it, so that sharing costs no multiplexers but for constants that differ between
    neurons. An updater is a pipeline of ``stages``, so that a long equation does not slow the
    clock. Throughput is one event of each bank per cycle, or a step in ``share + stages`` cycles
    if its events are fewer; latency from the last event of a step to its output is
    ``share + stages + 1`` cycles, and one more of several banks.

    Currents grow to full precision: the sum of all rows always fits. In a step, a row may come as
    often as sources lead to it; of a dense layer that is once. Graded inputs come as bit planes,
    the most significant first, each a pass of events of its own; between planes the currents are
    doubled, which takes no cycle. An event without a spike reads a row of zeros.

    Parameters
    ----------
    layer : Layer
        Weights, neuron and its parameters, format, rounding, saturation; a row of weights is one
        for each neuron. A recurrent layer has a row for each of its own neurons, after those of its
        inputs.
    share : int, at least 1
        Neurons per updater. More is smaller, and slower where a step has fewer events.
    stages : int, at least 1, optional
        Stages of an updater's pipeline; :func:`update_stages` of the layer if not given, which is 1
        for LIF, 2 for adLIF, 5 for AdEx.
    banks : int, at least 1
        Rows of weights in a cycle, as many as the layer has at most.
    block_bits : int, at least 1, optional
        Bits of a row that lie in block RAM, at most; see :class:`~.row_memory.RowMemory`. All if
        not given.
    weights : {"built", "loaded"}
        Whether the weights are built in, or a host stores others in their place.

    Members
    -------
    i : In(stream.Signature(bank_layout(len(rows), banks)))
        Events: ``row``, ``spike`` and ``last``, as a :class:`~spikewright_hw.engine.scan.Scan`
        gives them, or of several banks ``places``, ``spikes`` and ``last``, as a
        :class:`~.bank_scan.BankScan` does; ``layer.input_bits`` passes for each step.
    o : Out(stream.Signature(step_layout(layer)))
        One transfer per step: ``spikes``, or ``membranes`` of a readout.
    clear : In(1)
        Sets all states to their start; only while the layer is empty: no event inside, no output
        waiting.
    """

    i: stream.Interface
    o: stream.Interface
    clear: Signal

    def __init__(
        self, *, layer: Layer, share: int = 4, stages: int | None = None, banks: int = 1,
        block_bits: int | None = None, weights: Weights = "built",
    ):
        if share < 1:
            raise ValueError(f"an updater serves at least one neuron, not {share}")
        self.layer = layer
        self.rows = layer.weights + (layer.recurrent or ())
        if not 1 <= banks <= len(self.rows):
            rows = len(self.rows)
            raise ValueError(f"banks is {banks}; a layer of {rows} rows has 1 to {rows}")
        self.share = share
        self.banks = banks
        self.block_bits = block_bits
        self.stages = update_stages(layer) if stages is None else stages
        if self.stages < 1:
            raise ValueError(f"an updater has at least one stage, not {stages}")
        self.weights: Weights = weights
        self.synapses = (LoadedSynapses if weights == "loaded" else WeightSynapses)(layer)
        # What the groups of neurons get; attributes, so that a proof can look at them.
        # The last neuron's turn is over when it has passed all stages of its updater.
        self.close = Signal()
        self.update = Signal()
        self.turn = Signal(range(self.share + self.stages - 1))
        super().__init__({
            "i": In(stream.Signature(bank_layout(len(self.rows), banks))),
            "o": Out(stream.Signature(step_layout(layer))),
            "clear": In(1),
        })

    @cached_property
    def memories(self) -> list[WeightMemory]:
        """The memories that a host stores weights in, one for each bank."""
        if self.weights == "built":
            return []
        images = layer_images(self.layer, banks=self.banks)
        return [WeightMemory(image, weights=self.weights) for image in images]

    def elaborate(self, platform) -> Module:
        """Elaborate the row read, the accumulation and the update."""
        m = Module()
        going = Signal()  # what is in the pipeline of events goes on
        m.d.comb += self.i.ready.eq(going)
        event, last = self.i.valid, self.i.payload.last
        rows = self._rows(m, going)
        for _ in range(2 if self.banks > 1 else 1):
            event, last = _held(m, event, going), _held(m, last, going)
        addends, own, synapses = self._addends(m, rows, going)

        # Currents are set aside when those of the step before have had their update, and that waits
        # for the output to be taken.
        owed, ending, closing = Signal(), Signal(), Signal()
        twice, final = self._planes(m, event=event & going, last=last)
        m.d.comb += [
            closing.eq(event & last & final),
            going.eq(~(closing & owed)),
            self.close.eq(closing & going),
            self.update.eq(owed & ~self.o.valid),
            ending.eq(self.update & (self.turn == self.share + self.stages - 2)),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.update):
            m.d.sync += self.turn.eq(self.turn + 1)
        with m.If(ending):
            m.d.sync += [self.turn.eq(0), owed.eq(0), self.o.valid.eq(1)]
        with m.If(self.close):
            m.d.sync += owed.eq(1)
        self._neurons(m, addends, synapses, accumulate=event & going, twice=twice, own=own)
        return m

    def _rows(self, m: Module, going: Value) -> list[tuple[Value, Value]]:
        """Build the memories; return of each bank the row read, and whether it is an own one."""
        layer, event = self.layer, self.i.payload
        read: list[tuple[Value, Value]] = []
        for bank in range(self.banks):
            single = self.banks == 1
            place = event.row if single else event.places[bank]
            spike = event.spike if single else event.spikes[bank]
            weights = self._memory(m, bank, place=place, spike=spike, going=going)
            of_inputs = len(dealt(range(layer.inputs), self.banks)[bank])
            own = Const(0)
            if layer.recurrent is not None:
                own = _held(m, place >= of_inputs, going)
            read.append((weights, own))
        return read

    def _memory(
        self, m: Module, bank: int, *, place: Value, spike: Value, going: Value
    ) -> Value:
        """Build the memory of a bank; return the row that is read, of zeros without a spike."""
        name = "weights" if self.banks == 1 else f"weights_{bank}"
        if self.weights == "loaded":
            m.submodules[name] = stored = self.memories[bank]
            m.d.comb += [
                stored.address.eq(Mux(spike, place, stored.depth - 1)), stored.enable.eq(going)
            ]
            return stored.data
        image = layer_images(self.layer, banks=self.banks)[bank]
        m.submodules[name] = rows = RowMemory(
            rows=image.rows[:-1], width=image.width, block_bits=self.block_bits or image.width
        )
        m.d.comb += [rows.place.eq(place), rows.spike.eq(spike), rows.en.eq(going)]
        return rows.o

    def _addends(
        self, m: Module, rows: list[tuple[Value, Value]], going: Value
    ) -> tuple[Value, Value, Synapses]:
        """Build what a cycle brings to each neuron; return it, and whether it is of own ones."""
        layer = self.layer
        if self.banks == 1:
            ((weights, own),) = rows
            return weights, own, self.synapses
        synapses = BankedSynapses(self.synapses, self.banks)
        addends = Signal(data.ArrayLayout(synapses.addend, layer.neurons))
        bits = layer.weight_bits
        for neuron in range(layer.neurons):
            sums = synapses.add(
                m,
                [row.word_select(neuron, bits).as_signed() for row, _ in rows],
                [own for _, own in rows],
            )
            with m.If(going):
                m.d.sync += [addends[neuron][source].eq(value) for source, value in sums.items()]
        return addends.as_value(), Const(0), synapses

    def _neurons(
        self, m: Module, addends: Value, synapses: Synapses, *,
        accumulate: Value, twice: Value, own: Value,
    ) -> None:
        """Build the groups of neurons, each with its part of what a cycle brings."""
        layer = self.layer
        groups = [
            NeuronGroup(
                layer=layer, first=first, share=self.share, stages=self.stages, synapses=synapses
            )
            for first in range(0, layer.neurons, self.share)
        ]
        for number, group in enumerate(groups):
            m.submodules[f"group_{number}"] = group
            part = group.addends.as_value()
            m.d.comb += [
                group.accumulate.eq(accumulate),
                group.twice.eq(twice),
                group.own.eq(own),
                group.close.eq(self.close),
                group.update.eq(self.update),
                group.turn.eq(self.turn),
                group.clear.eq(self.clear),
                part.eq(addends.word_select(number, len(part))),
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


def _held(m: Module, value: Value, going: Value) -> Signal:
    """Return a bit of the cycle before, which stands while nothing goes on."""
    held = Signal()
    with m.If(going):
        m.d.sync += held.eq(value)
    return held


def core(
    *, share: int = 4, stages: int | None = None, banks: int = 1, block_bits: int | None = None,
    **layer: Any,
) -> RowLayer:
    """Make a row layer of a made-up layer; keywords as for :func:`~.example.example_layer`."""
    return RowLayer(
        layer=example_layer(**layer), share=share, stages=stages, banks=banks,
        block_bits=block_bits,
    )
