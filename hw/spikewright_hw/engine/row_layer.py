"""Row layer: a dense layer that reads one row of weights per event."""

from typing import Any

from amaranth import Cat, Module, Signal, signed, unsigned
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ..definition import gateware, integers
from ..fixed import Format
from ..network import Layer
from ..neuron import DEFINITIONS
from .example import example_layer
from .scan import event_layout

__all__ = ["PRESETS", "RowLayer", "core", "layer_start", "layer_step", "step_layout"]

PRESETS = {
    "i12_n9": {
        "inputs": 12, "neurons": 9, "neuron": "lif", "weight_bits": 4, "membrane": Format(5, 3),
    },
    "i5_n16_share8": {
        "inputs": 5, "neurons": 16, "neuron": "li", "weight_bits": 6, "membrane": Format(7, 2),
        "share": 8,
    },
}


def step_layout(layer: Layer) -> data.StructLayout:
    """Layout of what a layer gives after a step: its spikes, or the membranes of a readout."""
    if DEFINITIONS[layer.neuron].spikes:
        return data.StructLayout({"spikes": unsigned(layer.neurons)})
    membranes = data.ArrayLayout(signed(layer.membrane.width), layer.neurons)
    return data.StructLayout({"membranes": membranes})


def layer_start(layer: Layer) -> list[dict[str, int]]:
    """Give the states of a layer's neurons before the first step."""
    return [integers.start(DEFINITIONS[layer.neuron]) for _ in range(layer.neurons)]


def layer_step(
    layer: Layer, states: list[dict[str, int]], rows: list[int]
) -> tuple[list[dict[str, int]], tuple[int, ...]]:
    """Run one step of a layer: the definition of correct.

    ``rows`` are the inputs that spiked. Gives the next states and the spikes of all neurons.
    """
    after = [
        integers.step(
            DEFINITIONS[layer.neuron],
            state,
            sum(layer.weights[row][neuron] for row in rows) << layer.membrane.fraction,
            parameters=layer.parameters,
            format=layer.membrane,
        )
        for neuron, state in enumerate(states)
    ]
    return [state for state, _ in after], tuple(int(spike) for _, spike in after)


def pack_row(row: tuple[int, ...], bits: int) -> int:
    """Pack a row of signed weights into one memory word, neuron 0 lowest."""
    mask = (1 << bits) - 1
    return sum((weight & mask) << (bits * neuron) for neuron, weight in enumerate(row))


