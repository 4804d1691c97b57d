"""Integrate-and-fire on bitstreams: counts of bits in, a unipolar bitstream of spikes out."""

from collections.abc import Mapping, Sequence
from typing import Literal

from amaranth import Cat, Const, Module, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...definition import gateware, integers
from ...definition.definition import Value
from ...definition.fixed_point import Arithmetic, FixedNeuron
from ...fixed import Format
from .driven import compiled

__all__ = ["PRESETS", "IntegrateAndFire", "core", "step"]

#: Parameter sets by name.
PRESETS = {
    "c4": {"count_width": 4, "format": Format(6, 0), "threshold": 4.0},
    "lif_c6_l3": {
        "count_width": 6, "lanes": 3, "neuron": "lif", "format": Format(8, 4),
        "decay": 0.9375, "threshold": (12.0, 16.0, 24.0),
    },
}


def step(
    fixed: FixedNeuron, states: Sequence[Mapping[str, int]], counts: Sequence[int]
) -> tuple[list[dict[str, int]], int]:
    """Step the neuron of every lane; return the next states, and the spikes, lane 0 in bit 0."""
    after, spikes = [], 0
    (name,) = fixed.definition.inputs
    for lane, (state, count) in enumerate(zip(states, counts, strict=True)):
        current = {name: count << fixed.format.fraction}
        state, spike = integers.step(fixed, state, current, neuron=lane)
        after.append(state)
        spikes |= spike << lane
    return after, spikes


class IntegrateAndFire(wiring.Component):
    """A neuron that bitstreams drive, stepped by each bit of them; its spikes are a bitstream.

    In each cycle arrives a count, that of positive minus that of negative product bits, as a
    parallel counter gives it, and is the neuron's current: a count of 1 is a level of 1. The
    neuron is one of the project's definitions, here on integers; nothing of it is written anew.
    With :func:`~spikewright_hw.neuron.if_neuron.if_neuron`, nothing is lost in a reset, so

    .. code-block:: none

        sum of counts = threshold * spikes + membrane        as long as nothing saturates

    and the spikes are a unipolar bitstream of the rate ``clip(mean count / threshold, 0, 1)``: a
    ReLU that clips at 1 (B. Rueckauer et al., Front. Neurosci. 11:682, 2017). Over ``n`` counts it
    is off by ``abs(membrane) / (threshold * n)``. For a constant count the number of spikes is the
    exact one, rounded down.

    The latency is one clock cycle, and the throughput is one step per clock cycle for as long as
    ``o.ready`` is high. A stalled stream changes no state.

    Parameters
    ----------
    count_width : int, 2 to ``format.integer``
        Bits of a count, the sign among them.
    lanes : int, at least 1
        Neurons side by side.
    neuron : str
        Name of a definition with one input, which spikes.
    format : Format
        Of the membrane; a count of 1 is a level of 1.
    rounding, saturation, digits
        As in :class:`~spikewright_hw.definition.fixed_point.Arithmetic`.
    **parameters : float or sequence of float
        The neuron's, those not given by default; a sequence has one for each lane.

    Members
    -------
    i : In(stream.Signature(ArrayLayout(signed(count_width), lanes)))
        Counts.
    o : Out(stream.Signature(lanes))
        Spikes, bit ``k`` that of lane ``k``.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(
        self,
        *,
        count_width: int,
        format: Format,
        lanes: int = 1,
        neuron: str = "if_neuron",
        rounding: Literal["half_up", "floor"] = "half_up",
        saturation: Literal["full", "symmetric", "positive"] = "full",
        digits: int = 4,
        **parameters: Value,
    ):
        if lanes < 1:
            raise ValueError(f"an integrate-and-fire core has at least one lane, not {lanes}")
        if not 2 <= count_width <= format.integer:
            raise ValueError(
                f"a count of a {format} membrane has 2 to {format.integer} bits, not {count_width}"
            )
        arithmetic = Arithmetic(
            format=format, rounding=rounding, saturation=saturation, digits=digits
        )
        self.fixed = compiled(neuron, arithmetic, parameters, readout=False)
        for name, value in parameters.items():
            if isinstance(value, Sequence) and len(value) != lanes:
                raise ValueError(f"{name} has {len(value)} values; there are {lanes} lanes")
        self.count_width = count_width
        self.lanes = lanes
        #: The states of each lane, by name.
        self.states = [
            {
                name: Signal(signed(form.width), init=start[name], name=f"{name}_{lane}")
                for name, form in self.fixed.formats.items()
            }
            for lane in range(lanes)
            for start in (integers.start(self.fixed, neuron=lane),)
        ]
        super().__init__(
            {
                "i": In(stream.Signature(data.ArrayLayout(signed(count_width), lanes))),
                "o": Out(stream.Signature(lanes)),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the updates and the state registers."""
        m = Module()
        fixed = self.fixed
        (name,) = fixed.definition.inputs
        m.d.comb += self.i.ready.eq(self.o.ready | ~self.o.valid)
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
        for lane, states in enumerate(self.states):
            count = self.i.payload[lane]
            current = Cat(Const(0, fixed.format.fraction), count).as_signed()
            vectors = {word: values[lane] for word, values in fixed.vectors.items()}
            after, spike = gateware.step(fixed, states, {name: current}, vectors=vectors, m=m)
            with m.If(self.i.ready & self.i.valid):
                m.d.sync += [states[word].eq(value) for word, value in after.items()]
                m.d.sync += self.o.payload[lane].eq(spike)
        return m


core = IntegrateAndFire
