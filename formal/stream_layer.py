"""What is proved of the stream layer."""

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Assert, Assume, Cover

from faults import Planted
from neuron import exact_step
from properties import Observed, anything, drive, held, observe, stall
from row_layer import TINY, clamp
from spikewright_hw.definition import integers
from spikewright_hw.engine.stream_counts import row_planes, weight_count
from spikewright_hw.engine.stream_lane import blocks
from spikewright_hw.engine.stream_layer import PRESETS, StreamLayer, core
from spikewright_hw.engine.streams import Encoding, Streams, current_exponent
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer

#: Width of more than any count of the tiny layers.
WIDE = 16


class Short(Streams):
    """Streams that are shorter than an engine takes: a proof needs no longer ones."""

    def __init__(self, *, length: int = 4, encoding: Encoding = "sign_magnitude"):
        for name, value in (("length", length), ("source", "counter"), ("encoding", encoding)):
            object.__setattr__(self, name, value)


class _Steps:
    """The core in its environment: a step from its bitmap to its output.

    Assumes of ``clear`` that the layer is empty when it is high, as the core's docstring says.
    """

    def __init__(self, m: Module, dut: StreamLayer):
        m.submodules.dut = dut
        self.i = drive(m, dut.i)
        stall(m, dut.o)
        self.o = observe(dut.o)
        self.inside = Signal()
        with m.If(self.i.transfers):
            m.d.sync += self.inside.eq(1)
        with m.Elif(self.o.transfers):
            m.d.sync += self.inside.eq(0)
        m.d.comb += dut.clear.eq(anything(1))
        with m.If(self.inside):
            m.d.comb += Assume(~dut.clear, "clear only while the layer is empty")


class StreamLayerContractSpec(Elaboratable):
    """A step makes exactly as many passes as a stream has bits, and takes the cycles promised.

    Bitmaps are any at all, and so are weights and states as far as this is concerned. The planted
    fault is a last pass that a step with all spikes misses.
    """

    def __init__(self, dut: StreamLayer, *, fault: bool = False):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        dut = self.dut
        steps = _Steps(m, dut)
        i, o = steps.i, steps.o
        held(m, o, name="step")
        m.d.comb += Assert(dut.i.ready == ~steps.inside, "a step is taken when no other is inside")
        with m.If(o.valid):
            m.d.comb += Assert(steps.inside, "no output without a step")

        # Model: what the bitmap asks for.
        length = dut.streams.length
        rows = blocks(dut.layer, lanes=dut.lanes)
        bits = [Cat(i.payload[row] for row in block) for block in rows]
        spiking: Value = Const(len(rows))
        if dut.streams.encoding != "bipolar":
            spiking = sum((part.any() for part in bits), start=Const(0))
        busy = Signal(range(len(rows) + 1))
        spikes = [Signal(range(len(dut.layer.rows) + 1), name=f"spikes_{at}") for at in range(2)]
        ends = dut.layer.inputs, len(dut.layer.rows)
        with m.If(i.transfers):
            m.d.sync += busy.eq(Mux(spiking == 0, 1, spiking))
            for count, (begin, end) in zip(spikes, ((0, ends[0]), ends), strict=True):
                m.d.sync += count.eq(sum((i.payload[at] for at in range(begin, end)), Const(0)))

        # Ghosts: cycles since the bitmap came, where in its pass the step is, and passes.
        around = dut.share + dut.stages + 7
        passed = Signal(range(length * len(rows) + around + 2))
        at, passes = Signal(range(len(rows))), Signal(range(length + 1))
        begun = passed >= 4  # the first block is at the lanes
        with m.If(i.transfers):
            m.d.sync += [passed.eq(1), at.eq(0), passes.eq(0)]
        with m.Elif(steps.inside & ~o.valid):
            m.d.sync += passed.eq(passed + 1)
            with m.If(begun & (passes != length)):
                m.d.sync += at.eq(at + 1)
                with m.If(at == busy - 1):
                    m.d.sync += [at.eq(0), passes.eq(passes + 1)]
        seen = dut.passes
        if self.fault:
            seen = Mux((busy == len(rows)) & (passes == length), length - 1, seen)

        told = [Signal.like(count, name=f"told_{at}") for at, count in enumerate(spikes)]
        for count, port in zip(told, (dut.arriving, dut.returning), strict=True):
            with m.If(i.transfers):
                m.d.sync += count.eq(0)
            with m.Else():
                m.d.sync += count.eq(count + port)

        # Properties.
        with m.If(steps.inside):
            m.d.comb += Assert(seen == passes, "a pass goes over each block once, one a cycle")
        with m.If(o.valid):
            m.d.comb += [
                Assert(seen == length, "a step makes as many passes as a stream has bits"),
                Assert(passed == _times(busy, length, len(rows)) + around,
                       "a step takes exactly the cycles promised"),
                Assert((told[0] == spikes[0]) & (told[1] == spikes[1]),
                       "each spike is told once, whatever the length"),
            ]
        with m.Elif(steps.inside):
            m.d.comb += Assert(
                passed < _times(busy, length, len(rows)) + around, "the output is not kept back"
            )

        # Witnesses.
        m.d.comb += [
            Cover(o.transfers & (busy == len(rows)), "a step goes over all blocks"),
            Cover(o.transfers & (told[0] == 0), "a step without a spike gives an output, too"),
        ]
        return m


