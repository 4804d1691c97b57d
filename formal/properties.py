"""Properties and environments of streams, for the spec of any core that has one.

A spec builds its core as ``m.submodules.dut``, drives every input through :func:`drive` (a
well-behaved source) and :func:`stall` (a sink that is ready whenever it likes), and states what
must hold with :func:`held` and :class:`InOrder`. Registers here are in the core's own clock domain,
so a reset in the middle of a run resets core and spec together, and is part of every proof.
"""

from itertools import pairwise
from typing import Any

from amaranth import Array, Cat, Elaboratable, Module, Mux, Shape, Signal, Value
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover

__all__ = ["InOrder", "Observed", "anything", "drive", "held", "observe", "stall"]


def anything(shape: Any) -> Value:
    """Return a value that the solver picks anew in every cycle."""
    return AnySeq(Shape.cast(shape))


class Observed:
    """What a spec sees of a stream: the core's own signals, or a tampered copy of them."""

    def __init__(self, *, payload: Any, valid: Any, ready: Any):
        self.payload = Value.cast(payload)
        self.valid = Value.cast(valid)
        self.ready = Value.cast(ready)

    @property
    def transfers(self) -> Value:
        """Whether a payload passes at this clock edge."""
        return self.valid & self.ready


def observe(port: Any) -> Observed:
    """Observe a stream of the core as it is."""
    return Observed(payload=port.payload, valid=port.valid, ready=port.ready)


def drive(m: Module, port: Any) -> Observed:
    """Drive an input stream with anything a well-behaved source may do, and observe it.

    Assumes that an offer, once made, stands unchanged until it is taken.
    """
    payload, valid = anything(Value.cast(port.payload).shape()), anything(1)
    m.d.comb += [Value.cast(port.payload).eq(payload), port.valid.eq(valid)]
    stalled, offered = _remember_offer(m, observe(port))
    with m.If(stalled):
        m.d.comb += [
            Assume(valid, "the source does not withdraw an offer"),
            Assume(payload == offered, "the source holds the payload of an offer"),
        ]
    return observe(port)


def stall(m: Module, port: Any) -> None:
    """Drive the ready of an output stream with anything at all; assumes nothing."""
    m.d.comb += port.ready.eq(anything(1))


def held(m: Module, port: Observed, *, name: str) -> None:
    """Assert that an output stream keeps its offers, and cover that this is put to the test."""
    stalled, offered = _remember_offer(m, port)
    with m.If(stalled):
        m.d.comb += [
            Assert(port.valid, f"{name}: an offer is not withdrawn while it stalls"),
            Assert(port.payload == offered, f"{name}: a payload is held while it stalls"),
            Cover(port.transfers, f"{name}: an offer that stalled is taken"),
        ]


def _remember_offer(m: Module, port: Observed) -> tuple[Signal, Signal]:
    stalled = Signal()
    offered = Signal(port.payload.shape())
    m.d.sync += [stalled.eq(port.valid & ~port.ready), offered.eq(port.payload)]
    return stalled, offered


class InOrder(Elaboratable):
    """Nothing is lost, repeated, reordered or invented between an input and an output.

    For a core that turns each input payload into one output payload. Beside the core runs a queue
    of what is still owed, and the output is compared with its head whenever it is valid.

    Parameters
    ----------
    i, o : Observed
        Input and output.
    expected : Value, optional
        Output payload owed for the input payload that is being offered; without it payloads are
        only counted.
    capacity : int
        How many payloads the core may hold.
    latency : int
        Within how many clock cycles a payload that came is offered, if none is before it. A proof
        by induction needs a depth of at least ``latency + 2``.
    name : str
        What the messages begin with.
    """

    def __init__(
        self,
        *,
        i: Observed,
        o: Observed,
        expected: Any = None,
        capacity: int,
        latency: int,
        name: str,
    ):
        self.i = i
        self.o = o
        self.expected = expected
        self.capacity = capacity
        self.latency = latency
        self.name = name

    def elaborate(self, platform) -> Module:
        """Build the queue and the properties."""
        m = Module()
        # A bit wider than the capacity needs, so that a core that takes too much is seen to.
        level = Signal(range(self.capacity + 2))
        waited = Signal(range(self.latency + 2))
        after = Signal(range(self.capacity + 2))
        m.d.comb += after.eq(level - self.o.transfers)
        m.d.sync += level.eq(after + self.i.transfers)
        m.d.sync += waited.eq(Mux((level != 0) & ~self.o.valid, waited + 1, 0))
        if self.expected is not None:
            self._compare(m, after)
        with m.If(self.o.valid):
            m.d.comb += Assert(level != 0, f"{self.name}: nothing is repeated or invented")
        m.d.comb += [
            Assert(
                ~self.i.transfers | (after != self.capacity),
                f"{self.name}: no payload is taken beyond the capacity",
            ),
            Assert(waited < self.latency, f"{self.name}: no payload is lost or kept back"),
            Assert(level <= self.capacity, f"{self.name}: the queue is in range"),
        ]

        # Witnesses.
        flowing = Cat(self.i.transfers, self.o.transfers).all()
        m.d.comb += [
            Cover(flowing, f"{self.name}: one payload goes in while another goes out"),
            Cover(level == self.capacity, f"{self.name}: the core is full"),
        ]
        return m

    def _compare(self, m: Module, after: Signal) -> None:
        """Keep what is owed, the oldest first, and compare the output with it."""
        owed = [
            Signal(self.o.payload.shape(), name=f"owed_{index}") for index in range(self.capacity)
        ]
        with m.If(self.o.transfers):
            for this, following in pairwise(owed):
                m.d.sync += this.eq(following)
        with m.If(self.i.transfers):
            m.d.sync += Array(owed)[after].eq(self.expected)
        with m.If(self.o.valid):
            m.d.comb += Assert(
                self.o.payload == owed[0], f"{self.name}: each payload is the one owed"
            )
