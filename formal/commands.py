"""A command processor in its environment, and beside it what is owed for each request."""

from typing import Any

from amaranth import Array, Cat, Const, Module, Mux, ResetSignal, Signal, Value
from amaranth.hdl import Assume

from packets import assume_packets
from properties import Observed, anything, drive, observe, stall
from spikewright_hw.engine.record import trace_bytes, trace_step_bytes
from spikewright_hw.engine.result_layout import result_layout
from spikewright_hw.link.command_processor import CommandProcessor
from spikewright_hw.protocol import (
    MEMBRANE_BYTES,
    RATE_BYTES,
    RUN_HEAD,
    RUN_TAIL,
    UNKNOWN_SEQUENCE,
    BoardStatus,
    Command,
    Hello,
    Status,
    infer_bytes,
    step_bytes,
)

__all__ = ["Counting", "Requests", "byte_of"]

#: Packets are no longer than this.
LONGEST = 10
#: Bytes of a RUN before its inputs, which come again.
HEAD = 2 + RUN_HEAD


def byte_of(command: Command, at: Any) -> Any:
    """Return a byte of an answer's payload, by its place: another for each command and place."""
    return at ^ (command << 6)


class Counting(Hello):
    """What a board says of itself, in bytes that tell their place."""

    def pack(self) -> bytes:
        """Return as many bytes as a board's."""
        return bytes(byte_of(Command.HELLO, at) for at in range(self.SIZE))


def _sizes(dut: CommandProcessor) -> dict[Command, tuple[int, int]]:
    """Return the bytes of each command's payload, and of its answer's, as the protocol has them."""
    network = dut.network
    infer = infer_bytes(inputs=network.inputs, planes=network.planes)
    result = result_layout(network).size // 8
    optional = {
        Command.STATUS: (0, BoardStatus.SIZE),
        Command.RESET: (0, 0),
        Command.RUN: (RUN_HEAD + infer, result + RUN_TAIL),
        Command.RATE: (RATE_BYTES, 0),
    }
    return {
        Command.HELLO: (0, Hello.SIZE),
        Command.INFER: (infer, result),
        Command.TRACE: (0, trace_bytes(network)),
        **({Command.LOAD: (dut.load, 0)} if dut.load else {}),
        **{one: size for one, size in optional.items() if one in dut.optional},
    }