class StreamLayerDataSpec(Elaboratable):
    """Each output is the definition's, for any bitmaps, whatever makes the numbers.

    What a weight counts in a step is a constant that follows from the spike alone: beside the core
    there are neither numbers nor streams, but a sum of such constants, and the neuron's step over
    integers wide enough for all that happens. The planted fault swaps two neurons.
    """

    def __init__(self, dut: StreamLayer, *, fault: bool = False):
        self.dut = dut
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        dut, layer = self.dut, self.dut.layer
        fixed = layer.fixed
        steps = _Steps(m, dut)
        i, o = steps.i, steps.o
        if self.fault:
            width = len(o.payload) // layer.neurons
            first, second = o.payload[:width], o.payload[width : 2 * width]
            o.payload = Cat(second, first, o.payload[2 * width :])

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
            exact = exact_step(m, fixed, {**cleared, **inputs, **constants})
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
        """Give a stored current when a bitmap comes, else 0: what all its rows count, rounded."""
        layer, streams = self.dut.layer, self.dut.streams
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
        layer, streams = self.dut.layer, self.dut.streams
        cycles = row_planes(streams, layer.weight_bits, row, spike)
        up, down = weight_count(streams, layer.weight_bits, cycles, weight)
        return {"excitatory": up, "inhibitory": down}.get(source, up - down)


def _times(value: Value, constant: int, greatest: int) -> Value:
    """Give a product with a constant, without a multiplier."""
    result: Value = Const(constant)
    for at in range(2, greatest + 1):
        result = Mux(value == at, at * constant, result)
    return result


def tiny(neuron: str, streams: Streams, *, lanes: int, share: int, stages: int = 1) -> StreamLayer:
    """Make a layer of two inputs and two neurons, as the row layer's."""
    layer = Layer(
        weights=((2, -3), (1, 2)),
        weight_bits=3,
        neuron=neuron,
        parameters=TINY[neuron],
        membrane=Format(2, 1),
        exponent=1,
        recurrent=((0, 1), (1, 0)) if neuron == "recurrent_lif" else None,
    )
    return StreamLayer(layer=layer, streams=streams, lanes=lanes, share=share, stages=stages)


def planted() -> StreamLayer:
    """Make a layer to plant a fault in."""
    return tiny("lif", Short(), lanes=2, share=2)


def specs() -> dict[str, Elaboratable]:
    short, unipolar = Short(), Short(encoding="unipolar")
    bipolar = Short(encoding="bipolar")
    lif = tiny("lif", short, lanes=2, share=2)
    recurrent = tiny("recurrent_lif", unipolar, lanes=2, share=1, stages=2)
    return {
        "stream_layer_passes": StreamLayerContractSpec(tiny("lif", short, lanes=1, share=2)),
        "stream_layer_passes_recurrent": StreamLayerContractSpec(recurrent),
        "stream_layer_passes_bipolar": StreamLayerContractSpec(
            tiny("nir_li", bipolar, lanes=1, share=1)
        ),
        "stream_layer_preset": StreamLayerContractSpec(core(**PRESETS["i12_n9_l16"])),
        "stream_layer_lif": StreamLayerDataSpec(lif),
        "stream_layer_li": StreamLayerDataSpec(tiny("nir_li", bipolar, lanes=2, share=1)),
        "stream_layer_recurrent": StreamLayerDataSpec(recurrent),
        "stream_layer_fault": Planted({
            "passes": (
                StreamLayerContractSpec(planted(), fault=True),
                (
                    "a pass goes over each block once, one a cycle",
                    "a step makes as many passes as a stream has bits",
                ),
            ),
        }),
        "stream_layer_fault_data": Planted({
            "swapped": (
                StreamLayerDataSpec(planted(), fault=True),
                ("an output is the definition's",),
            ),
        }),
    }
