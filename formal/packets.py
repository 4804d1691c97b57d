"""What is assumed and proved of every processor of packets: its requests, and the head of answers.

Which command does what is stated in the spec of each; see ``command_processor.py``.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Assume

from properties import Observed, anything, held, observe
from spikewright_hw.link.packet_processor import PacketProcessor
from spikewright_hw.protocol import Status

__all__ = [
    "BUSY", "EARLY", "LAST", "LATE", "REFUSED", "SEQUENCE", "STATUS", "UNSTEADY", "WITHDRAWN",
    "Owed", "assume_packets", "check_answer", "check_idle", "seen_answer",
]

WITHDRAWN = "answer: an offer is not withdrawn while it stalls"
UNSTEADY = "answer: a payload is held while it stalls"
EARLY = "no byte of an answer comes before its request is over and its result is there"
LATE = "no answer is lost or kept back"
SEQUENCE = "an answer begins with the sequence number of its request, or 0 for a refused frame"
STATUS = "the status of an answer is the one that is due"
LAST = "the last byte of an answer is marked, and no other"
REFUSED = "a refused frame is answered before any waiting packet"
BUSY = "busy from the first byte of a request to the last of its answer"


class Owed(Protocol):
    """What is owed for the request in work, as a spec follows it."""

    index: Signal  # bytes of the packet that came
    owed: Signal  # the request is over, and its answer is not
    head: Signal  # bytes of the answer's head that are out
    sequence: Signal
    status: Signal

    @property
    def idle(self) -> Value:
        """Whether a request may begin."""
        ...

    @property
    def ok(self) -> Value:
        """Whether the request is answered with a payload."""
        ...

    @property
    def due(self) -> Value:
        """Whether an answer may come."""
        ...


def assume_packets(
    m: Module, dut: PacketProcessor, *, index: Signal, longest: int, i: Observed, error: Observed
) -> Signal:
    """Send any packets of up to ``longest`` bytes; return the length of that which began.

    Assumes of the frame decoder that a packet has the length that it tells, two bytes at least, and
    that it refuses a frame as something else than OK.
    """
    length, begun = Signal.like(dut.i_length, name="length"), Signal(name="begun")
    m.d.comb += [
        dut.i_length.eq(anything(dut.i_length.shape())),
        Assume(~error.valid | (error.payload != Status.OK), "a refusal is not OK"),
    ]
    m.d.sync += [length.eq(dut.i_length), begun.eq(i.valid & ~i.ready)]
    with m.If(begun | (index != 0)):
        m.d.comb += Assume(dut.i_length == length, "the length is that of the whole packet")
    with m.If(i.valid):
        m.d.comb += [
            Assume((dut.i_length >= 2) & (dut.i_length <= longest), "the length of a packet"),
            Assume(i.payload[8] == (index + 1 == dut.i_length), "a packet has that length"),
        ]
    return length


def seen_answer(
    m: Module, dut: PacketProcessor, now: Owed, *, fault: str, wrong: Mapping[str, Value],
    between: int,
) -> Observed:
    """Return the answer as it is seen through a fault.

    ``wrong`` says in which bytes of a payload a fault turns a bit; in at most ``between`` cycles no
    byte is offered.
    """
    o = observe(dut.o)
    data, last, valid = o.payload[:8], o.payload[8], o.valid
    stalled, waits = Signal(), Signal(range(between + 2))
    m.d.sync += [
        stalled.eq(o.valid & ~o.ready),
        waits.eq(Mux(now.due & (waits <= between), waits + 1, waits)),
    ]
    first = now.head == 0
    turned = {
        "unsteady": first & stalled, "sequence": first, "status": now.head == 1,
        **{name: (now.head == 2) & place for name, place in wrong.items()},
    }
    data = data ^ turned.get(fault, Const(0, 1))
    if fault == "last":
        last = last ^ first
    elif fault == "withdrawn":
        valid = valid & ~(stalled & first)
    elif fault == "early":
        valid = valid | ((now.index == 1) & o.ready)
    elif fault == "late":
        valid = valid & (waits > between)
    return Observed(payload=Cat(data, last), valid=valid, ready=o.ready)


def check_answer(m: Module, now: Owed, o: Observed, *, between: int) -> None:
    """State when an answer comes, and what its head is."""
    held(m, o, name="answer")
    waited = Signal(range(between + 2))
    m.d.sync += waited.eq(
        Mux(now.due & ~o.valid, Mux(waited > between, waited, waited + 1), 0)
    )
    m.d.comb += [Assert(~o.valid | now.due, EARLY), Assert(waited <= between, LATE)]
    data, last = o.payload[:8], o.payload[8]
    with m.If(o.valid & now.due):
        with m.If(now.head == 0):
            m.d.comb += [Assert(data == now.sequence, SEQUENCE), Assert(~last, LAST)]
        with m.Elif(now.head == 1):
            m.d.comb += [Assert(data == now.status, STATUS), Assert(last == ~now.ok, LAST)]


def check_idle(m: Module, dut: Any, now: Owed, *, fault: str) -> None:
    """State when a refused frame is answered, and when the processor is busy."""
    refused = dut.i_error.ready & (fault != "refused")
    busy = dut.busy ^ (now.owed & (fault == "rests"))
    with m.If(dut.i_error.valid):
        m.d.comb += Assert(refused == now.idle, REFUSED)
    m.d.comb += Assert(busy == ~now.idle, BUSY)
