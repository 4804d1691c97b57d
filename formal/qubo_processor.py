"""What is proved of the processor of a board of independent sets."""

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Assume, Cover

from faults import Spec, Through
from packets import (
    BUSY,
    EARLY,
    LAST,
    LATE,
    REFUSED,
    SEQUENCE,
    STATUS,
    UNSTEADY,
    WITHDRAWN,
    assume_packets,
    check_answer,
    check_idle,
    seen_answer,
)
from properties import Observed, anything, drive, observe, stall
from spikewright_hw.protocol import UNKNOWN_SEQUENCE, Kind, Status
from spikewright_hw.qubo.commands import QuboCommand, QuboHello
from spikewright_hw.qubo.qubo_processor import QuboProcessor
from spikewright_hw.qubo.shape import SearchShape

PAYLOAD = "the payload of an answer is what the board is, the result, or the set, byte by byte"
READ = "a request is read to its end, and none while an answer is due"
WRITTEN = "each word of a right GRAPH is written when its bytes are in, and nothing else"
ROW = "a word is written where it belongs, as its bytes are"
STARTED = "a search is started by each right SOLVE, once, and by nothing else"
PROBLEM = "a search starts from the numbers of its SOLVE"
TAKEN = "the result is taken with the last byte of the answer to SOLVE, and at no other time"

#: Properties that each planted fault turns red.
FAULTS = {
    "withdrawn": (WITHDRAWN, LATE),
    "unsteady": (UNSTEADY, SEQUENCE),
    "early": (EARLY,),
    "late": (LATE,),
    "sequence": (SEQUENCE,),
    "status": (STATUS,),
    "last": (LAST,),
    "byte": (PAYLOAD,),
    "read": (READ,),
    "refused": (REFUSED,),
    "written": (WRITTEN,),
    "row": (ROW,),
    "started": (STARTED,),
    "problem": (PROBLEM,),
    "taken": (TAKEN,),
    "rests": (BUSY,),
}

#: Those of what is written into the graph, and of searches.
_GRAPH, _SEARCH = ("written", "row"), ("started", "problem", "taken")

#: Packets are no longer than this: that of SOLVE, and one more.
LONGEST = 21
#: Cycles in which no byte of an answer is offered, between two of them; and before the first, the
#: check of a SOLVE.
BETWEEN = 3


