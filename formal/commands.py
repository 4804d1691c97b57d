"""A command processor in its environment, and beside it what is owed for each request."""

from typing import Any

from amaranth import Array, Cat, Module, Mux, ResetSignal, Signal, Value
from amaranth.hdl import Assume

from properties import Observed, anything, drive, observe, stall
from spikewright_hw.engine.record import trace_bytes, trace_step_bytes
from spikewright_hw.engine.result_layout import result_layout
from spikewright_hw.link.command_processor import CommandProcessor
from spikewright_hw.protocol import (
    UNKNOWN_SEQUENCE,
    Command,
    Hello,
    Status,
    infer_bytes,
    step_bytes,
)

__all__ = ["Counting", "Requests", "byte_of"]

#: Packets are no longer than this.
LONGEST = 9


def byte_of(command: Command, at: Any) -> Any:
    """Return a byte of an answer's payload, by its place: another for each command and place."""
    return at ^ (command << 6)


class Counting(Hello):
    """What a board says of itself, in bytes that tell their place."""

    def pack(self) -> bytes:
        """Return as many bytes as a board's."""
        return bytes(byte_of(Command.HELLO, at) for at in range(self.SIZE))


class Requests:
    """Requests, read byte by byte and judged as ``docs/link.md`` says.

    Assumes of the frame decoder that a packet has the length that it tells, two bytes at least, and
    that it refuses a frame as something else than OK; of the engine, that it gives a result when it
    has got all steps, and holds it. The core does not look at what it hands on, so each byte of a
    result, of the trace and of HELLO tells its kind and its place.

    With ``witness`` there is one run, an INFER and then TRACE again and again, with an eager engine
    and no reset, so that the solver need not look for it.
    """

    def __init__(self, m: Module, dut: CommandProcessor, *, witness: bool):
        self.dut = dut
        network = dut.network
        infer = infer_bytes(inputs=network.inputs, planes=network.planes)
        result = result_layout(network).size // 8
        #: Bytes of each command's payload, and of its answer's.
        self.sizes = {
            Command.HELLO: (0, Hello.SIZE),
            Command.INFER: (infer, result),
            Command.TRACE: (0, trace_bytes(network)),
        }
        if dut.load:
            self.sizes[Command.LOAD] = (dut.load, 0)
        self.stores, self.stored = Signal(), Signal()  # a right LOAD; and all of it is stored
        self.index = Signal(range(LONGEST + 1))  # bytes of the packet that came
        self.sequence, self.code, self.status = Signal(8), Signal(8), Signal(8)
        self.owed = Signal()  # the request is over, and its answer is not
        self.infer = Signal()  # it is an INFER of the right length
        self.came = Signal(range(infer + 1))  # bytes of its payload that came
        self.bits = [Signal(8, name=f"came_{at}") for at in range(infer)]
        #: Words that the engine gets for a result, and that it got.
        self.words = network.planes * dut.words.count
        self.loaded = Signal(range(self.words + 1))
        self.head = Signal(range(3))  # bytes of the answer's head that are out
        self.place = Signal(range(max(answer for _, answer in self.sizes.values())))
        self._traced = Signal()

        if witness:
            self._run(m)
        else:
            self._drive(m)
        self.i, self.error, self.result = (
            observe(port) for port in (dut.i, dut.i_error, dut.i_result)
        )
        bits = int.from_bytes((byte_of(Command.INFER, at) for at in range(result)), "little")
        m.d.comb += dut.i_result.payload.as_value().eq(bits)
        place = dut.trace_address.step * trace_step_bytes(network) + dut.trace_address.byte
        m.d.sync += dut.trace_data.eq(byte_of(Command.TRACE, place))
        self._read(m)
        self._answer(m, observe(dut.o))

    @property
    def ok(self) -> Value:
        """Whether the request is answered with a payload."""
        return (self.status == Status.OK) & ~self.stores

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
        length, begun, offered = Signal.like(dut.i_length), Signal(), Signal()
        m.d.comb += [
            dut.i_length.eq(anything(dut.i_length.shape())),
            Assume(~error.valid | (error.payload != Status.OK), "a refusal is not OK"),
            dut.i_result.valid.eq(anything(1)),
            Assume(dut.i_result.valid | ~offered, "the engine does not withdraw a result"),
            Assume(
                ~dut.i_result.valid | (self.loaded == self.words),
                "a result is that of all steps",
            ),
        ]
        m.d.sync += [
            length.eq(dut.i_length),
            begun.eq(i.valid & ~i.ready),
            offered.eq(dut.i_result.valid & ~dut.i_result.ready),
        ]
        with m.If(begun | (self.index != 0)):
            m.d.comb += Assume(dut.i_length == length, "the length is that of the whole packet")
        with m.If(i.valid):
            m.d.comb += [
                Assume((dut.i_length >= 2) & (dut.i_length <= LONGEST), "the length of a packet"),
                Assume(
                    i.payload[8] == (self.index + 1 == dut.i_length), "a packet has that length"
                ),
            ]

    def _run(self, m: Module) -> None:
        """Send an INFER, and then TRACE again and again."""
        dut = self.dut
        last = Mux(self._traced, 1, self.sizes[Command.INFER][0] + 1)
        stalled = Signal()  # the first byte of all, once
        with m.If(dut.o.valid):
            m.d.sync += stalled.eq(1)
        m.d.comb += [
            Assume(~ResetSignal(), "no reset"),
            dut.o.ready.eq(stalled),
            dut.o_spikes.ready.eq(1),
            dut.i.valid.eq(1),
            dut.i.payload.data.eq(Mux(self._traced, Command.TRACE, Command.INFER)),
            dut.i.payload.last.eq(self.index == last),
            dut.i_length.eq(last + 1),
            dut.i_result.valid.eq(self.loaded == self.words),
        ]

    def _read(self, m: Module) -> None:
        """Follow what goes in, and judge a packet at its last byte."""
        i, length = self.i, self.dut.i_length
        byte, last = i.payload[:8], i.payload[8]
        size, _ = self.sizes[Command.INFER]
        code, verdict = Signal(8), Signal(8)
        m.d.comb += [
            code.eq(Mux(self.index == 1, byte, self.code)), verdict.eq(Status.UNKNOWN_COMMAND)
        ]
        for command, (payload, _) in self.sizes.items():
            with m.If(code == command):
                m.d.comb += verdict.eq(Mux(length == payload + 2, Status.OK, Status.BAD_LENGTH))
        with m.If((code == Command.TRACE) & (length == 2) & ~self._traced):
            m.d.comb += verdict.eq(Status.NO_INFERENCE)

        with m.If(self.error.transfers):
            m.d.sync += [
                self.owed.eq(1),
                self.sequence.eq(UNKNOWN_SEQUENCE),
                self.status.eq(self.error.payload),
            ]
        with m.If(i.transfers):
            m.d.sync += self.index.eq(Mux(last, 0, self.index + 1))
            with m.If(self.index == 0):
                m.d.sync += [self.sequence.eq(byte), self.came.eq(0)]
            with m.If(self.index == 1):
                m.d.sync += self.code.eq(byte)
                m.d.sync += self.infer.eq((byte == Command.INFER) & (length == size + 2))
                if self.dut.load:
                    right = length == self.dut.load + 2
                    m.d.sync += self.stores.eq((byte == Command.LOAD) & right)
            with m.If((self.index >= 2) & self.infer):
                m.d.sync += [Array(self.bits)[self.came].eq(byte), self.came.eq(self.came + 1)]
            with m.If(last):
                m.d.sync += [self.owed.eq(1), self.status.eq(verdict)]

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
            m.d.sync += [self.loaded.eq(0), self._traced.eq(1)]
        with m.If(o.transfers):
            with m.If(self.head != 2):
                m.d.sync += self.head.eq(self.head + 1)
            with m.Else():
                m.d.sync += self.place.eq(self.place + 1)
            with m.If(o.payload[8]):
                m.d.sync += [signal.eq(0) for signal in (self.owed, self.head, self.place)]
                m.d.sync += [signal.eq(0) for signal in (self.infer, self.stores, self.stored)]
