"""Command processor: joins packets and an engine."""

from collections.abc import Collection
from enum import IntEnum
from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..connection import Dense, FeatureMap
from ..engine.example import example_network
from ..engine.record import MEMBRANE_BYTES, trace_step_bytes
from ..engine.repack import Repack
from ..engine.result_layout import result_layout
from ..engine.trace_address import trace_address
from ..engine.words import MOST_BITS, Words, input_words
from ..fixed import Format
from ..network import Network
from ..protocol import (
    DIVISOR_BITS,
    LEAST_DIVISOR,
    OPTIONAL,
    RATE_BYTES,
    RUN_HEAD,
    RUN_TAIL,
    BoardStatus,
    Command,
    Hello,
    Kind,
    Status,
    power_bytes,
    step_bytes,
)
from .packet import PACKET
from .packet_processor import PacketProcessor
from .payloads import hello_of, payload_bytes

__all__ = ["PRESETS", "CommandProcessor", "core"]

#: Parameter sets by name: inputs that fill their last byte and that do not, several steps and one;
#: inputs of a map, which go on in three words; weights that are stored; and no optional commands.
PRESETS = {
    "n9_3_2_t3": {"sizes": (9, 3, 2), "steps": 3, "weight_bits": 4, "membrane": Format(8, 8)},
    "n16_4_t1": {"sizes": (16, 4), "steps": 1, "weight_bits": 4, "membrane": Format(6, 2)},
    "n9_2_t2_graded": {
        "sizes": (9, 2), "steps": 2, "weight_bits": 4, "membrane": Format(8, 2), "input_bits": 3,
    },
    "map_w6_n3_t2": {
        "connections": (Dense(source=FeatureMap(channels=2, height=3, width=3), neurons=2),),
        "steps": 2, "weight_bits": 4, "membrane": Format(8, 2), "most_bits": 6,
    },
    "n9_2_t1_small": {
        "sizes": (9, 2), "steps": 1, "weight_bits": 4, "membrane": Format(8, 2), "optional": (),
    },
    "n3_2_t1_load": {
        "sizes": (3, 2), "steps": 1, "weight_bits": 4, "membrane": Format(8, 2), "load": 7,
    },
}


