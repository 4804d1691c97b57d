"""What is proved of every correlation circuit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from amaranth import Cat, Const, Elaboratable, Module, Signal, Value, signed
from amaranth.hdl import Assert, Cover

from faults import Planted, plant, stream_faults
from properties import InOrder, Observed, anything, drive, held, observe, stall
from spikewright_hw.stochastic.correlation.correlator import Correlator

__all__ = ["OWED", "STANDS", "CorrelatorSpec", "Lane", "correlator_faults"]

OWED = "pair: each payload is the one owed"

CLEARED = "no pair is taken while the state is cleared"
STANDS = "ones of {} in, less those out, are those that the state stands for"
INVENTED = "no one of {} is invented"
LOST = "no one of {} is lost: what is inside is in range"


@dataclass(frozen=True)
class Lane:
    """What a spec sees of a lane when a pair is taken.

    ``inside_a`` and ``inside_b`` are the ones that went in and did not come out, counted at the
    streams; ``a`` and ``b`` are the bits that come.
    """

    inside_a: Value
    inside_b: Value
    a: Value
    b: Value
    state: Value
    taken: Value
    clear: Value


class CorrelatorSpec(Elaboratable):
    """No one is lost or invented, and each pair is the one that is due.

    Beside each lane, the ones that go in and come out are counted: the difference is what the
    state stands for and lies between 0 and the capacity, at any time. A pair that waits at the
    output has left.

    A fault is one of :func:`~faults.stream_faults`; ``more_b`` and ``fewer_b``, nothing but ones of
    ``b`` or none, and the same for ``a``; ``state``, a wrong state; or ``cleared``, a pair that
    seems to be taken while the state is cleared.

    Parameters
    ----------
    dut : Correlator
        The core.
    due : callable
        Gives the pair that a lane owes, of what is seen of it; may add to the module.
    holds : callable
        Gives the ones of ``a`` and of ``b`` that a state of the core stands for.
    capacity : tuple of int
        Ones of ``a`` and of ``b`` that can be inside.
    """

    def __init__(
        self,
        dut: Correlator,
        *,
        due: Callable[[Module, Lane], tuple[Any, Any]],
        holds: Callable[[Any], tuple[Any, Any]],
        capacity: tuple[int, int],
        fault: str = "",
    ):
        self.dut = dut
        self.due = due
        self.holds = holds
        self.capacity = capacity
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        lanes = dut.lanes
        m.d.comb += dut.clear.eq(anything(1))
        i = drive(m, dut.i)
        stall(m, dut.o)
        o = observe(dut.o)
        seen = self._wrong(o)
        states = [state ^ (self.fault == "state") for state in dut.states]

        inside = {
            name: [
                self._count(m, i, o, dut.i.payload[name][lane], seen[name][lane], limit, name)
                for lane in range(lanes)
            ]
            for name, limit in zip("ab", self.capacity, strict=True)
        }
        owed = [
            self.due(
                m,
                Lane(
                    inside_a=inside["a"][lane],
                    inside_b=inside["b"][lane],
                    a=dut.i.payload.a[lane],
                    b=dut.i.payload.b[lane],
                    state=states[lane],
                    taken=i.transfers,
                    clear=dut.clear,
                ),
            )
            for lane in range(lanes)
        ]
        expected = Signal(2 * lanes)
        m.d.comb += expected.eq(Cat(*(a for a, _ in owed), *(b for _, b in owed)))
        pairs = observe(dut.o)
        plant(m, pairs, self.fault)
        held(m, pairs, name="pair")
        m.submodules.in_order = InOrder(
            i=i, o=pairs, expected=expected, capacity=1, latency=1, name="pair"
        )
        for lane, state in enumerate(states):
            for name, count in zip("ab", self.holds(state), strict=True):
                m.d.comb += Assert(
                    inside[name][lane] == count,
                    STANDS.format(name),
                )
        with m.If(dut.clear):
            m.d.comb += [
                Assert(~(i.transfers | (self.fault == "cleared")), CLEARED),
                Cover(inside["b"][0] == self.capacity[1], "all that can be inside is forgotten"),
            ]
        return m

    def _wrong(self, o: Observed) -> dict[str, Value]:
        """Return the bits of both streams, or what a fault makes of those of one lane."""
        lanes = self.dut.lanes
        bits = {"a": o.payload[:lanes], "b": o.payload[lanes:]}
        for name in "ab":
            if self.fault == f"more_{name}":
                bits[name] = Const(1)
            elif self.fault == f"fewer_{name}":
                bits[name] = Const(0)
        return bits

    def _count(
        self, m: Module, i: Observed, o: Observed, came: Value, left: Value, limit: int, name: str
    ) -> Value:
        """Count the ones of a lane that are inside, without the one that waits at the output."""
        total = Signal(signed((limit + 3).bit_length() + 1))
        inside = Signal.like(total)
        waits = o.valid & left
        m.d.comb += inside.eq(total - waits)
        with m.If(self.dut.clear):
            m.d.sync += total.eq(waits & ~o.ready)
        with m.Else():
            m.d.sync += total.eq(total + (i.transfers & came) - (waits & o.ready))
        m.d.comb += [
            Assert(inside >= 0, INVENTED.format(name)),
            Assert(inside <= limit, LOST.format(name)),
            Cover(inside == limit, f"as many ones of {name} are inside as can be"),
        ]
        return inside


def correlator_faults(
    spec: Callable[[str], CorrelatorSpec], *, more: Mapping[str, tuple[str, ...]]
) -> Planted:
    """Plant each fault of a correlation circuit with one lane.

    ``more`` are the properties of a kind of circuit that its faults turn red besides.
    """
    found = stream_faults("pair") | {"cleared": (CLEARED,), "state": ()}
    for name in "ab":
        counts = STANDS.format(name), INVENTED.format(name), LOST.format(name)
        found |= {f"more_{name}": counts, f"fewer_{name}": counts}
    found = {fault: (*red, *more.get(fault, ())) for fault, red in found.items()}
    return Planted.each(spec, found)
