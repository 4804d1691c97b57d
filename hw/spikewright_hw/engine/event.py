"""The event engine: a whole network, driven by spikes."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out, connect

from ..fixed import Format
from ..network import Network
from .argmax import Argmax, argmax_latency
from .example import example_network
from .feedback import Feedback
from .record import result_layout, trace_bytes
from .row_layer import RowLayer, update_stages
from .scan import Scan
from .trace import TraceMemory

__all__ = ["PRESETS", "EventEngine", "core", "scan_group", "worst_cycles"]

PRESETS = {
    "n12_9_5": {"sizes": (12, 9, 5), "steps": 4, "weight_bits": 4, "membrane": Format(6, 2)},
    "n20_17_6_3": {
        "sizes": (20, 17, 6, 3), "steps": 3, "weight_bits": 3, "membrane": Format(4, 3), "share": 2,
    },
    "n9_7_8_4_mixed": {
        "sizes": (9, 7, 8, 4), "steps": 5, "weight_bits": 4, "membrane": Format(4, 5),
        "neurons": ("recurrent_lif", "cuba_lif", "nir_cuba_li"), "exponent": 2,
    },
}


def scan_group(width: int) -> int:
    """Give the group size, a power of two near the square root, for a scan of ``width`` bits."""
    return max(2, 1 << round((width - 1).bit_length() / 2))


def worst_cycles(network: Network, *, share: int = 4) -> int:
    """Give a number of cycles that no inference exceeds, counted as the result's ``cycles`` are.

    A host that has waited this long need not wait on. When every input and every neuron spikes in
    every step, an inference comes close to it: a step passes through all layers, and the others
    follow at the pace of the slowest. A layer behind another may lose a cycle in a step, if its
    first event comes while it updates its neurons. A recurrent layer hears nothing of itself in the
    first step, and begins another one when it is through with the one before.
    """
    layers, steps = network.layers, network.steps
    busy = [
        (layer.inputs if steps == 1 else len(layer.rows)) + share + update_stages(layer) - 1
        for layer in layers
    ]
    lost = [4 if layer.recurrent else int(layer is not layers[0]) for layer in layers]
    passing = sum(cycles + 3 for cycles in busy)
    pace = max(map(sum, zip(busy, lost, strict=True)))
    return 1 + passing + (steps - 1) * pace + argmax_latency(network.outputs) + 1


class EventEngine(wiring.Component):
    """A network as a chain of scans and row layers, with counters and a trace.

    ``scan -> layer -> scan -> layer ...``: each link is a stream, so a layer works on one step
    while the one before it works on the next. An inference takes about as many cycles as the
    busiest layer has events, and a few for the depth of the pipeline.

    Parameters
    ----------
    network : Network
        What to build.
    share : int
        Neurons per updater in every layer; see :class:`~.row_layer.RowLayer`.

    Members
    -------
    i : In(stream.Signature(unsigned(network.inputs)))
        Spikes of one step. ``network.steps`` transfers make and start one inference; then not ready
        until its result is taken.
    o : Out(stream.Signature(result_layout(network)))
        One transfer per inference.
    trace_address : In(range(trace_bytes(network)))
        Byte of the last inference's trace to read.
    trace_data : Out(8)
        That byte, one cycle later; until the next inference starts.
    """

    i: stream.Interface
    o: stream.Interface
    trace_address: Signal
    trace_data: Signal

    def __init__(self, *, network: Network, share: int = 4):
        if share < 1:
            raise ValueError(f"an updater serves at least one neuron, not {share}")
        self.network = network
        self.share = share
        super().__init__({
            "i": In(stream.Signature(unsigned(network.inputs))),
            "o": Out(stream.Signature(result_layout(network))),
            "trace_address": In(range(trace_bytes(network))),
            "trace_data": Out(8),
        })

    def elaborate(self, platform):
        """Elaborate the input memory, the chain of layers, the counters and the trace."""
        m = Module()
        network = self.network
        last_step = network.steps - 1
        clear = Signal()  # between inferences

        layers = [RowLayer(layer=layer, share=self.share) for layer in network.layers]
        ways_in = []  # to each layer: where the spikes of a step go
        for number, layer in enumerate(layers):
            width = len(layer.layer.rows)
            scan = Scan(width=width, group=scan_group(width))
            m.submodules[f"scan_{number}"] = scan
            m.submodules[f"layer_{number}"] = layer
            connect(m, scan.o, layer.i)
            m.d.comb += layer.clear.eq(clear)
            if layer.layer.recurrent is None:
                ways_in.append(scan.i)
                continue
            feedback = Feedback(inputs=layer.layer.inputs, neurons=layer.layer.neurons)
            m.submodules[f"feedback_{number}"] = feedback
            connect(m, feedback.o, scan.i)
            m.d.comb += [
                feedback.i_spikes.valid.eq(layer.o.valid & layer.o.ready),
                feedback.i_spikes.payload.eq(layer.o.payload.spikes),
                feedback.clear.eq(clear),
            ]
            ways_in.append(feedback.i)
        first, readout = ways_in[0], layers[-1]

        # Input ------------------------------------------------------------------------------------
        m.submodules.inputs = inputs = memory.Memory(
            shape=unsigned(network.inputs), depth=network.steps, init=[]
        )
        write = inputs.write_port()
        read = inputs.read_port()
        written = Signal(range(network.steps))
        to_read = Signal(range(network.steps + 1))
        fetched = Signal()
        finished = Signal()
        running = Signal()

        with m.FSM() as fsm:
            m.d.comb += running.eq(fsm.ongoing("RUN"))
            with m.State("LOAD"):
                m.d.comb += [self.i.ready.eq(1), clear.eq(1)]
                m.d.sync += to_read.eq(0)
                with m.If(self.i.valid):
                    m.d.sync += written.eq(Mux(written == last_step, 0, written + 1))
                    with m.If(written == last_step):
                        m.next = "RUN"
            with m.State("RUN"):
                with m.If(finished):
                    m.next = "RESULT"
            with m.State("RESULT"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "LOAD"

        m.d.comb += [
            write.addr.eq(written),
            write.data.eq(self.i.payload),
            write.en.eq(self.i.valid & self.i.ready),
            read.addr.eq(to_read),
            read.en.eq(running & (to_read <= last_step) & (~fetched | first.ready)),
            first.valid.eq(fetched),
            first.payload.eq(read.data),
        ]
        with m.If(read.en):
            m.d.sync += [to_read.eq(to_read + 1), fetched.eq(1)]
        with m.Elif(first.ready):
            m.d.sync += fetched.eq(0)

        # Hidden layers: spikes go on to the next layer --------------------------------------------
        for layer, way_in in zip(layers[:-1], ways_in[1:], strict=True):
            m.d.comb += [
                way_in.valid.eq(layer.o.valid),
                way_in.payload.eq(layer.o.payload.spikes),
                layer.o.ready.eq(way_in.ready),
            ]

        # Readout ----------------------------------------------------------------------------------
        m.d.comb += readout.o.ready.eq(1)
        given = Signal(range(network.steps))
        with m.If(readout.o.valid):
            m.d.sync += given.eq(Mux(given == last_step, 0, given + 1))
        m.submodules.argmax = argmax = Argmax(
            width=network.layers[-1].fixed.formats["v"].width, count=network.outputs
        )
        m.d.comb += [
            argmax.i_values.eq(readout.o.payload.membranes),
            argmax.i_valid.eq(readout.o.valid & (given == last_step)),
            finished.eq(argmax.o_valid),
        ]

        # Counters ---------------------------------------------------------------------------------
        result = self.o.payload
        cycles = Signal(32)
        synops = Signal(32)
        events = [Signal(32, name=f"events_{number}") for number in range(len(layers))]
        arriving = [layer.i.valid & layer.i.ready & layer.i.payload.spike for layer in layers]
        # From the layer before: what a recurrent layer hears of itself is counted there already.
        from_before = [
            arrives if layer.layer.recurrent is None
            else arrives & (layer.i.payload.row < layer.layer.inputs)
            for arrives, layer in zip(arriving, layers, strict=True)
        ]
        with m.If(running):
            m.d.sync += [
                cycles.eq(cycles + 1),
                synops.eq(synops + sum(
                    Mux(arrives, layer.neurons, 0)
                    for arrives, layer in zip(arriving, network.layers, strict=True)
                )),
            ]
            m.d.sync += [
                count.eq(count + arrives)
                for count, arrives in zip(events, from_before, strict=True)
            ]
        with m.Elif(self.i.ready):
            m.d.sync += [count.eq(0) for count in (cycles, synops, *events)]
        prediction = Signal.like(argmax.o_index)
        with m.If(finished):
            m.d.sync += prediction.eq(argmax.o_index)
        m.d.comb += [
            result.prediction.eq(prediction),
            result.cycles.eq(cycles),
            result.synops.eq(synops),
            result.input_events.eq(events[0]),
            Cat(result.spikes).eq(Cat(*events[1:])),
        ]
        m.d.comb += [
            result.outputs[number].eq(readout.o.payload.membranes[number])
            for number in range(network.outputs)
        ]

        # Trace ------------------------------------------------------------------------------------
        m.submodules.trace = trace = TraceMemory(network=network)
        for number, layer in enumerate(layers):
            port = getattr(trace, f"layer_{number}")
            m.d.comb += [
                port.valid.eq(layer.o.valid & layer.o.ready),
                port.payload.eq(layer.o.payload),
            ]
        m.d.comb += [
            trace.address.eq(self.trace_address),
            self.trace_data.eq(trace.data),
        ]
        return m


def core(*, share: int = 4, **network: Any) -> EventEngine:
    """Make the engine of a made-up network; keywords as for :func:`~.example.example_network`."""
    return EventEngine(network=example_network(**network), share=share)