class CommandProcessor(PacketProcessor):
    """Answers each packet, and each refused frame, with one packet.

    One command is in work at a time; the next packet waits. A packet whose code or length is wrong
    is read to its end before it is answered, and reaches the engine in no part.

    An answer begins 2 clock cycles after the last byte of its command, and for INFER as soon as the
    engine's result is valid; its payload takes three clock cycles a byte. The result is taken from
    the engine with the last byte of the answer.

    Where weights are loaded, there are two ports more: ``o_weights``, a stream of the bytes of a
    LOAD to the engine; and ``i_not_kept``, whether a row of them was read back as another, once
    that stream is ready again, which is when LOAD is answered.

    A RUN is one packet whose inputs come again and again: with ``o_again`` at its last byte, they
    follow once more. It ends after its last inference, or after the one in work when a byte waits.

    Where the board has sensors, there are three ports more: ``i_power``, the payload of the answer
    to POWER, its first byte in the lowest bits; ``o_sense``, which holds it as it is; and
    ``i_still``, whether it is held.

    After the answer to RESET nothing is taken any more: whoever puts this into a design resets it
    when ``restart`` is high and the answer has left. After that to RATE nothing is taken until
    ``i_changed`` is high.

    Parameters
    ----------
    network : Network
        Gives the sizes of the commands and answers, and the digest.
    hello : Hello
        What the board says of itself.
    words : Words, optional
        How the engine takes the inputs of a step; as :func:`~.engine.words.input_words` has it if
        not given.
    load : int
        Bytes of a LOAD payload; 0 if the weights are built in.
    optional : collection of Command
        What it can do of the commands that may be left out: STATUS, RESET, RUN, RATE.
    sensors : int
        How many the board has.

    Members
    -------
    i : In(stream.Signature(PACKET))
        Commands: bytes ``data``, and ``last`` at the last byte of a packet; at least two
        bytes each: sequence, code, payload.
    i_length : In(range(MAX_FRAME))
        Bytes of the packet on ``i``, from its first byte to its last.
    i_error : In(stream.Signature(Status))
        Why a frame was refused; answered before any waiting packet.
    i_waits : In(1)
        A byte from the host has come since the packet on ``i`` began.
    i_ended : In(1)
        The inference in work is the last of its RUN.
    i_status : In(unsigned(8 * BoardStatus.SIZE))
        The payload of the answer to STATUS, its first byte in the lowest bits.
    i_run : In(unsigned(8 * RUN_TAIL))
        What the answer to RUN has after the result, in the same way.
    o_times : Out(8)
        A byte of how many inferences a RUN has, the lowest first.
    o_times_valid : Out(1)
        There is such a byte in this cycle.
    o_inferred : Out(1)
        An inference is over in this cycle.
    o_again : Out(1)
        The packet whose last byte is taken in this cycle has to come again, from its inputs on.
    o : Out(stream.Signature(PACKET))
        Answers, in the same form: sequence, status, payload.
    o_spikes : Out(stream.Signature(unsigned(words.bits)))
        Spikes to the engine: its words, one transfer a step or a bit plane of it unless the inputs
        are many or the first layer is folded.
    i_result : In(stream.Signature(result_layout(network)))
        Results from the engine. Outputs that are the membranes after the last step are not looked
        at: they end the trace, and are read there.
    trace_address : Out(trace_address(network))
        Byte of the trace to read: its step, and its place in the step.
    trace_data : In(8)
        That byte, one clock cycle later.
    busy : Out(1)
        A command is in work, or its answer on the way out.
    running : Out(1)
        The inferences of a RUN are in work: what is measured in that time is them.
    prediction : Out(range(network.outputs))
        That of the last inference.
    restart : Out(1)
        RESET was answered.
    change : Out(1)
        RATE was answered, and the rate is not changed yet.
    o_divisor : Out(DIVISOR_BITS)
        Clock cycles per bit that RATE asks for, at least 4 while ``change`` is high.
    i_changed : In(1)
        The rate is changed as of the next cycle.
    """

    i_waits: Signal
    i_ended: Signal
    i_status: Signal
    i_run: Signal
    o_times: Signal
    o_times_valid: Signal
    o_inferred: Signal
    o_again: Signal
    o_spikes: stream.Interface
    i_result: stream.Interface
    trace_address: data.View
    trace_data: Signal
    o_weights: stream.Interface
    i_not_kept: Signal
    i_power: Signal
    o_sense: Signal
    i_still: Signal
    running: Signal
    prediction: Signal
    restart: Signal
    change: Signal
    o_divisor: Signal
    i_changed: Signal

    def __init__(
        self, *, network: Network, hello: Hello, words: Words | None = None, load: int = 0,
        optional: Collection[Command] = OPTIONAL, sensors: int = 0,
    ):
        self.load = load
        self.sensors = sensors
        self.optional = frozenset(optional)
        self.network = network
        self.words = input_words(network) if words is None else words
        super().__init__(
            sizes=payload_bytes(network, load=load, optional=self.optional, sensors=sensors),
            hello=hello,
            members={
                "i_waits": In(1),
                "i_ended": In(1),
                "i_status": In(unsigned(8 * BoardStatus.SIZE)),
                "i_run": In(unsigned(8 * RUN_TAIL)),
                "o_times": Out(8),
                "o_times_valid": Out(1),
                "o_inferred": Out(1),
                "o_again": Out(1),
                "o_spikes": Out(stream.Signature(unsigned(self.words.bits))),
                "i_result": In(stream.Signature(result_layout(network))),
                "trace_address": Out(trace_address(network)),
                "trace_data": In(8),
                **({
                    "o_weights": Out(stream.Signature(PACKET)), "i_not_kept": In(1),
                } if load else {}),
                **({
                    "i_power": In(unsigned(8 * power_bytes(sensors))), "o_sense": Out(1),
                    "i_still": In(1),
                } if sensors else {}),
                "running": Out(1),
                "prediction": Out(range(network.outputs)),
                "restart": Out(1),
                "change": Out(1),
                "o_divisor": Out(DIVISOR_BITS),
                "i_changed": In(1),
            },
        )
        # POWER and RATE alone take a fourth bit.
        self.command = Signal(range(max(Command.POWER, *(one + 1 for one in self.sizes))))
        self._repeats = Signal()  # the command in work is a RUN
        self._more = Signal()  # and another inference follows
        self._traced = Signal()  # there is a trace
        #: Bytes of a result, and where those begin in it that are read from the trace.
        self._size = result_layout(network).size // 8
        outputs = MEMBRANE_BYTES * network.outputs if network.readout == "last" else 0
        self._head = self._size - outputs

    def _accept(self, m: Module, command: IntEnum) -> None:
        """Say which state follows the head of a right packet."""
        states = {
            Command.INFER: "LOAD", Command.LOAD: "STORE", Command.RUN: "TIMES",
            Command.POWER: "SENSE", Command.RATE: "RATE",
        }
        if command in states:
            m.next = states[Command(command)]
        if command == Command.RUN:
            m.d.sync += self._repeats.eq(1)
        if command == Command.TRACE:
            with m.If(~self._traced):
                self._refuse(m, Status.NO_INFERENCE)

    def _work(self, m: Module) -> None:
        """Build the states of INFER, RUN, LOAD, RESET, POWER and RATE."""
        if self.words.count == 1:
            self._load(m)
        else:
            self._load_words(m)
        if self.load:
            self._store(m)
        if Command.RUN in self.optional:
            self._times(m)
        if Command.RESET in self.optional:
            with m.State("RESTART"):
                m.d.comb += self.restart.eq(1)
        if Command.RATE in self.optional:
            self._rate(m)
        if self.sensors:
            with m.State("SENSE"):
                with m.If(self.i_still):
                    m.next = "SEQUENCE"
        with m.State("WAIT"):
            with m.If(self.i_result.valid):
                m.d.comb += self.o_inferred.eq(1)
                m.d.sync += [
                    self._traced.eq(1), self.prediction.eq(self.i_result.payload.prediction),
                ]
                m.next = "SEQUENCE"
                with m.If(self._more):
                    m.d.comb += self.i_result.ready.eq(1)
                    m.next = "LOAD"

    def _watch(self, m: Module, fsm: Any) -> None:
        """Tell when the inferences of a RUN are in work, and whether another follows."""
        works = fsm.ongoing("LOAD") | fsm.ongoing("WAIT")
        if self.words.count == 1:
            works = works | fsm.ongoing("BITMAP")
        m.d.comb += [
            self.running.eq(self._repeats & works),
            self.o_again.eq(self._repeats & ~self.i_ended & ~self.i_waits),
        ]
        if self.sensors:
            m.d.comb += self.o_sense.eq(self.busy & (self.command == Command.POWER))
        with m.If(fsm.ongoing("IDLE")):
            m.d.sync += self._repeats.eq(0)
        with m.If(self.i.valid & self.i.ready & self.i.payload.last):
            m.d.sync += self._more.eq(self.o_again)

    def _times(self, m: Module) -> None:
        """Build the state that hands on how many inferences a RUN has."""
        at = Signal(range(RUN_HEAD))
        m.d.comb += self.o_times.eq(self.i.payload.data)
        with m.State("TIMES"):
            m.d.comb += [self.i.ready.eq(1), self.o_times_valid.eq(self.i.valid)]
            with m.If(self.i.valid):
                m.d.sync += at.eq(at + 1)
                with m.If(at == RUN_HEAD - 1):
                    m.next = "LOAD"

    def _rate(self, m: Module) -> None:
        """Build the states that read another rate, and wait for it after the answer."""
        high = Signal(range(RATE_BYTES))  # the byte to come is the higher one
        low = self.i.payload.data
        with m.State("RATE"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid):
                m.d.sync += high.eq(~high)
                wrong = Mux(high, low != 0, low < LEAST_DIVISOR)
                with m.If(wrong):
                    m.d.sync += self.status.eq(Status.OUT_OF_RANGE)
                with m.If(~high):
                    m.d.sync += self.o_divisor.eq(low)
                with m.Else():
                    m.next = "SEQUENCE"
        with m.State("CHANGE"):
            m.d.comb += self.change.eq(1)
            with m.If(self.i_changed):
                m.next = "IDLE"

    def _store(self, m: Module) -> None:
        """Build the states that hand the bytes of a LOAD on, and wait until they are stored."""
        with m.State("STORE"):
            m.d.comb += [
                self.o_weights.valid.eq(self.i.valid),
                self.o_weights.payload.eq(self.i.payload),
                self.i.ready.eq(self.o_weights.ready),
            ]
            with m.If(self.i.valid & self.o_weights.ready & self.i.payload.last):
                m.next = "STORED"
        with m.State("STORED"):
            with m.If(self.o_weights.ready):
                with m.If(self.i_not_kept):
                    m.d.sync += self.status.eq(Status.NOT_KEPT)
                m.next = "SEQUENCE"

    def _load(self, m: Module) -> None:
        """Build the states that hand the bitmaps of an INFER on."""
        per_step = step_bytes(self.network.inputs)
        bitmap = Signal(8 * per_step)
        fill = Signal(range(max(2, per_step)))
        plane = Signal(range(max(2, self.network.planes)))
        m.d.comb += self.o_spikes.payload.eq(bitmap)

        with m.State("LOAD"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid):
                m.d.sync += bitmap.eq(Cat(bitmap, self.i.payload.data)[8:])
                with m.If(fill == per_step - 1):
                    m.d.sync += fill.eq(0)
                    m.next = "BITMAP"
                with m.Else():
                    m.d.sync += fill.eq(fill + 1)

        with m.State("BITMAP"):
            m.d.comb += self.o_spikes.valid.eq(1)
            with m.If(self.o_spikes.ready):
                with m.If(plane == self.network.planes - 1):
                    m.d.sync += plane.eq(0)
                    m.next = "WAIT"
                with m.Else():
                    m.d.sync += plane.eq(plane + 1)
                    m.next = "LOAD"

    def _load_words(self, m: Module) -> None:
        """Build the state that hands the bytes of an INFER on, as words of another width."""
        per_step = step_bytes(self.network.inputs)
        m.submodules.repack = repack = Repack(
            bits=8, count=per_step, out_bits=self.words.bits, total=self.network.inputs
        )
        wiring.connect(m, repack.o, wiring.flipped(self.o_spikes))
        m.d.comb += repack.i.payload.eq(self.i.payload.data)
        with m.State("LOAD"):
            m.d.comb += [repack.i.valid.eq(self.i.valid), self.i.ready.eq(repack.i.ready)]
            with m.If(self.i.valid & repack.i.ready & self.i.payload.last):
                m.next = "WAIT"

    def _ended(self, m: Module) -> None:
        """After the answer to RESET or RATE, wait for what was asked for."""
        right = self.status == Status.OK
        for command, state in ((Command.RESET, "RESTART"), (Command.RATE, "CHANGE")):
            if command in self.optional:
                with m.If(right & (self.command == command)):
                    m.next = state

    def _answered(self, m: Module) -> None:
        """Take the result with the last byte of its answer."""
        m.d.comb += self.i_result.ready.eq(self.command.matches(Command.INFER, Command.RUN))

    def _pick(self, m: Module, byte: Signal) -> None:
        """Pick a byte: of what the board says of itself, of what it counted, a result, a trace."""
        inferences = [Command.INFER]
        if Command.RUN in self.optional:  # its answer begins as that to INFER: one shifter
            inferences.append(Command.RUN)
        with m.Switch(self.command):
            with m.Case(Command.HELLO):
                m.d.sync += byte.eq(self._identity())
            with m.Case(*inferences):
                self._pick_of_result(m, byte)
            if Command.STATUS in self.optional:
                with m.Case(Command.STATUS):
                    m.d.sync += byte.eq(self._byte_of(self.i_status))
            if self.sensors:
                with m.Case(Command.POWER):
                    m.d.sync += byte.eq(self._byte_of(self.i_power))
            with m.Default():
                m.d.sync += byte.eq(self.trace_data)
                self._next_of_trace(m)

    def _pick_of_result(self, m: Module, byte: Signal) -> None:
        """Pick a byte of a result, and of what a RUN has after it.

        Where the trace ends with the outputs, it is read from there on, and then from its beginning
        again.
        """
        read = 8 * (self._size - self._head)
        counted = self.i_result.payload.as_value()[: 8 * self._head]
        if Command.RUN in self.optional:
            counted = Cat(counted, Const(0, read), self.i_run)
        m.d.sync += byte.eq(self._byte_of(counted))
        if not read:
            return
        begins = trace_step_bytes(self.network) - (self._size - self._head)
        with m.If(self.position < self._head):
            m.d.sync += [
                self.trace_address.step.eq(self.network.steps - 1),
                self.trace_address.byte.eq(begins),
            ]
        with m.Elif(self.position < self._size):
            m.d.sync += byte.eq(self.trace_data)
            self._next_of_trace(m)

    def _next_of_trace(self, m: Module) -> None:
        """Count on to the next byte of the trace, and after its last to its first."""
        step, byte = self.trace_address.step, self.trace_address.byte
        with m.If(byte != trace_step_bytes(self.network) - 1):
            m.d.sync += byte.eq(byte + 1)
        with m.Else():
            m.d.sync += byte.eq(0)
            m.d.sync += step.eq(Mux(step == self.network.steps - 1, 0, step + 1))


def core(
    *, clock_hz: int = 25_000_000, most_bits: int = MOST_BITS, load: int = 0,
    optional: Collection[Command] = OPTIONAL, **network: Any,
) -> CommandProcessor:
    """Make the processor of a made-up network on a real board.

    The other keywords are those of :func:`~spikewright_hw.engine.example.example_network`.
    """
    made = example_network(**network)
    hello = hello_of(
        made, kind=Kind.REAL, clock_hz=clock_hz, divisor=25, digest=made.digest(), load=load,
        optional=optional,
    )
    words = input_words(made, most=most_bits)
    return CommandProcessor(
        network=made, hello=hello, words=words, load=load, optional=optional
    )