class Requests:
    """Requests, read byte by byte and judged as ``docs/link.md`` says.

    Assumes of the frame decoder what :func:`~packets.assume_packets` does; of the engine, that it
    gives a result when it has got all steps, and holds it. The core does not look at what it hands
    on, so each byte of a result, of the trace and of HELLO tells its kind and its place; the inputs
    that come again may be others.

    With a ``witness`` there is one run, that command and then TRACE again and again, with an eager
    engine and no reset, so that the solver need not look for it.
    """

    def __init__(self, m: Module, dut: CommandProcessor, *, witness: Command | None):
        self.dut = dut
        network = dut.network
        #: Bytes of each command's payload, and of its answer's.
        self.sizes = _sizes(dut)
        infer, result = self.sizes[Command.INFER]
        self.stores, self.stored = Signal(), Signal()  # a right LOAD; and all of it is stored
        self.index = Signal(range(LONGEST + 1))  # bytes of the packet that came
        self.sequence, self.code, self.status = Signal(8), Signal(8), Signal(8)
        self.owed = Signal()  # the request is over, and its answer is not
        self.resets = Signal()  # it is a right RESET
        self.infer = Signal()  # it is an INFER or a RUN of the right length
        self.runs = Signal()  # it is such a RUN
        self.again = Signal()  # its inputs are in, and will come again after a result
        self.seen = Signal()  # the last result is there
        self.restarted = Signal()  # RESET was answered
        self.rates = Signal()  # it is a RATE of the right length
        self.divisor = Signal(8 * RATE_BYTES)  # what it asks for, as far as it came
        self.changing = Signal()  # RATE was answered, and the rate is not changed yet
        self._status, self._tail = Signal.like(dut.i_status), Signal.like(dut.i_run)
        self.came = Signal(range(infer + 1))  # bytes of its payload that came
        self.bits = [Signal(8, name=f"came_{at}") for at in range(infer)]
        #: Words that the engine gets for a result, and that it got.
        self.words = network.planes * dut.words.count
        self.loaded = Signal(range(self.words + 1))
        self.head = Signal(range(3))  # bytes of the answer's head that are out
        self.place = Signal(range(max(answer for _, answer in self.sizes.values())))
        self._traced, self._done = Signal(), Signal()

        if witness is None:
            self._drive(m)
        else:
            self._run(m, witness)
        self.i, self.error, self.result = (
            observe(port) for port in (dut.i, dut.i_error, dut.i_result)
        )
        given = [byte_of(Command.INFER, at) for at in range(result)]
        m.d.comb += dut.i_result.payload.as_value().eq(int.from_bytes(given, "little"))
        #: What INFER answers: outputs that are the last membranes are those in the trace.
        self.result_bytes = given
        if network.readout == "last":
            outputs, size = MEMBRANE_BYTES * network.outputs, trace_bytes(network)
            self.result_bytes = given[:-outputs] + [
                byte_of(Command.TRACE, at) & 0xFF for at in range(size - outputs, size)
            ]
        bits = int.from_bytes(self.result_bytes, "little")
        #: What STATUS and RUN answer, as it was in the cycle before.
        self.counted = {
            Command.STATUS: self._status, Command.RUN: Cat(Const(bits, 8 * result), self._tail)
        }
        m.d.sync += [self._status.eq(dut.i_status), self._tail.eq(dut.i_run)]
        place = dut.trace_address.step * trace_step_bytes(network) + dut.trace_address.byte
        m.d.sync += dut.trace_data.eq(byte_of(Command.TRACE, place))
        self._read(m)
        self._answer(m, observe(dut.o))
        with m.If(self.over):
            m.d.sync += self.seen.eq(~self.again)

    @property
    def idle(self) -> Value:
        """Whether a request may begin."""
        return (self.index == 0) & ~self.owed & ~self.restarted & ~self.changing

    @property
    def repeats(self) -> Value:
        """Whether the inputs of a RUN have to come again, if their last byte is taken now."""
        return self.runs & ~self.dut.i_ended & ~self.dut.i_waits

    @property
    def works(self) -> Value:
        """Whether an inference is in work, or its inputs come in."""
        return self.infer & ((self.index >= self._first) | (self.owed & ~self.seen))

    @property
    def _first(self) -> Value:
        """Place of the first byte of the inputs."""
        return Mux(self.runs, HEAD, 2)

    @property
    def over(self) -> Value:
        """Whether an inference is over in this cycle."""
        return self.result.valid & (self.again | (self.owed & self.infer & ~self.seen))

    @property
    def times(self) -> Value:
        """Whether a byte on ``i`` is one of how many inferences a RUN has."""
        return self.runs & (self.index >= 2) & (self.index < HEAD)

    @property
    def ok(self) -> Value:
        """Whether the request is answered with a payload."""
        return (self.status == Status.OK) & ~self.stores & ~self.resets & ~self.rates

    @property
    def due(self) -> Value:
        """Whether an answer may come: the request is over, and its result is there."""
        return self.owed & (~self.infer | self.result.valid) & (~self.stores | self.stored)

    def whole(self, loaded: Value) -> Value:
        """Return whether the bytes of the word after ``loaded`` ones are in."""
        network, words = self.dut.network, self.dut.words
        size = step_bytes(network.inputs)
        wanted = [
            size * plane + -(-words.bits * (word + 1) // 8)
            for plane in range(network.planes)
            for word in range(words.count)
        ]
        return self.infer & (loaded != self.words) & (self.came >= Array(wanted)[loaded])

    def word(self) -> tuple[Value, Value]:
        """Return whether a word is due to the engine, and its bits."""
        network, size = self.dut.network, step_bytes(self.dut.network.inputs)
        bits = self.dut.words.bits
        bitmaps = [
            Cat(self.bits[size * plane : size * (plane + 1)]) for plane in range(network.planes)
        ]
        words = [
            bitmap[at : at + bits] for bitmap in bitmaps for at in range(0, network.inputs, bits)
        ]
        return self.whole(self.loaded), Array(words)[self.loaded]

    def _drive(self, m: Module) -> None:
        """Send anything at any time, as the decoder and the engine may."""
        dut = self.dut
        i = drive(m, dut.i)
        error = drive(m, dut.i_error)
        stall(m, dut.o)
        stall(m, dut.o_spikes)
        if dut.load:
            stall(m, dut.o_weights)
            m.d.comb += dut.i_not_kept.eq(anything(1))
        offered = Signal()
        assume_packets(m, dut, index=self.index, longest=LONGEST, i=i, error=error)
        m.d.comb += [
            dut.i_waits.eq(anything(1)),
            dut.i_ended.eq(anything(1)),
            dut.i_status.eq(anything(len(dut.i_status))),
            dut.i_run.eq(anything(len(dut.i_run))),
            dut.i_changed.eq(anything(1)),
            dut.i_result.valid.eq(anything(1)),
            Assume(dut.i_result.valid | ~offered, "the engine does not withdraw a result"),
            Assume(
                ~dut.i_result.valid | (self.loaded == self.words),
                "a result is that of all steps",
            ),
        ]
        m.d.sync += offered.eq(dut.i_result.valid & ~dut.i_result.ready)

    def _run(self, m: Module, first: Command) -> None:
        """Send a command, a RUN of two inferences, and then TRACE again and again."""
        dut = self.dut
        last = Mux(self._done, 1, self.sizes[first][0] + 1)
        stalled = Signal()  # the first byte of all, once
        with m.If(dut.o.valid):
            m.d.sync += stalled.eq(1)
        m.d.comb += [
            Assume(~ResetSignal(), "no reset"),
            dut.o.ready.eq(stalled),
            dut.o_spikes.ready.eq(1),
            dut.i.valid.eq(1),
            dut.i.payload.data.eq(Mux(
                self._done, Command.TRACE, Mux(self.index < 2, first, Mux(self.index == 2, 2, 0))
            )),
            dut.i.payload.last.eq(self.index == last),
            dut.i_length.eq(last + 1),
            dut.i_result.valid.eq(self.loaded == self.words),
            dut.i_ended.eq(self._traced),
        ]

    def _read(self, m: Module) -> None:
        """Follow what goes in, and judge a packet at its last byte."""
        i, length = self.i, self.dut.i_length
        byte, last = i.payload[:8], i.payload[8]
        code, verdict = Signal(8), Signal(8)
        m.d.comb += [
            code.eq(Mux(self.index == 1, byte, self.code)), verdict.eq(Status.UNKNOWN_COMMAND)
        ]
        for command, (payload, _) in self.sizes.items():
            with m.If(code == command):
                m.d.comb += verdict.eq(Mux(length == payload + 2, Status.OK, Status.BAD_LENGTH))
        with m.If((code == Command.TRACE) & (length == 2) & ~self._traced):
            m.d.comb += verdict.eq(Status.NO_INFERENCE)
        asked = Cat(self.divisor, byte)[8:]
        with m.If(self.rates & ((asked < 4) | (asked > 255))):
            m.d.comb += verdict.eq(Status.OUT_OF_RANGE)
        with m.If(i.transfers & self.rates & (self.index >= 2)):
            m.d.sync += self.divisor.eq(asked)

        with m.If(self.error.transfers):
            m.d.sync += [
                self.owed.eq(1),
                self.sequence.eq(UNKNOWN_SEQUENCE),
                self.status.eq(self.error.payload),
            ]
        with m.If(i.transfers):
            again = last & self.repeats
            m.d.sync += self.index.eq(Mux(again, HEAD, Mux(last, 0, self.index + 1)))
            with m.If(self.index == 0):
                m.d.sync += [self.sequence.eq(byte), self.came.eq(0)]
            with m.If(self.index == 1):
                self._judge(m, byte, length)
            with m.If(self.infer & (self.index >= self._first)):
                m.d.sync += [Array(self.bits)[self.came].eq(byte), self.came.eq(self.came + 1)]
            with m.If(again):
                m.d.sync += self.again.eq(1)
            with m.Elif(last):
                m.d.sync += [self.owed.eq(1), self.status.eq(verdict)]

    def _judge(self, m: Module, code: Value, length: Value) -> None:
        """Note what a packet of this code and length asks for."""
        def right(command: Command) -> Value:
            size, _ = self.sizes.get(command, (0, 0))
            return (code == command) & (length == size + 2) & (command in self.sizes)

        m.d.sync += [
            self.code.eq(code),
            self.infer.eq(right(Command.INFER) | right(Command.RUN)),
            self.runs.eq(right(Command.RUN)),
            self.stores.eq(right(Command.LOAD)),
            self.resets.eq(right(Command.RESET)),
            self.rates.eq(right(Command.RATE)),
        ]

    def _answer(self, m: Module, o: Observed) -> None:
        """Follow the engine and the answer."""
        if self.dut.load:
            with m.If(self.owed & self.stores & ~self.stored & self.dut.o_weights.ready):
                m.d.sync += self.stored.eq(1)
                with m.If(self.dut.i_not_kept):
                    m.d.sync += self.status.eq(Status.NOT_KEPT)
        with m.If(self.dut.o_spikes.valid & self.dut.o_spikes.ready):
            m.d.sync += self.loaded.eq(self.loaded + 1)
        with m.If(self.result.transfers):
            m.d.sync += [self.loaded.eq(0), self.came.eq(0), self._traced.eq(1), self.again.eq(0)]
        with m.If(o.transfers):
            with m.If(self.head != 2):
                m.d.sync += self.head.eq(self.head + 1)
            with m.Else():
                m.d.sync += self.place.eq(self.place + 1)
            with m.If(o.payload[8]):
                m.d.sync += [signal.eq(0) for signal in (self.owed, self.head, self.place)]
                m.d.sync += [signal.eq(0) for signal in (self.infer, self.stores, self.stored)]
                m.d.sync += [signal.eq(0) for signal in (self.runs, self.seen, self.resets)]
                m.d.sync += [self._done.eq(1), self.restarted.eq(self.resets)]
                m.d.sync += [
                    self.rates.eq(0), self.changing.eq(self.rates & (self.status == Status.OK))
                ]
        with m.If(self.changing & self.dut.i_changed):
            m.d.sync += self.changing.eq(0)
