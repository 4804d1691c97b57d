"""What all engines share: a chain of layers, its input, its counters and its trace."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ..layer import Layer
from ..network import Network
from .argmax import Argmax
from .fork import Fork
from .outputs import Outputs
from .ram_style import APART, RamStyle, check_ram_style
from .result_layout import result_layout
from .row_layer import step_layout
from .stage import Stage, stage_arrivals, stage_inputs
from .trace_address import trace_address
from .trace_memory import TraceMemory
from .weight_loader import STORED_BYTES, WeightLoader
from .weight_memory import WeightMemory
from .words import MOST_BITS, Words, arriving_words, input_words, leaving_words

__all__ = ["InferenceEngine"]


class InferenceEngine(wiring.Component):
    """A network as a chain of stages, with counters and a trace; a subclass says which stages.

    Each link is a stream, so a layer works on one step while the one before it works on the next.

    An engine whose weights are loaded has two ports more: ``i_weights``, a stream of bytes that a
    :class:`~.weight_loader.WeightLoader` stores between two inferences; and ``weights_not_kept``,
    whether a memory gave back something else, once that stream is ready again.

    Parameters
    ----------
    network : Network
        What to build: layers and steps.
    ram_style : {"auto", "block"}
        Where the trace of an inference lies: left to synthesis, or in block RAM always.
    most_bits : int, at least 1
        Most bits of a word of the inputs of a map; :func:`~.words.input_words`.
    loaded : bool
        Whether a host stores the weights, in the memories of the stages.
    words : Words, optional
        How the inputs of a step come, to a first stage that stores them; as
        :func:`~.words.input_words` has it if not given.

    Members
    -------
    i : In(stream.Signature(unsigned(words.bits)))
        Inputs of one step: its spikes, or, of graded inputs, their bit planes one after the other,
        the most significant first. Each comes as ``words.count`` words, which is one unless the
        inputs are many.
        ``network.planes`` times as many transfers make and start one inference; then not ready
        until its result is taken.
    o : Out(stream.Signature(result_layout(network)))
        One transfer per inference: prediction, cycles, input events (spikes, or bits of graded
        inputs that are set), synaptic operations, spikes of each layer, outputs.
    trace_address : In(trace_address(network))
        Byte of the last inference's trace to read: its step, and its place in the step.
    trace_data : Out(8)
        That byte, one cycle later; until the next inference starts.
    """

    i: stream.Interface
    o: stream.Interface
    trace_address: data.View
    trace_data: Signal
    i_weights: stream.Interface
    weights_not_kept: Signal

    def __init__(
        self, *, network: Network, ram_style: RamStyle = "auto", most_bits: int = MOST_BITS,
        loaded: bool = False, words: Words | None = None,
    ):
        check_ram_style(ram_style)
        self.network = network
        self.ram_style: RamStyle = ram_style
        arriving = arriving_words(network, most=most_bits)
        self.words = input_words(network, most=most_bits) if words is None else words
        super().__init__({
            "i": In(stream.Signature(unsigned(self.words.bits))),
            "o": Out(stream.Signature(result_layout(network))),
            "trace_address": In(trace_address(network)),
            "trace_data": Out(8),
            **({
                "i_weights": In(stream.Signature(STORED_BYTES)), "weights_not_kept": Out(1),
            } if loaded else {}),
        })
        self.loaded = loaded
        self.stages = [
            self.stage(number, words, leaving)
            for number, (words, leaving) in enumerate(
                zip(arriving, leaving_words(network), strict=True)
            )
        ]

    def stage(self, number: int, words: tuple[Words, ...], leaving: Words) -> Stage:
        """Make the stage of a layer whose parts hear these words, and whose own leave so.

        Each subclass says how.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what a layer is")

    @property
    def memories(self) -> list[WeightMemory]:
        """The memories that a host stores weights in, those of the first layer first."""
        return []

    def elaborate(self, platform) -> Module:
        """Elaborate the input memory, the chain of layers, the counters and the trace."""
        m = Module()
        clear = Signal()  # between inferences
        for number, layer in enumerate(self.stages):
            m.submodules[f"layer_{number}"] = layer
            m.d.comb += layer.clear.eq(clear)
        finished = Signal()
        takers = self._takers(m)
        running = self._feed(m, takers[0], clear=clear, finished=finished)
        m.submodules.trace = trace = TraceMemory(network=self.network, ram_style=self.ram_style)
        self._link(m, takers[1:], trace)
        outputs, argmax = self._decide(m)
        m.d.comb += finished.eq(argmax.o_valid)
        self._count(m, takers[: len(self.stages)], running=running, outputs=outputs, argmax=argmax)
        m.d.comb += [
            trace.address.eq(self.trace_address),
            self.trace_data.eq(trace.data),
        ]
        if self.loaded:
            m.submodules.loader = loader = WeightLoader(memories=self.memories)
            connect(m, flipped(self.i_weights), loader.i)
            m.d.comb += self.weights_not_kept.eq(loader.not_kept)
        return m

    def _takers(self, m: Module) -> list[Fork | None]:
        """Build the forks of the inputs and of each layer to the parts that hear them.

        None stands for a last layer that nobody hears.
        """
        layers = self.network.layers
        given = self.words, *leaving_words(self.network)
        heard: list[list[stream.Interface]] = [[] for _ in given]
        for number, (layer, stage) in enumerate(zip(layers, self.stages, strict=True)):
            for origin, port in zip(layer.origins, stage_inputs(stage), strict=True):
                heard[number + 1 - origin.back].append(port)
        forks: list[Fork | None] = []
        for number, (words, ports) in enumerate(zip(given, heard, strict=True)):
            if not ports:
                forks.append(None)
                continue
            m.submodules[f"fork_{number}"] = made = Fork(bits=words.bits, takers=len(ports))
            for branch, port in zip(made.outputs, ports, strict=True):
                connect(m, branch, port)
            forks.append(made)
        return forks

    def _feed(
        self, m: Module, taker: Fork | None, *, clear: Signal, finished: Signal
    ) -> Signal:
        """Build the input memory, and what runs an inference; return whether one runs.

        The words are stored as they come and handed on as they are taken.
        """
        assert taker is not None  # the first layer hears the inputs
        first, count = taker, self.network.planes * self.words.count
        last_word = count - 1
        written = Signal(range(count))
        running, runs = Signal(), Signal()

        with m.FSM() as fsm:
            m.d.comb += [runs.eq(fsm.ongoing("RUN")), running.eq(runs & ~finished)]
            with m.State("LOAD"):
                m.d.comb += [self.i.ready.eq(1), clear.eq(1)]
                with m.If(self.i.valid):
                    m.d.sync += written.eq(Mux(written == last_word, 0, written + 1))
                    with m.If(written == last_word):
                        m.next = "RUN"
            with m.State("RUN"):
                with m.If(finished):
                    m.d.comb += self.o.valid.eq(1)
                    m.next = "RESULT"
                    with m.If(self.o.ready):
                        m.next = "LOAD"
            with m.State("RESULT"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "LOAD"

        go = getattr(self.stages[0], "go", None)
        if go is not None:  # the stage stores its inputs itself
            m.d.comb += [
                first.i.valid.eq(self.i.valid & self.i.ready),
                first.i.payload.eq(self.i.payload),
                go.eq(runs),
            ]
            return running
        store = self._words_at_once if self.words.count == 1 else self._words_in_block_ram
        store(m, first.i, written=written, runs=runs)
        return running

    def _words_at_once(
        self, m: Module, taker: stream.Interface, *, written: Signal, runs: Value
    ) -> None:
        """Build the memory of inputs that come at once, and hand a step on after the other."""
        count = self.network.planes
        m.submodules.inputs = inputs = memory.Memory(
            shape=unsigned(self.words.bits), depth=count, init=[]
        )
        write, read = inputs.write_port(), inputs.read_port(domain="comb")
        to_read = Signal(range(count + 1))
        fetched = Signal()
        word = Signal(self.words.bits)
        m.d.comb += [
            write.addr.eq(written),
            write.data.eq(self.i.payload),
            write.en.eq(self.i.valid & self.i.ready),
            read.addr.eq(to_read),
            taker.valid.eq(runs & fetched),
            taker.payload.eq(word),
        ]
        with m.If(write.en & (written == 0)):  # it is at hand when the last one is there
            m.d.sync += [word.eq(self.i.payload), fetched.eq(1), to_read.eq(1)]
        with m.If(runs & (~fetched | taker.ready)):
            m.d.sync += fetched.eq(to_read < count)
            with m.If(to_read < count):
                m.d.sync += [word.eq(read.data), to_read.eq(to_read + 1)]

    def _words_in_block_ram(
        self, m: Module, taker: stream.Interface, *, written: Signal, runs: Value
    ) -> None:
        """Build the memory of inputs that come in words; each is read while another is handed on.

        The first is read while the second comes, so that it is at hand when the last one is there.
        """
        count = self.network.planes * self.words.count
        m.submodules.inputs = inputs = memory.Memory(
            shape=unsigned(self.words.bits), depth=count, init=[], attrs=APART
        )
        write, read = inputs.write_port(), inputs.read_port()
        to_read = Signal(range(count + 1))
        fetched, taken = Signal(), Signal()
        m.d.comb += [
            write.addr.eq(written),
            write.data.eq(self.i.payload),
            write.en.eq(self.i.valid & self.i.ready),
            taken.eq(runs & fetched & taker.ready),
            read.addr.eq(to_read),
            read.en.eq((~fetched | taken) & Mux(runs, to_read != count, to_read < written)),
            taker.valid.eq(runs & fetched),
            taker.payload.eq(read.data),
        ]
        with m.If(read.en):
            m.d.sync += [fetched.eq(1), to_read.eq(to_read + 1)]
        with m.Elif(taken):
            m.d.sync += fetched.eq(0)
        with m.If(write.en & (written == 0)):
            m.d.sync += to_read.eq(0)

    def _link(self, m: Module, takers: Sequence[Fork | None], trace: TraceMemory) -> None:
        """Pass the spikes of each layer on to those that hear it, and to the trace.

        A trace that is not always ready takes a word in the cycle in which the last of them does.
        The last layer is always taken: what it hears of itself waits for its spikes.
        """
        for number, (layer, taker, words) in enumerate(
            zip(self.stages, takers, leaving_words(self.network), strict=True)
        ):
            kept = getattr(trace, f"layer_{number}")
            taken: Value = Const(1)
            if taker is not None:
                valid, taken = layer.o.valid, taker.i.ready
                if words.count > 1:
                    valid = valid & kept.ready
                    m.d.comb += layer.o.ready.eq(taken & kept.ready)
                else:
                    m.d.comb += layer.o.ready.eq(taken)
                m.d.comb += [
                    taker.i.valid.eq(valid),
                    taker.i.payload.eq(layer.o.payload.spikes),
                ]
            else:
                m.d.comb += layer.o.ready.eq(1)
            m.d.comb += [
                kept.valid.eq(layer.o.valid & taken),
                kept.payload.eq(layer.o.payload),
            ]

    def _decide(self, m: Module) -> tuple[data.View, Argmax]:
        """Build the outputs, and the search for the highest; return both."""
        network, readout = self.network, self.stages[-1]
        if network.readout != "last":
            return self._decide_by_steps(m)
        words = leaving_words(network)[-1].count
        of_all, before = network.steps * words, (network.steps - 1) * words
        given = Signal(range(of_all))
        with m.If(readout.o.valid):
            m.d.sync += given.eq(Mux(given == of_all - 1, 0, given + 1))
        m.submodules.argmax = argmax = Argmax(
            width=network.layers[-1].fixed.formats["v"].width, count=network.outputs, words=words
        )
        m.d.comb += [
            argmax.i_values.eq(readout.o.payload.membranes),
            argmax.i_valid.eq(readout.o.valid & (given >= before)),
        ]
        return self._kept(m, readout), argmax

    def _kept(self, m: Module, readout: Stage) -> data.View:
        """Return the last membranes, which a row layer keeps; others are kept here.

        Of those that come in words, the last words stay.
        """
        given, layout = readout.o.payload.membranes, step_layout(self.network.layers[-1])
        if self.network.layers[-1].connection.words == 1:
            return given
        kept, bits = Signal(layout, name="kept").membranes, len(given.as_value())
        with m.If(readout.o.valid):
            m.d.sync += kept.as_value().eq(Cat(kept, given)[bits:])
        return kept

    def _decide_by_steps(self, m: Module) -> tuple[data.View, Argmax]:
        """Build the outputs of a readout that looks at all steps, and the search."""
        network, last = self.network, self.stages[-1].o
        m.submodules.outputs = outputs = Outputs(
            readout=network.readout,
            count=network.outputs,
            steps=network.steps,
            width=network.layers[-1].fixed.formats["v"].width,
        )
        first = outputs.o_outputs[0]
        m.submodules.argmax = argmax = Argmax(width=len(first), count=network.outputs)
        values = last.payload.spikes if network.reads_spikes else last.payload.membranes.as_value()
        m.d.comb += [
            outputs.i_values.as_value().eq(values),
            outputs.i_valid.eq(last.valid),
            argmax.i_values.eq(outputs.o_outputs),
            argmax.i_valid.eq(outputs.o_valid),
        ]
        return outputs.o_outputs, argmax

    def _count(
        self, m: Module, takers: Sequence[Fork | None], *, running: Signal, outputs: data.View,
        argmax: Argmax,
    ) -> None:
        """Build the counters of an inference, and its result."""
        network, layers, result = self.network, self.stages, self.o.payload
        cycles = Signal(32)
        synops = Signal(range(sum(map(self._most_operations, network.layers)) + 1))
        events = [
            Signal(range(most + 1), name=f"events_{number}")
            for number, most in enumerate(self._most_spikes()[:-1])
        ]
        counted = [self._spikes_now(m, number, one.i) for number, one in enumerate(takers) if one]
        last_spikes = self._last_spikes(m, running)
        with m.If(running):
            m.d.sync += [
                cycles.eq(cycles + 1),
                synops.eq(synops + sum(layer.operations for layer in layers)),
            ]
            m.d.sync += [
                count.eq(count + now) for count, now in zip(events, counted, strict=True)
            ]
        with m.Elif(self.i.ready):
            m.d.sync += [count.eq(0) for count in (cycles, synops, *events)]
        prediction = Signal.like(argmax.o_index)
        with m.If(argmax.o_valid):
            m.d.sync += prediction.eq(argmax.o_index)
        m.d.comb += [
            result.prediction.eq(Mux(argmax.o_valid, argmax.o_index, prediction)),
            result.cycles.eq(cycles),
            result.synops.eq(synops),
            result.input_events.eq(events[0]),
            *(spikes.eq(count) for spikes, count in zip(
                result.spikes, [*events[1:], last_spikes], strict=True
            )),
        ]
        m.d.comb += [
            result.outputs[number].eq(outputs[number])
            for number in range(network.outputs)
        ]

    def _most_spikes(self) -> list[int]:
        """Return how many spikes an inference has at most, of the inputs and of each layer.

        Of graded inputs, it is their bits.
        """
        network = self.network
        own = [network.steps * layer.neurons for layer in network.layers]
        return [network.planes * len(network.source), *own]

    def _most_operations(self, layer: Layer) -> int:
        """Return the synaptic operations of a layer in an inference at most."""
        of_inputs = sum(layer.operations(event) for event in range(layer.inputs))
        own = len(layer.recurrent or ()) * layer.neurons
        return self.network.steps * (layer.input_bits * of_inputs + own)

    def _spikes_now(self, m: Module, number: int, given: stream.Interface) -> Value:
        """Return the spikes to count in this cycle, of the inputs or of a hidden layer.

        ``number`` is 0 for the inputs, 1 for the first layer; ``given`` is what it gives. Where a
        layer hears them all in the same step, they are counted as they arrive; else as they leave.
        """
        layers = self.network.layers
        for index, (layer, stage) in enumerate(zip(layers, self.stages, strict=True)):
            for origin, arriving in zip(layer.origins, stage_arrivals(stage), strict=True):
                if index + 1 - origin.back == number and origin.delays == 0:
                    return arriving
        word = Signal(len(given.payload), name=f"word_{number}")
        m.d.sync += word.eq(Mux(given.valid & given.ready, given.payload, 0))
        return sum(word, start=Const(0))

    def _last_spikes(self, m: Module, running: Signal) -> Value:
        """Build the counter of the last layer's spikes, which no other layer counts as events."""
        if not self.network.reads_spikes:
            return Const(0, 32)
        last = self.stages[-1].o
        count = Signal(range(self._most_spikes()[-1] + 1), name="last_spikes")
        with m.If(running & last.valid):
            m.d.sync += count.eq(count + sum(last.payload.spikes))
        with m.Elif(self.i.ready):
            m.d.sync += count.eq(0)
        return count
