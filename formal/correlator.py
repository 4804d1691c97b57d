"""What is proved of every correlation circuit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from amaranth import Cat, Elaboratable, Module, Signal, Value, signed
from amaranth.hdl import Assert, Cover

from properties import InOrder, Observed, anything, drive, held, stall
from spikewright_hw.stochastic.correlation.correlator import Correlator

__all__ = ["CorrelatorSpec", "Lane"]


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
    state: Signal
    taken: Value
    clear: Value


class CorrelatorSpec(Elaboratable):
    """No one is lost or invented, and each pair is the one that is due.

    Beside each lane, the ones that go in and come out are counted: the difference is what the
    state stands for and lies between 0 and the capacity, at any time. A pair that waits at the
    output has left.

    The planted fault hides the one of ``b`` in every fourth pair.

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
        fault: bool = False,
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
        seen = {"a": dut.o.payload.a, "b": dut.o.payload.b}
        if self.fault:
            pairs = Signal(2)
            m.d.sync += pairs.eq(pairs + (dut.o.valid & dut.o.ready))
            seen["b"] = Value.cast(seen["b"]) & ~pairs.all().replicate(lanes)
        o = Observed(payload=Cat(seen["a"], seen["b"]), valid=dut.o.valid, ready=dut.o.ready)

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
                    state=dut.states[lane],
                    taken=i.transfers,
                    clear=dut.clear,
                ),
            )
            for lane in range(lanes)
        ]
        expected = Signal(2 * lanes)
        m.d.comb += expected.eq(Cat(*(a for a, _ in owed), *(b for _, b in owed)))
        held(m, o, name="pair")
        m.submodules.in_order = InOrder(
            i=i, o=o, expected=expected, capacity=1, latency=1, name="pair"
        )
        for lane, state in enumerate(dut.states):
            for name, count in zip("ab", self.holds(state), strict=True):
                m.d.comb += Assert(
                    inside[name][lane] == count,
                    f"ones of {name} in, less those out, are those that the state stands for",
                )
        with m.If(dut.clear):
            m.d.comb += [
                Assert(~i.transfers, "no pair is taken while the state is cleared"),
                Cover(inside["b"][0] == self.capacity[1], "all that can be inside is forgotten"),
            ]
        return m

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
            Assert(inside >= 0, f"no one of {name} is invented"),
            Assert(inside <= limit, f"no one of {name} is lost: what is inside is in range"),
            Cover(inside == limit, f"as many ones of {name} are inside as can be"),
        ]
        return inside
