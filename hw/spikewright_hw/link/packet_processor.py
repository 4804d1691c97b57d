"""Packet processor: what the processors of all boards have in common."""

from abc import abstractmethod
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Protocol

from amaranth import Array, Cat, Const, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..protocol import MAX_FRAME, UNKNOWN_SEQUENCE, Status
from .packet import PACKET

__all__ = ["PacketProcessor"]


class _Packed(Protocol):
    """What a board says of itself."""

    def pack(self) -> bytes:
        """Return it as the payload of an answer."""
        ...


class PacketProcessor(wiring.Component):
    """Answers each packet, and each refused frame, with one packet; its heirs do the commands.

    One command is in work at a time; the next packet waits. A packet whose code or length is wrong
    is read to its end before it is answered, and no state of a command sees it. An answer's payload
    takes three clock cycles a byte.

    An heir enters the states of its commands in :meth:`_accept`, and each of them ends in
    ``SEQUENCE``, which begins the answer.

    Parameters
    ----------
    sizes : mapping
        Of each command: the bytes of its payload, and of its answer's.
    hello : object with pack()
        What the board says of itself.
    members : mapping
        Ports that the heir has besides those of here.

    Members
    -------
    i : In(stream.Signature(PACKET))
        Commands: bytes ``data``, and ``last`` at the last byte of a packet; at least two bytes
        each: sequence, code, payload.
    i_length : In(range(MAX_FRAME))
        Bytes of the packet on ``i``, from its first byte to its last.
    i_error : In(stream.Signature(Status))
        Why a frame was refused; answered before any waiting packet.
    o : Out(stream.Signature(PACKET))
        Answers, in the same form: sequence, status, payload.
    busy : Out(1)
        A command is in work, or its answer on the way out.
    """

    i: stream.Interface
    i_length: Signal
    i_error: stream.Interface
    o: stream.Interface
    busy: Signal

    def __init__(
        self, *, sizes: Mapping[Any, tuple[int, int]], hello: _Packed, members: Mapping[str, Any]
    ):
        self.sizes = dict(sizes)
        self.hello: Any = hello
        super().__init__({
            "i": In(stream.Signature(PACKET)),
            "i_length": In(range(MAX_FRAME)),
            "i_error": In(stream.Signature(Status)),
            "o": Out(stream.Signature(PACKET)),
            "busy": Out(1),
            **members,
        })
        # The answer that is due: its head, and the bytes of its payload.
        self.sequence, self.status = Signal(8), Signal(Status)
        self.command: Any = Signal(type(next(iter(self.sizes))))
        self.length = Signal(range(max(size for _, size in self.sizes.values()) + 1))
        self.position = Signal.like(self.length)

    def elaborate(self, platform) -> Module:
        """Build the reader of commands, the commands, and the writer of answers."""
        m = Module()
        with m.FSM() as fsm:
            self._take(m)
            self._work(m)
            self._answer(m)
        m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
        self._watch(m, fsm)
        return m

    @abstractmethod
    def _accept(self, m: Module, command: IntEnum) -> None:
        """Say which state follows the head of a right packet; the answer, if none does."""

    @abstractmethod
    def _work(self, m: Module) -> None:
        """Build the states of the commands."""

    @abstractmethod
    def _pick(self, m: Module, byte: Signal) -> None:
        """Put the byte at ``position`` of the payload into a register."""

    def _watch(self, m: Module, fsm: Any) -> None:
        """Build what follows from the states of all commands."""

    def _answered(self, m: Module) -> None:
        """Build what goes with the last byte of a payload."""

    def _ended(self, m: Module) -> None:
        """Build what goes with the end of an answer that has no payload."""

    def _refuse(self, m: Module, status: Status) -> None:
        """Answer with a status alone."""
        m.d.sync += [self.status.eq(status), self.length.eq(0)]

    def _identity(self) -> Value:
        """Return the byte at ``position`` of what the board says of itself."""
        return Array(Const(byte, 8) for byte in self.hello.pack())[self.position]

    def _byte_of(self, bits: Value) -> Value:
        """Return the byte at ``position`` of a word."""
        return (bits >> Cat(Const(0, 3), self.position))[:8]

    def _take(self, m: Module) -> None:
        """Build the states that read the head of a packet, and the rest of a wrong one."""
        with m.State("IDLE"):
            m.d.sync += self.length.eq(0)
            with m.If(self.i_error.valid):
                m.d.comb += self.i_error.ready.eq(1)
                m.d.sync += [
                    self.sequence.eq(UNKNOWN_SEQUENCE), self.status.eq(self.i_error.payload),
                ]
                m.next = "SEQUENCE"
            with m.Elif(self.i.valid):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += self.sequence.eq(self.i.payload.data)
                m.next = "COMMAND"

        with m.State("COMMAND"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid):
                m.d.sync += self.status.eq(Status.UNKNOWN_COMMAND)
                m.next = "DRAIN"
                with m.If(self.i.payload.last):
                    m.next = "SEQUENCE"
                with m.Switch(self.i.payload.data):
                    for command, (payload, length) in self.sizes.items():
                        with m.Case(command):
                            m.d.sync += [
                                self.command.eq(command), self.status.eq(Status.BAD_LENGTH),
                            ]
                            with m.If(self.i_length == payload + 2):
                                m.d.sync += [self.status.eq(Status.OK), self.length.eq(length)]
                                self._accept(m, command)

        with m.State("DRAIN"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid & self.i.payload.last):
                m.next = "SEQUENCE"

    def _answer(self, m: Module) -> None:
        """Build the states that write an answer: sequence, status, and payload byte by byte.

        A byte is picked from hundreds, and a memory answers a cycle late: three cycles for each,
        registers between them. The serial port takes far longer.
        """
        byte, last = Signal(8), Signal()
        with m.State("SEQUENCE"):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.data.eq(self.sequence)]
            with m.If(self.o.ready):
                m.next = "STATUS"

        with m.State("STATUS"):
            m.d.comb += [
                self.o.valid.eq(1),
                self.o.payload.data.eq(self.status),
                self.o.payload.last.eq(self.length == 0),
            ]
            with m.If(self.o.ready):
                m.next = "FETCH"
                with m.If(self.length == 0):
                    m.next = "IDLE"
                    self._ended(m)

        with m.State("FETCH"):
            m.next = "PICK"

        with m.State("PICK"):
            m.d.sync += last.eq(self.position + 1 == self.length)
            self._pick(m, byte)
            m.next = "PAYLOAD"

        with m.State("PAYLOAD"):
            m.d.comb += [
                self.o.valid.eq(1), self.o.payload.data.eq(byte), self.o.payload.last.eq(last),
            ]
            with m.If(self.o.ready):
                m.d.sync += self.position.eq(self.position + 1)
                m.next = "FETCH"
                with m.If(last):
                    self._answered(m)
                    m.d.sync += self.position.eq(0)
                    m.next = "IDLE"