class _Requests:
    """Requests, read byte by byte and judged as ``docs/qubo.md`` says.

    Assumes of the frame decoder what :func:`~packets.assume_packets` does; of the search, that it
    gives a result only after it was started, and holds it. The core does not look at what it hands
    on, so each byte of a result, of a set and of what the board is tells its place.
    """

    def __init__(self, m: Module, dut: QuboProcessor):
        self.dut = dut
        self.index = Signal(range(LONGEST + 1))  # bytes of the packet that came
        self.sequence, self.code, self.status = Signal(8), Signal(8), Signal(8)
        self.bytes = [Signal(8, name=f"byte_{at}") for at in range(LONGEST)]
        self.owed = Signal()  # the request is over, and its answer is not
        self.head = Signal(range(3))  # bytes of the answer's head that are out
        self.place = Signal(range(max(size for _, size in dut.sizes.values())))
        self.searches, self.found, self.solved = Signal(), Signal(), Signal()
        self.i, self.error = drive(m, dut.i), drive(m, dut.i_error)
        stall(m, dut.o)
        stall(m, dut.o_problem)
        self._assume(m)
        self._answers(m)
        self._read(m)
        self._follow(m, observe(dut.o))

    def is_right(self, command: QuboCommand) -> Value:
        """Return whether the packet that comes, or the last one, is a right one of a command."""
        payload, _ = self.dut.sizes[command]
        return (self.code == command) & (self.length == payload + 2)

    @property
    def vertex(self) -> Value:
        """Vertex of a GRAPH."""
        return Cat(self.bytes[2], self.bytes[3])

    @property
    def solves(self) -> Value:
        """Whether the request is a SOLVE of numbers that fit."""
        vertices, target = Cat(self.bytes[2:4]), Cat(self.bytes[4:6])
        most = self.dut.shape.vertices
        fits = (vertices >= 1) & (vertices <= most) & (target <= most)
        return self.owed & (self.sequence != UNKNOWN_SEQUENCE) & self.solving & fits

    @property
    def idle(self) -> Value:
        """Whether a request may begin."""
        return (self.index == 0) & ~self.owed

    @property
    def ok(self) -> Value:
        """Whether the request is answered with a payload."""
        return (self.status == Status.OK) & (self.code != QuboCommand.GRAPH)

    @property
    def due(self) -> Value:
        """Whether an answer may come: the request is over, and its result is there."""
        return self.owed & (~self.solves | self.found)

    def _assume(self, m: Module) -> None:
        i = self.i
        self.length = assume_packets(
            m, self.dut, index=self.index, longest=LONGEST, i=i, error=self.error
        )
        self.solving = Signal()
        with m.If(i.valid & (self.index == 0)):
            m.d.comb += Assume(
                i.payload[:8] != UNKNOWN_SEQUENCE, "no command has the sequence number 0"
            )

    def _answers(self, m: Module) -> None:
        """Give a result after a search, and the words of a set, in bytes that tell their place."""
        dut = self.dut
        offered = Signal()
        m.d.comb += [
            dut.i_result.valid.eq(anything(1)),
            Assume(dut.i_result.valid | ~offered, "the search does not withdraw a result"),
            Assume(~dut.i_result.valid | self.searches, "a result is that of a search"),
        ]
        m.d.sync += offered.eq(dut.i_result.valid & ~dut.i_result.ready)
        widths = {"size": 2, "reached": 6, "scan": 6, "cycles": 6}
        at, told = 0, []
        for name, width in widths.items():
            field = dut.i_result.payload[name]
            number = int.from_bytes(bytes(0x51 + at + one for one in range(width)), "little")
            number &= (1 << len(field)) - 1
            m.d.comb += field.eq(number)
            told += number.to_bytes(width, "little")
            at += width
        word = dut.shape.lanes // 8
        sets = [0xA0 ^ place for place in range(dut.row_bytes)]
        words = Array(
            int.from_bytes(bytes(sets[at : at + word]), "little")
            for at in range(0, len(sets), word)
        )
        m.d.sync += dut.best_data.eq(words[dut.best_address])
        self.payloads = {
            QuboCommand.HELLO: [*dut.hello.pack()], QuboCommand.SOLVE: told, QuboCommand.SET: sets,
        }

    def _read(self, m: Module) -> None:
        """Follow what goes in, and judge a packet at its last byte."""
        i, dut = self.i, self.dut
        byte, last = i.payload[:8], i.payload[8]
        code, verdict, right = Signal(8), Signal(8), Signal()
        m.d.comb += [
            code.eq(Mux(self.index == 1, byte, self.code)), verdict.eq(Status.UNKNOWN_COMMAND)
        ]
        for command, (payload, _) in dut.sizes.items():
            with m.If(code == command):
                m.d.comb += right.eq(dut.i_length == payload + 2)
                m.d.comb += verdict.eq(Mux(right, Status.OK, Status.BAD_LENGTH))
        most = dut.shape.vertices
        vertices, target = Cat(self.bytes[2:4]), Cat(self.bytes[4:6])
        with m.If(right & (code == QuboCommand.GRAPH) & (self.vertex >= most)):
            m.d.comb += verdict.eq(Status.OUT_OF_RANGE)
        with m.If(right & (code == QuboCommand.SET) & ~self.solved):
            m.d.comb += verdict.eq(Status.NO_INFERENCE)
        wrong = (vertices == 0) | (vertices > most) | (target > most)
        with m.If(right & (code == QuboCommand.SOLVE) & wrong):
            m.d.comb += verdict.eq(Status.OUT_OF_RANGE)
        with m.If(self.error.transfers):
            m.d.sync += [
                self.owed.eq(1), self.sequence.eq(UNKNOWN_SEQUENCE), self.solving.eq(0),
                self.status.eq(self.error.payload),
            ]
        with m.If(i.transfers):
            m.d.sync += [
                self.index.eq(Mux(last, 0, self.index + 1)),
                Array(self.bytes)[self.index].eq(byte),
            ]
            with m.If(self.index == 0):
                m.d.sync += self.sequence.eq(byte)
            with m.If(self.index == 1):
                m.d.sync += self.code.eq(byte)
            with m.If((self.index == 2) & self.is_right(QuboCommand.GRAPH)):
                m.d.sync += self.solved.eq(0)
            with m.If(last):
                m.d.sync += [
                    self.owed.eq(1), self.status.eq(verdict),
                    self.solving.eq(right & (code == QuboCommand.SOLVE)),
                ]

    def _follow(self, m: Module, o: Observed) -> None:
        """Follow the search and the answer."""
        dut = self.dut
        with m.If(dut.o_problem.valid & dut.o_problem.ready):
            m.d.sync += self.searches.eq(1)
        with m.If(dut.i_result.valid):
            m.d.sync += [self.found.eq(1), self.solved.eq(1)]
        with m.If(dut.i_result.valid & dut.i_result.ready):
            m.d.sync += self.searches.eq(0)
        with m.If(o.transfers):
            with m.If(self.head != 2):
                m.d.sync += self.head.eq(self.head + 1)
            with m.Else():
                m.d.sync += self.place.eq(self.place + 1)
            with m.If(o.payload[8]):
                m.d.sync += [
                    one.eq(0) for one in (self.owed, self.head, self.place, self.found)
                ]


