"""Neuron array: many neurons share one updater, their states in block RAM."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal

from amaranth import Cat, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.hdl import ValueLike
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from ..definition import integers
from ..definition.fixed_point import Arithmetic, FixedNeuron
from ..definition.interval import Interval
from ..definition.pipeline import depth, pipelined_step
from ..fixed import Format
from ..neuron import DEFINITIONS
from ..neuron.component import step_fields

__all__ = ["PRESETS", "ArrayReference", "NeuronArray", "core"]

PRESETS = {
    "lif_n16_q8_8": {"neuron": "lif", "neurons": 16, "format": Format(8, 8)},
    "alif_n5_q6_4": {
        "neuron": "alif", "neurons": 5, "format": Format(6, 4), "rounding": "half_up", "stages": 2,
    },
    "adex_n32_q8_6": {"neuron": "adex", "neurons": 32, "format": Format(8, 6)},
    "lapicque_n4_q8_8": {
        "neuron": "lapicque", "neurons": 4, "format": Format(8, 8),
        "capacitance": (4.0, 6.0, 8.0, 16.0),
    },
}


class ArrayReference:
    """The array in plain integers: the definition of correct."""

    def __init__(self, fixed: FixedNeuron, *, neurons: int):
        self._fixed = fixed
        self._states = [integers.start(fixed, neuron=number) for number in range(neurons)]
        self._turn = 0

    def step(self, payload: Mapping[str, int]) -> dict[str, int]:
        """Take what one transfer of ``i`` holds; return what ``o`` owes for it."""
        fixed, turn = self._fixed, self._turn
        inputs = {name: payload[name] for name in fixed.definition.inputs}
        states = self._states[turn]
        if payload["start"]:
            states = integers.start(fixed, neuron=turn)
        self._states[turn], spike = integers.step(fixed, states, inputs, neuron=turn)
        self._turn = (turn + 1) % len(self._states)
        spiked = {"spike": int(spike)} if fixed.definition.spikes else {}
        return {"neuron": turn} | spiked | self._states[turn]


class NeuronArray(wiring.Component):
    """Neurons of one kind that take turns in one pipelined updater.

    Steps come in the order of the neurons: that of neuron 0, of neuron 1 and so on to the last, and
    then that of neuron 0 again. Throughput is one neuron's step per clock cycle; latency is
    ``stages + 1`` cycles. A stalled stream changes no state.

    Parameters that differ between the neurons are kept in a read-only memory beside the states.

    Parameters
    ----------
    fixed : FixedNeuron
    neurons : int
        How many; more than ``stages``, so that a neuron's step is done before its next one.
    stages : int, optional
        Stages of the updater. By default one for each adder on the longest path, or as many as the
        number of neurons allows.

    Members
    -------
    i : In(stream.Signature(StructLayout))
        ``start``: the neuron starts anew with this step; then each input by name, signed, in
        ``fixed.format``. The first step of each neuron after reset starts anew in any case.
    o : Out(stream.Signature(StructLayout))
        ``neuron``, its number; ``spike`` where it spikes; the states after the step.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, fixed: FixedNeuron, *, neurons: int, stages: int | None = None):
        if neurons < 2:
            raise ValueError(f"an array has at least two neurons, not {neurons}")
        for name, values in fixed.vectors.items():
            if len(values) != neurons:
                raise ValueError(
                    f"{fixed.definition.name} has parameters of {len(values)} neurons ({name}), "
                    f"and the array has {neurons}"
                )
        if stages is None:
            stages = min(depth(fixed), neurons - 1)
        if not 1 <= stages < neurons:
            raise ValueError(
                f"an array of {neurons} neurons has 1 to {neurons - 1} stages, not {stages}; "
                "a neuron's step must be done before its next one"
            )
        self.fixed = fixed
        self.neurons = neurons
        self.stages = stages
        shape = signed(fixed.format.width)
        super().__init__({
            "i": In(stream.Signature(data.StructLayout(
                {"start": 1} | dict.fromkeys(fixed.definition.inputs, shape)
            ))),
            "o": Out(stream.Signature(data.StructLayout(
                {"neuron": range(neurons)} | step_fields(fixed)
            ))),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the order of turns, the memories, the updater and the output."""
        m = Module()
        advance = Signal()
        m.d.comb += [advance.eq(~self.o.valid | self.o.ready), self.i.ready.eq(advance)]
        turn, fresh = self._turns(m, advance)

        widths = {name: form.width for name, form in self.fixed.formats.items()}
        m.submodules.states = states = memory.Memory(
            shape=unsigned(sum(widths.values())), depth=self.neurons, init=[]
        )
        read, write = states.read_port(), states.write_port()
        m.d.comb += [read.addr.eq(turn), read.en.eq(advance)]
        vectors, start = self._constants(m, widths, turn, advance)

        # What comes with the memories' answer, and what goes along the pipeline with it.
        payload: Any = Signal(self.i.payload.shape())
        anew = Signal()
        neuron = [Signal(range(self.neurons), name=f"neuron_{n}") for n in range(self.stages)]
        valid = [Signal(name=f"valid_{n}") for n in range(self.stages)]
        with m.If(advance):
            m.d.sync += [
                payload.eq(self.i.payload),
                anew.eq(self.i.payload.start | fresh),
                Cat(valid).eq(Cat(self.i.valid, valid[:-1])),
                Cat(neuron).eq(Cat(turn, neuron[:-1])),
            ]
        word = Signal(read.data.shape())
        m.d.comb += word.eq(Mux(anew, start, read.data))
        after, spike = pipelined_step(
            m,
            self.fixed,
            _unpack(word, widths),
            {name: payload[name] for name in self.fixed.definition.inputs},
            vectors=vectors,
            stages=self.stages,
            advance=advance,
        )
        m.d.comb += [
            write.addr.eq(neuron[-1]),
            write.data.eq(Cat(after[name][: widths[name]] for name in widths)),
            write.en.eq(valid[-1] & advance),
        ]
        with m.If(advance):
            m.d.sync += [self.o.valid.eq(valid[-1]), self.o.payload.neuron.eq(neuron[-1])]
            m.d.sync += [self.o.payload[name].eq(value) for name, value in after.items()]
            if spike is not None:
                m.d.sync += self.o.payload.spike.eq(spike)
        return m

    def _turns(self, m: Module, advance: Signal) -> tuple[Signal, Signal]:
        """Build the count of turns; return it, and whether it is the first round since reset."""
        last = self.neurons - 1
        turn = Signal(range(self.neurons))
        fresh = Signal(init=1)
        taken = Signal()
        m.d.comb += taken.eq(self.i.valid & advance)
        with m.If(taken):
            m.d.sync += turn.eq(Mux(turn == last, 0, turn + 1))
            with m.If(turn == last):
                m.d.sync += fresh.eq(0)
        return turn, fresh

    def _constants(
        self, m: Module, widths: Mapping[str, int], turn: Signal, advance: Signal
    ) -> tuple[dict[str, Value], ValueLike]:
        """Build what does not change: the parameters that differ by name, and the start of states.

        What differs between neurons is read from a memory and comes with the answer of the state
        memory.
        """
        def of_each(name: str, values: Sequence[int], shape: Shape) -> Value:
            m.submodules[name] = table = memory.Memory(
                shape=shape, depth=self.neurons, init=values
            )
            port = table.read_port()
            m.d.comb += [port.addr.eq(turn), port.en.eq(advance)]
            return port.data

        vectors = {
            name: of_each(name, values, signed(Interval.of(*values).width))
            for name, values in self.fixed.vectors.items()
        }
        starts = [_pack(integers.start(self.fixed, neuron=n), widths) for n in range(self.neurons)]
        if len(set(starts)) == 1:
            return vectors, starts[0]
        return vectors, of_each("starts", starts, unsigned(sum(widths.values())))


def _pack(values: Mapping[str, int], widths: Mapping[str, int]) -> int:
    word = offset = 0
    for name, width in widths.items():
        word |= (values[name] & ((1 << width) - 1)) << offset
        offset += width
    return word


def _unpack(word: Value, widths: Mapping[str, int]) -> dict[str, Value]:
    values, offset = {}, 0
    for name, width in widths.items():
        values[name] = word[offset : offset + width].as_signed()
        offset += width
    return values


def core(
    *,
    neuron: str,
    neurons: int,
    format: Format,
    stages: int | None = None,
    rounding: Literal["half_up", "floor"] = "half_up",
    saturation: Literal["full", "symmetric", "positive"] = "full",
    **parameters: Any,
) -> NeuronArray:
    """Make an array of neurons that are given by name.

    Parameters
    ----------
    neuron : str
        Name of a definition.
    neurons : int, at least 2
        How many.
    format : Format
        Of the membrane, of the inputs and of levels.
    stages : int, 1 to ``neurons - 1``, optional
        Stages of the updater. By default one for each adder, table and multiplier on the longest
        path, or as many as the number of neurons allows.
    rounding, saturation
        As in :class:`~spikewright_hw.definition.fixed_point.Arithmetic`.
    **parameters : float or sequence of float
        The neuron's, those not given by default; a sequence has one for each neuron.
    """
    if neuron not in DEFINITIONS:
        near = get_close_matches(neuron, DEFINITIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(DEFINITIONS)}"
        raise ValueError(f"there is no neuron {neuron!r}; {hint}")
    arithmetic = Arithmetic(format=format, rounding=rounding, saturation=saturation)
    fixed = FixedNeuron.of(DEFINITIONS[neuron], arithmetic, parameters)
    return NeuronArray(fixed, neurons=neurons, stages=stages)