class RowLayer(wiring.Component):
    """A dense layer: one row of weights from block RAM per event, all neurons at once.

    An event reads the row of its input and adds it to the currents of all neurons. After the last
    event of a step the neurons are updated: each group of ``share`` neurons takes turns in one
    updater, its states and currents rotating past it, so that sharing costs no multiplexers.
    Throughput is one event per cycle, and ``share`` cycles more per step; latency from the last
    event of a step to its output is ``share + 2`` cycles.

    Currents grow to full precision: the sum of all rows always fits. In a step, a row may come once
    only.

    Parameters
    ----------
    layer : Layer
        Weights, neuron, format.
    share : int
        Neurons per updater. More is smaller and slower.

    Members
    -------
    i : In(stream.Signature(event_layout(layer.inputs)))
        Events, as a :class:`~spikewright_hw.engine.scan.Scan` gives them.
    o : Out(stream.Signature(step_layout(layer)))
        One transfer per step.
    clear : In(1)
        Clears all states; only while the layer is empty: no event inside, no output waiting.
    """

    i: stream.Interface
    o: stream.Interface
    clear: Signal

    def __init__(self, *, layer: Layer, share: int = 4):
        if share < 1:
            raise ValueError(f"an updater serves at least one neuron, not {share}")
        self.layer = layer
        self.share = share
        self.definition = DEFINITIONS[layer.neuron]
        super().__init__({
            "i": In(stream.Signature(event_layout(layer.inputs))),
            "o": Out(stream.Signature(step_layout(layer))),
            "clear": In(1),
        })

    def elaborate(self, platform):
        """Elaborate the row read, the accumulation and the update."""
        m = Module()
        layer = self.layer

        # Rows wait while the neurons are updated, and the update waits for the output to be taken.
        closing = Signal()  # all rows of the step are in
        update = Signal()
        m.d.comb += [self.i.ready.eq(~closing), update.eq(closing & ~self.o.valid)]

        # Row read ---------------------------------------------------------------------------------
        m.submodules.weights = weights = memory.Memory(
            shape=unsigned(layer.neurons * layer.weight_bits),
            depth=layer.inputs,
            init=[pack_row(row, layer.weight_bits) for row in layer.weights],
        )
        port = weights.read_port()
        m.d.comb += [port.addr.eq(self.i.payload.row), port.en.eq(~closing)]
        event_q = Signal()
        spike_q = Signal()
        last_q = Signal()
        with m.If(~closing):
            m.d.sync += [
                event_q.eq(self.i.valid),
                spike_q.eq(self.i.payload.spike),
                last_q.eq(self.i.payload.last),
                closing.eq(event_q & last_q),
            ]
        accumulate = Signal()
        m.d.comb += accumulate.eq(~closing & event_q & spike_q)

        # Turns ------------------------------------------------------------------------------------
        turn = Signal(range(self.share))
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(update):
            m.d.sync += turn.eq(turn + 1)
            with m.If(turn == self.share - 1):
                m.d.sync += [turn.eq(0), closing.eq(0), self.o.valid.eq(1)]

        # Neurons ----------------------------------------------------------------------------------
        # The widest column of weights bounds every partial sum.
        bound = max(sum(map(abs, column)) for column in zip(*layer.weights, strict=True))
        current_shape = signed(bound.bit_length() + 1)
        state_shape = signed(layer.membrane.width)
        spikes, membranes = [], []
        for first in range(0, layer.neurons, self.share):
            group = range(first, first + self.share)
            currents = [Signal(current_shape, name=f"current_{number}") for number in group]
            states = {
                name: [Signal(state_shape, name=f"{name}_{number}") for number in group]
                for name in self.definition.states
            }
            after, spike = gateware.step(
                self.definition,
                {name: turns[0] for name, turns in states.items()},
                currents[0] << layer.membrane.fraction,
                parameters=layer.parameters,
                format=layer.membrane,
            )

            # Each rotation is a shift register: the next value enters where the last one left.
            with m.If(update):
                m.d.sync += Cat(currents).eq(Cat(currents[1:]))
                for name, turns in states.items():
                    m.d.sync += Cat(turns).eq(Cat(turns[1:], after[name]))
            with m.Elif(accumulate):
                for number, current in zip(group, currents, strict=True):
                    if number < layer.neurons:
                        weight = port.data.word_select(number, layer.weight_bits).as_signed()
                        m.d.sync += current.eq(current + weight)
            with m.If(self.clear):
                m.d.sync += [state.eq(0) for turns in states.values() for state in turns]

            if self.definition.spikes:
                spiked = Signal(self.share, name=f"spiked_{first}")
                with m.If(update):
                    m.d.sync += spiked.eq(Cat(spiked[1:], spike))
                spikes.append(spiked)
            else:
                membranes += states["v"]

        # Output -----------------------------------------------------------------------------------
        if self.definition.spikes:
            m.d.comb += self.o.payload.spikes.eq(Cat(spikes))
        else:
            for number, membrane in enumerate(membranes[: layer.neurons]):
                m.d.comb += self.o.payload.membranes[number].eq(membrane)
        return m


def core(*, share: int = 4, **layer: Any) -> RowLayer:
    """Make a row layer of a made-up layer; keywords as for :func:`~.example.example_layer`."""
    return RowLayer(layer=example_layer(**layer), share=share)