class QuboProcessorSpec(Spec):
    """Each request gets one answer, the one that is due, and what is malformed changes nothing."""

    def __init__(self, dut: QuboProcessor):
        self.dut = dut

    def surround(self, m: Module) -> _Requests:
        m.submodules.dut = self.dut
        return _Requests(m, self.dut)

    def check(self, m: Module, seen: _Requests, fault: str) -> None:
        # A fault is planted in what one of these sees, and the others do not see it.
        if fault not in ("read", "refused", "rests", *_GRAPH, *_SEARCH):
            self._answer(m, seen, self._seen(m, seen, fault))
        if fault in ("", "read", "refused", "rests"):
            self._requests(m, seen, fault)
        if fault in ("", *_GRAPH):
            self._graph(m, seen, fault)
        if fault in ("", *_SEARCH):
            self._search(m, seen, fault)
        over = observe(self.dut.o).transfers & self.dut.o.payload.last
        m.d.comb += [
            Cover(over & (seen.status == status), f"an answer is {status.name}")
            for status in (
                Status.UNKNOWN_COMMAND, Status.BAD_LENGTH, Status.NO_INFERENCE, Status.OK
            )
        ]

    def _seen(self, m: Module, now: _Requests, fault: str) -> Observed:
        """Return the answer as it is seen through a fault."""
        wrong = {"byte": Const(1, 1)}
        return seen_answer(m, self.dut, now, fault=fault, wrong=wrong, between=BETWEEN)

    def _answer(self, m: Module, now: _Requests, o: Observed) -> None:
        """State what an answer is, and when it comes."""
        check_answer(m, now, o, between=BETWEEN)
        data, last = o.payload[:8], o.payload[8]
        with m.If(o.valid & now.due):
            for command, told in now.payloads.items():
                with m.If((now.head == 2) & (now.code == command)):
                    byte = Array(Const(one, 8) for one in told)[now.place]
                    m.d.comb += [
                        Assert(data == byte, PAYLOAD),
                        Assert(last == (now.place == len(told) - 1), LAST),
                    ]

    def _requests(self, m: Module, now: _Requests, fault: str) -> None:
        """State when requests are read."""
        dut = self.dut
        read = dut.i.ready ^ ((now.index == 1) & (fault == "read"))
        with m.If(dut.i.valid):
            m.d.comb += Assert(
                read == Mux(now.index == 0, now.idle & ~dut.i_error.valid, 1), READ
            )
        check_idle(m, dut, now, fault=fault)

    def _graph(self, m: Module, now: _Requests, fault: str) -> None:
        """State what is written into the graph."""
        dut, size = self.dut, self.dut.shape.lanes // 8
        ends = Signal()  # the byte before ended a word of a right GRAPH
        index = Signal.like(now.index)
        whole = Array(
            at >= 4 and (at - 3) % size == 0 for at in range(LONGEST + 1)
        )
        m.d.sync += [
            ends.eq(now.i.transfers & now.is_right(QuboCommand.GRAPH) & whole[now.index]),
            index.eq(now.index),
        ]
        due = ends & (now.vertex < dut.shape.vertices)
        written = dut.row_write ^ ((now.index == 3) & (fault == "written"))
        m.d.comb += Assert(written == due, WRITTEN)
        with m.If(dut.row_write & due):
            for word in range(dut.shape.words):
                with m.If(index == 3 + size * (word + 1)):
                    row = Cat(now.bytes[4 + size * word : 4 + size * (word + 1)])
                    m.d.comb += Assert(
                        (dut.row_data == row ^ (fault == "row")) & (dut.row_word == word)
                        & (dut.row_vertex == now.vertex), ROW,
                    )

    def _search(self, m: Module, now: _Requests, fault: str) -> None:
        """State when a search begins, from what, and when its result is taken."""
        dut, o = self.dut, observe(self.dut.o)
        begun = Signal()  # in this request
        with m.If(dut.o_problem.valid & dut.o_problem.ready):
            m.d.sync += begun.eq(1)
        with m.If(~now.owed):
            m.d.sync += begun.eq(0)
        offered = dut.o_problem.valid | ((now.index == 2) & (fault == "started"))
        m.d.comb += Assert(~offered | (now.solves & ~begun), STARTED)
        with m.If(dut.o_problem.valid):
            at = 2
            for name, width in {
                "vertices": 2, "target": 2, "seed": 4, "rest": 1, "spread": 1, "noise": 2,
                "timeout": 6,
            }.items():
                field = dut.o_problem.payload[name]
                number = Cat(now.bytes[at : at + width])[: len(field)]
                m.d.comb += Assert(field == number ^ (fault == "problem"), PROBLEM)
                at += width
        taken = dut.i_result.ready ^ ((now.head == 1) & (fault == "taken"))
        over = o.transfers & o.payload[8] & now.solves
        m.d.comb += Assert(taken == over, TAKEN)


def processor(*, vertices: int, lanes: int) -> QuboProcessor:
    """Make the processor of small graphs, with few bits of time."""
    shape = SearchShape(vertices=vertices, lanes=lanes, time_bits=9)
    hello = QuboHello(kind=Kind.REAL, vertices=vertices, lanes=lanes, clock_hz=0x12345678)
    return QuboProcessor(shape=shape, hello=hello)


def specs() -> dict[str, Elaboratable]:
    return {
        "qubo_processor_n9_l8": QuboProcessorSpec(processor(vertices=9, lanes=8)),
        "qubo_processor_n9_l16": QuboProcessorSpec(processor(vertices=9, lanes=16)),
        "qubo_processor_fault": Through(
            QuboProcessorSpec(processor(vertices=9, lanes=8)), FAULTS
        ),
    }
