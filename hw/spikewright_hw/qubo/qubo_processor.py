"""QUBO processor: joins packets and the search for an independent set."""

from enum import IntEnum
from typing import Any

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from ..link.packet_processor import PacketProcessor
from ..protocol import OVERHEAD, Kind, Status
from .commands import PROBLEM_BYTES, TIME_BYTES, QuboCommand, QuboHello, QuboResult, row_bytes
from .shape import SearchShape

__all__ = ["PRESETS", "QuboProcessor", "core"]

PRESETS = {
    "n12_l8": {"vertices": 12, "lanes": 8},
    "n40_l16": {"vertices": 40, "lanes": 16},
}

#: A SOLVE payload, and a result, as they lie on the link.
_PROBLEM = data.StructLayout({
    "vertices": 16, "target": 16, "seed": 32, "rest": 8, "spread": 8, "noise": 16,
    "timeout": 8 * TIME_BYTES,
})
_RESULT = data.StructLayout({
    "size": 16, "reached": 8 * TIME_BYTES, "scan": 8 * TIME_BYTES, "cycles": 8 * TIME_BYTES,
})


class QuboProcessor(PacketProcessor):
    """Answers each packet, and each refused frame, with one packet.

    One command is in work at a time; the next packet waits. The words of a row are written as their
    bytes come; a packet whose code or length is wrong is read to its end before it is answered, and
    writes nothing. A search begins with the last byte of SOLVE, and the answer begins when it ends.
    An answer's payload takes three clock cycles a byte.

    Parameters
    ----------
    shape : SearchShape
        Gives the sizes of the commands and answers. Its lanes are at least 8.
    hello : QuboHello
        What the board says of itself.

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
    row_vertex : Out(range(vertices))
        Whose neighbours to write.
    row_word : Out(range(words))
        Which word of them.
    row_data : Out(lanes)
        A bit for each vertex of that word that is a neighbour.
    row_write : Out(1)
        Write it.
    o_problem : Out(stream.Signature(shape.problem))
        Starts a search.
    i_result : In(stream.Signature(shape.result))
        Its end; taken with the last byte of its answer.
    best_address : Out(range(words))
        Word of the best set to read.
    best_data : In(lanes)
        That word, one clock cycle later.
    busy : Out(1)
        A command is in work, or its answer on the way out.
    """

    row_vertex: Signal
    row_word: Signal
    row_data: Signal
    row_write: Signal
    o_problem: stream.Interface
    i_result: stream.Interface
    best_address: Signal
    best_data: Signal

    def __init__(self, *, shape: SearchShape, hello: QuboHello):
        if shape.lanes < 8:
            raise ValueError(f"lanes is {shape.lanes}; a word on a link has at least 8")
        self.shape = shape
        self.vertices, self.lanes, self.words = shape.vertices, shape.lanes, shape.words
        self.row_bytes = row_bytes(shape.vertices, shape.lanes)
        words = range(max(2, shape.words))
        super().__init__(
            sizes={
                QuboCommand.HELLO: (0, QuboHello.SIZE),
                QuboCommand.GRAPH: (2 + self.row_bytes, 0),
                QuboCommand.SOLVE: (PROBLEM_BYTES, QuboResult.SIZE),
                QuboCommand.SET: (0, self.row_bytes),
            },
            hello=hello,
            members={
                "row_vertex": Out(range(shape.vertices)),
                "row_word": Out(words),
                "row_data": Out(shape.lanes),
                "row_write": Out(1),
                "o_problem": Out(stream.Signature(shape.problem)),
                "i_result": In(stream.Signature(shape.result)),
                "best_address": Out(words),
                "best_data": In(shape.lanes),
            },
        )
        self.solved = Signal()  # an attribute, so that a proof can look at it

    @property
    def capacity(self) -> int:
        """Bytes of the longest frame, decoded."""
        return max(payload for payload, _ in self.sizes.values()) + OVERHEAD

    def _accept(self, m: Module, command: IntEnum) -> None:
        """Say which state follows the head of a right packet."""
        states = {QuboCommand.GRAPH: "VERTEX", QuboCommand.SOLVE: "PROBLEM"}
        if command in states:
            m.next = states[QuboCommand(command)]
        if command == QuboCommand.SET:
            with m.If(~self.solved):
                self._refuse(m, Status.NO_INFERENCE)

    def _work(self, m: Module) -> None:
        """Build the states of GRAPH and SOLVE."""
        self._store(m)
        self._solve(m)

    def _store(self, m: Module) -> None:
        """Build the states of a GRAPH: its vertex, and the words of its row."""
        bytes_of_word = self.shape.lanes // 8
        vertex = Signal(16)
        second, fits = Signal(), Signal()
        fill, word = Signal(range(max(2, bytes_of_word))), Signal.like(self.row_word)
        m.d.comb += [self.row_vertex.eq(vertex), fits.eq(vertex < self.shape.vertices)]
        m.d.sync += self.row_write.eq(0)
        with m.State("VERTEX"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid):
                m.d.sync += [
                    vertex.eq(Cat(vertex, self.i.payload.data)[8:]), second.eq(~second),
                    self.solved.eq(0),
                ]
                with m.If(second):
                    m.next = "ROW"
        with m.State("ROW"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid):
                m.d.sync += [
                    self.row_data.eq(Cat(self.row_data, self.i.payload.data)[8:]),
                    fill.eq(fill + 1),
                ]
                with m.If(fill == bytes_of_word - 1):
                    m.d.sync += [
                        fill.eq(0), self.row_write.eq(fits), self.row_word.eq(word),
                        word.eq(word + 1),
                    ]
                with m.If(self.i.payload.last):
                    m.d.sync += word.eq(0)
                    with m.If(~fits):
                        m.d.sync += self.status.eq(Status.OUT_OF_RANGE)
                    m.next = "SEQUENCE"

    def _solve(self, m: Module) -> None:
        """Build the states of a SOLVE: its payload, and the search."""
        most, problem = self.shape.vertices, Signal(_PROBLEM)
        m.d.comb += [
            self.o_problem.payload[name].eq(problem[name]) for name in self.shape.problem.members
        ]
        with m.State("PROBLEM"):
            m.d.comb += self.i.ready.eq(1)
            with m.If(self.i.valid):
                m.d.sync += problem.eq(Cat(problem, self.i.payload.data)[8:])
                with m.If(self.i.payload.last):
                    m.next = "CHECK"
        with m.State("CHECK"):
            m.next = "START"
            wrong = (problem.vertices == 0) | (problem.vertices > most) | (problem.target > most)
            with m.If(wrong):
                self._refuse(m, Status.OUT_OF_RANGE)
                m.next = "SEQUENCE"
        with m.State("START"):
            m.d.comb += self.o_problem.valid.eq(1)
            with m.If(self.o_problem.ready):
                m.next = "WAIT"
        with m.State("WAIT"):
            with m.If(self.i_result.valid):
                m.d.sync += self.solved.eq(1)
                m.next = "SEQUENCE"

    def _answered(self, m: Module) -> None:
        """Take the result with the last byte of its answer."""
        m.d.comb += self.i_result.ready.eq(self.command == QuboCommand.SOLVE)

    def _pick(self, m: Module, byte: Signal) -> None:
        """Pick a byte of the payload: of what the board is, of the result, or of the set."""
        result, size = Signal(_RESULT), self.shape.lanes // 8
        m.d.comb += [
            result[name].eq(self.i_result.payload[name]) for name in self.shape.result.members
        ]
        within = Cat(Const(0, 3), self.position[: (size - 1).bit_length()])
        with m.Switch(self.command):
            with m.Case(QuboCommand.HELLO):
                m.d.sync += byte.eq(self._identity())
            with m.Case(QuboCommand.SOLVE):
                m.d.sync += byte.eq(self._byte_of(result.as_value()))
            with m.Default():
                m.d.sync += byte.eq((self.best_data >> within)[:8])

    def _watch(self, m: Module, fsm: Any) -> None:
        """Read the word of the set that the next byte is in."""
        m.d.comb += self.best_address.eq(self.position // (self.shape.lanes // 8))


def core(*, clock_hz: int = 25_000_000, **shape: int) -> QuboProcessor:
    """Make the processor of a real board; keywords as of :class:`~.shape.SearchShape`."""
    made = SearchShape(**shape)
    hello = QuboHello(
        kind=Kind.REAL, vertices=made.vertices, lanes=made.lanes, clock_hz=clock_hz
    )
    return QuboProcessor(shape=made, hello=hello)
