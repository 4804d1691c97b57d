"""What all correlation circuits share: pairs of bits in, the same ones in another order out."""

from typing import Any

from amaranth import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Correlator"]


class Correlator(wiring.Component):
    """Moves ones in time, each lane for itself, and loses and invents none; a subclass says how.

    What went in and did not yet come out is *inside*: at most ``capacity`` ones of a stream. They
    come out later, or stay there for good if the streams end. Hence, over any run of bits that
    follow each other without ``clear``, the ones that came out of a stream differ from those that
    went in by ``capacity`` at most: by the ones that were inside before, less those that are inside
    after. Over ``n`` bits a value is therefore exact to within ``capacity / n``.

    The latency is one clock cycle, and the throughput is one pair a lane per clock cycle for as
    long as ``o.ready`` is high. A stalled stream moves nothing.

    Parameters
    ----------
    lanes : int, at least 1
        Pairs of bitstreams side by side.
    state : ShapeLike
        Shape of a lane's state, which is zero after reset.
    ports : dict
        Further members.

    Attributes
    ----------
    states : list of Signal
        The state of each lane.

    Members
    -------
    clear : In(1)
        Between two runs: forgets all that is inside. While it is high, no pair is taken; the last
        pair offered at ``o`` stays there until it is taken.
    i : In(stream.Signature(StructLayout({"a": lanes, "b": lanes})))
        Pairs, bit ``k`` of each half belonging to lane ``k``.
    o : Out(stream.Signature(StructLayout({"a": lanes, "b": lanes})))
        Pairs.
    """

    clear: Signal
    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, lanes: int, state: Any, ports: dict[str, Any] | None = None):
        if lanes < 1:
            raise ValueError(f"a correlation circuit has at least one lane, not {lanes}")
        self.lanes = lanes
        self.states = [Signal(state, name=f"state_{lane}") for lane in range(lanes)]
        pairs = stream.Signature(data.StructLayout({"a": lanes, "b": lanes}))
        super().__init__({"clear": In(1), "i": In(pairs), "o": Out(pairs), **(ports or {})})

    def step(self, state: Any, a: Value, b: Value) -> tuple[Any, Any, Any]:
        """Return a lane's next state and pair; each subclass says how."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it moves ones")

    def elaborate(self, platform) -> Module:
        """Build the lanes and the output register."""
        m = Module()
        taken = Signal()
        m.d.comb += [
            self.i.ready.eq((self.o.ready | ~self.o.valid) & ~self.clear),
            taken.eq(self.i.ready & self.i.valid),
        ]
        m.d.sync += self.o.valid.eq(taken | (self.o.valid & ~self.o.ready))
        for lane in range(self.lanes):
            state = self.states[lane]
            following, a, b = self.step(state, self.i.payload.a[lane], self.i.payload.b[lane])
            with m.If(self.clear):
                m.d.sync += state.eq(0)
            with m.Elif(taken):
                m.d.sync += [
                    state.eq(following),
                    self.o.payload.a[lane].eq(a),
                    self.o.payload.b[lane].eq(b),
                ]
        return m
