"""Neuron group: some neurons of a layer that take turns in one updater."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..definition.interval import Interval
from ..definition.pipeline import pipelined_step
from ..fixed import Format
from ..layer import Layer
from .example import example_layer
from .synapses import Synapses, WeightSynapses

__all__ = ["PRESETS", "NeuronGroup", "core"]

#: Parameter sets by name: all neurons of a layer, and its last group, which has padding neurons.
PRESETS = {
    "lif_n4": {
        "inputs": 5, "neurons": 4, "neuron": "lif", "weight_bits": 4, "membrane": Format(5, 3),
        "share": 4,
    },
    "alpha_n5_last2": {
        "inputs": 6, "neurons": 5, "neuron": "alpha", "weight_bits": 5, "membrane": Format(4, 6),
        "exponent": 4, "first": 3, "share": 3, "stages": 2,
    },
    "recurrent_lif_n3": {
        "inputs": 4, "neurons": 3, "neuron": "recurrent_lif", "weight_bits": 3,
        "membrane": Format(5, 2), "share": 3,
    },
    "recurrent_lif_n3_graded": {
        "inputs": 4, "neurons": 3, "neuron": "recurrent_lif", "weight_bits": 3,
        "membrane": Format(6, 2), "input_bits": 2, "share": 3,
    },
    "alpha_n5_biased": {
        "inputs": 6, "neurons": 5, "neuron": "alpha", "weight_bits": 5, "membrane": Format(4, 6),
        "exponent": 4, "biased": True, "share": 3, "stages": 2,
    },
}


class NeuronGroup(wiring.Component):
    """Sums of a step and states of neurons, and the updater past which they rotate.

    For each input of the neuron's definition there is a sum of what the synapses bring to it. With
    the last addends of a step the sums move to registers of their own, so that those of the next
    step are summed while the neurons are updated. In an update, each state and each sum that has
    moved is a shift register: the next state enters where the last one left.
    An update of ``share + stages - 1`` cycles is a whole turn: what the pipeline gives before its
    first result is out again when the last one is in.

    Parameters
    ----------
    layer : Layer
        Neurons, weights and format.
    first : int, 0 to ``layer.neurons - 1``
        The group's first neuron. After the last neuron of the layer, the group is filled up with
        padding neurons, whose output nobody reads.
    share : int, at least 1
        Neurons in the group.
    stages : int, at least 1
        Stages of the updater.
    synapses : Synapses
        What is summed, and what the sum is as a current.

    Raises
    ------
    ValueError
        ``share`` or ``stages`` is below 1, or the layer has no neuron ``first``.

    Members
    -------
    addends : In(ArrayLayout(..., share))
        What a row of the synapses brings to each neuron of the group, as ``synapses.addend`` says.
    own : In(1)
        The row is of the layer's own neurons; of no effect where ``synapses.apart``.
    accumulate : In(1)
        The addends are added to the sums.
    twice : In(1)
        The sums of what is not the layer's own count twice, before the addends are added: of a
        layer with graded inputs alone.
    close : In(1)
        The addends are added, and are the last of the step: its sums await their update, and those
        of the next step begin at zero. Not during an update.
    update : In(1)
        The neurons are updated. An update goes through all its cycles without a gap.
    turn : In(range(share + stages - 1))
        The cycle of the update.
    clear : In(1)
        Sets the states to their start; not during an update.
    o : Out(unsigned)
        After an update the spikes of all neurons, or the membranes of a readout, the group's first
        neuron lowest.

    Attributes
    ----------
    totals : dict of str to list of Signal
        The sum of each input by name, of each neuron in order.
    closed, states : dict of str to list of Signal
        The sum of the step that was closed last, and each state: between updates, of each neuron in
        order.
    """

    addends: data.View
    own: Signal
    accumulate: Signal
    twice: Signal
    close: Signal
    update: Signal
    turn: Signal
    clear: Signal
    o: Signal

    def __init__(
        self, *, layer: Layer, first: int, share: int, stages: int, synapses: Synapses
    ):
        if share < 1:
            raise ValueError(f"an updater serves at least one neuron, not {share}")
        if stages < 1:
            raise ValueError(f"an updater has at least one stage, not {stages}")
        if not 0 <= first < layer.neurons:
            raise ValueError(
                f"first is {first}; the layer's neurons are 0 to {layer.neurons - 1}"
            )
        self.layer = layer
        self.synapses = synapses
        self.numbers = [min(first + at, layer.neurons - 1) for at in range(share)]
        self.stages = stages
        fixed = layer.fixed
        width = 1 if fixed.definition.spikes else fixed.formats["v"].width
        super().__init__({
            "addends": In(data.ArrayLayout(synapses.addend, share)),
            "own": In(1),
            "accumulate": In(1),
            "twice": In(1),
            "close": In(1),
            "update": In(1),
            "turn": In(range(share + stages - 1)),
            "clear": In(1),
            "o": Out(share * width),
        })
        self.totals, self.closed = (
            {
                name: [
                    Signal(synapses.total(name), name=f"{kind}{name}_{at}") for at in range(share)
                ]
                for name in fixed.definition.inputs
            }
            for kind in ("", "closed_")
        )
        self.states = {
            name: [
                Signal(signed(form.width), name=f"state_{name}_{at}",
                       init=fixed.start(name, neuron=number))
                for at, number in enumerate(self.numbers)
            ]
            for name, form in fixed.formats.items()
        }

    def elaborate(self, platform):
        """Elaborate sums, states and updater."""
        m = Module()
        fixed = self.layer.fixed

        # Sums of the step -------------------------------------------------------------------------
        inputs = {}
        for name, input in fixed.definition.inputs.items():
            closed = self.closed[name]
            for at, total in enumerate(self.totals[name]):
                summed = self._summed(total, self.addends[at], input.source)
                with m.If(self.close):
                    m.d.sync += total.eq(0)
                with m.Elif(self.accumulate):
                    m.d.sync += total.eq(summed)
                # What is stored depends on the update alone, which comes from a register.
                with m.If(self.update | self.close):
                    following = closed[at + 1] if at + 1 < len(closed) else summed
                    m.d.sync += closed[at].eq(Mux(self.update, following, summed))
            inputs[name] = self.synapses.current(closed[0])
            biases = self.layer.biases(name)
            if any(biases):
                inputs[name] += self._turns(biases)

        # States -----------------------------------------------------------------------------------
        states = self.states
        after, spike = pipelined_step(
            m,
            fixed,
            {name: turns[0] for name, turns in states.items()},
            inputs,
            vectors={
                name: self._turns(values) for name, values in fixed.vectors.items()
            },
            stages=self.stages,
            advance=self.update,
        )
        for name, turns in states.items():
            with m.If(self.update):
                m.d.sync += [this.eq(following) for this, following in pairwise(turns)]
                m.d.sync += turns[-1].eq(after[name])
            with m.If(self.clear):
                m.d.sync += [state.eq(state.init) for state in turns]

        # Output -----------------------------------------------------------------------------------
        if spike is None:
            m.d.comb += self.o.eq(Cat(states["v"]))
        else:
            with m.If(self.update):
                m.d.sync += self.o.eq(Cat(self.o[1:], spike))
        return m

    def _summed(self, total: Signal, addend: Any, source: str) -> Value:
        """Return the sum of an input with the addend of this cycle."""
        own = source == "recurrent"
        added = self.synapses.contribution(source, addend)
        if self.layer.recurrent is not None and not self.synapses.apart:
            added = Mux(self.own == own, added, 0)
        doubles = self.layer.input_bits > 1 and not own
        return (Mux(self.twice, total << 1, total) if doubles else total) + added

    def _turns(self, constants: Sequence[int]) -> Value:
        """Return the constant of the neuron whose turn it is, of one for each of the layer."""
        own = [constants[number] for number in self.numbers]
        shape = signed(Interval.of(*own).width)
        return Array(Const(value, shape) for value in own)[self.turn]


def core(*, first: int = 0, share: int, stages: int = 1, **layer: Any) -> NeuronGroup:
    """Make a group of a made-up layer; keywords as for :func:`~.example.example_layer`."""
    made = example_layer(**layer)
    return NeuronGroup(
        layer=made, first=first, share=share, stages=stages, synapses=WeightSynapses(made)
    )
