"""What is proved of the stream layer."""


from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assert, Cover

from faults import Planted, Through
from layers import clamp, mutant, tiny_layer
from neuron import exact_of
from properties import Observed
from spikewright_hw.definition import integers
from spikewright_hw.engine.stream_counts import row_planes, weight_count
from spikewright_hw.engine.stream_layer import PRESETS, StreamLayer, core
from spikewright_hw.engine.streams import Streams, current_exponent
from spikewright_hw.layer import Layer
from stream_passes import ALL_PASSES, CYCLES, TOLD, Short, Steps, StreamLayerContractSpec
from updates import CLOSED, GAP

#: Width of more than any count of the tiny layers.
WIDE = 16


class StreamLayerDataSpec(Elaboratable):
    """Each output is the definition's, for any bitmaps, whatever makes the numbers.

    What a weight counts in a step is a constant that follows from the spike alone: beside the core
    there are neither numbers nor streams, but a sum of such constants, and the neuron's step over
    integers wide enough for all that happens. A planted fault is a core of another layer,
    :func:`~layers.mutant`, or ``cut``, a value in between that loses a bit.
    """

    def __init__(self, dut: StreamLayer, *, layer: Layer | None = None, fault: str = ""):
        self.dut = dut
        self.layer = layer or dut.layer
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        dut, layer = self.dut, self.layer
        fixed = layer.fixed
        steps = Steps(m, dut)
        i, o = steps.i, steps.o
        expected = []
        for neuron in range(layer.neurons):
            inputs = {
                name: self._current(i, input.source, neuron)
                for name, input in fixed.definition.inputs.items()
            }
            start = integers.start(fixed, neuron=neuron)
            states = {
                name: Signal(signed(form.width), name=f"{name}_{neuron}", init=start[name])
                for name, form in fixed.formats.items()
            }
            # A bitmap may come while the states of the empty layer are cleared.
            cleared = {name: Mux(dut.clear, start[name], state) for name, state in states.items()}
            constants = {
                name: Const(values[neuron], signed(32)) for name, values in fixed.vectors.items()
            }
            step = exact_of(m, fixed, {**cleared, **inputs, **constants})
            step.check(m, cut=Const(self.fault == "cut"))
            exact = step.after
            after = {name: clamp(exact[name], *fixed.bounds[name]) for name in states}
            with m.If(i.transfers):
                m.d.sync += [states[name].eq(after[name]) for name in states]
            with m.Elif(dut.clear):
                m.d.sync += [state.eq(state.init) for state in states.values()]
            if fixed.definition.spikes:
                expected.append(exact["spike"].bool())
            else:
                expected.append(after["v"].as_signed()[: fixed.formats["v"].width])

        owed = Signal(o.payload.shape())
        with m.If(i.transfers):
            m.d.sync += owed.eq(Cat(expected))
        with m.If(o.valid):
            m.d.comb += [
                Assert(steps.inside, "no output without a step"),
                Assert(o.payload == owed, "an output is the definition's"),
            ]
        m.d.comb += Cover(o.transfers & o.payload.any(), "an output is not zero")
        return m

    def _current(self, i: Observed, source: str, neuron: int) -> Value:
        """Return a stored current when a bitmap comes, else 0: what all its rows count, rounded."""
        layer, streams = self.layer, self.dut.streams
        count: Value = Const(0, signed(WIDE))
        for at, weights in enumerate(layer.rows):
            own = at >= layer.inputs
            if own != (source == "recurrent"):
                continue
            silent, spiking = (
                self._count(source, at - layer.inputs * own, spike, weights[neuron])
                for spike in (0, 1)
            )
            count = (count + Mux(i.payload[at], spiking, silent))[:WIDE].as_signed()
        exponent = current_exponent(streams, layer)
        current = count << exponent if exponent >= 0 else count + (1 << -exponent - 1) >> -exponent
        return Mux(i.transfers, current, 0)

    def _count(self, source: str, row: int, spike: int, weight: int) -> int:
        layer, streams = self.layer, self.dut.streams
        cycles = row_planes(streams, layer.weight_bits, row, spike)
        up, down = weight_count(streams, layer.weight_bits, cycles, weight)
        return {"excitatory": up, "inhibitory": down}.get(source, up - down)


def tiny(
    kind: str, streams: Streams, *, lanes: int, share: int, stages: int = 1, fault: str = ""
) -> StreamLayerDataSpec:
    """Return what is proved of a stream layer of :func:`~layers.tiny_layer`."""
    layer = tiny_layer(kind)
    dut = StreamLayer(
        layer=mutant(layer, fault), streams=streams, lanes=lanes, share=share, stages=stages
    )
    return StreamLayerDataSpec(dut, layer=layer, fault=fault)


def contract(kind: str, streams: Streams, *, lanes: int, share: int, stages: int = 1):
    """Return what is proved of its cycles."""
    return StreamLayerContractSpec(
        StreamLayer(
            layer=tiny_layer(kind), streams=streams, lanes=lanes, share=share, stages=stages
        )
    )


def planted() -> Planted:
    """Plant a core with excitation and inhibition swapped, and a value that loses a bit."""
    owed, wraps = "an output is the definition's", "no value in between wraps"
    return Planted.each(
        lambda fault: tiny("apart", Short(), lanes=2, share=2, fault=fault),
        {"sources": (owed,), "cut": (wraps,)},
    )


def specs() -> dict[str, Elaboratable]:
    short, unipolar = Short(), Short(encoding="unipolar")
    bipolar = Short(encoding="bipolar")
    return {
        "stream_layer_passes": contract("lif", short, lanes=1, share=2),
        "stream_layer_passes_recurrent": contract(
            "recurrent_lif", unipolar, lanes=2, share=1, stages=2
        ),
        "stream_layer_passes_bipolar": contract("nir_li", bipolar, lanes=1, share=1),
        "stream_layer_preset": StreamLayerContractSpec(core(**PRESETS["i12_n9_l16"])),
        "stream_layer_lif": tiny("lif", short, lanes=2, share=2),
        "stream_layer_li": tiny("nir_li", bipolar, lanes=2, share=1),
        "stream_layer_apart": tiny("apart", short, lanes=2, share=2),
        "stream_layer_recurrent": tiny("recurrent_lif", unipolar, lanes=2, share=1, stages=2),
        "stream_layer_fault": Through(
            contract("lif", Short(length=4), lanes=2, share=2),
            {
                "pass": ("a pass goes over each block once, one a cycle",),
                "missed": (ALL_PASSES,),
                "told": (TOLD,),
                "early": (ALL_PASSES, TOLD, CYCLES, "no output without a step"),
                "late": ("the output is not kept back",),
                "gap": (GAP,),
                "open": (CLOSED,),
                "greedy": ("a step is taken when no other is inside",),
                "withdrawn": ("step: an offer is not withdrawn while it stalls",),
                "unsteady": ("step: a payload is held while it stalls",),
            },
        ),
        "stream_layer_fault_data": planted(),
    }
