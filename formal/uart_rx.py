"""What is proved of the receiving UART."""

from dataclasses import dataclass
from typing import Any

from amaranth import Cat, Const, Elaboratable, Module, Mux, ResetSignal, Signal, Value
from amaranth.hdl import Assert, Assume, Cover

from faults import Spec, Through, plant
from properties import InOrder, Observed, anything, drive, held, observe, stall
from spikewright_hw.link.uart_rx import UartRx
from spikewright_hw.link.uart_tx import UartTx

SAMPLES = "each bit is the line in its middle"
OFFERED = "a byte is offered from the middle of its stop bit until it is taken"
TOLD = "an overrun is told exactly when a byte is lost"
WITHDRAWN = "byte: an offer is not withdrawn while it stalls"
UNSTEADY = "byte: a payload is held while it stalls"

#: What is said of the line around a byte, by the fault that looks there a cycle too late.
FRAME = {
    "before": "the line was high before the start bit",
    "begin": "the start bit was low from its beginning",
    "middle": "the start bit was low in its middle",
    "stop": "the stop bit was high",
}


@dataclass(frozen=True)
class Received:
    """The core, what it saw of the line, and which bytes were there."""

    dut: UartRx
    past: Signal
    fresh: Signal
    arrives: Signal
    #: The last byte that arrived has a cycle more in each bit.
    longer: Value


class UartRxSpec(Spec):
    """Whatever the line does, a byte that comes out was on it, and one that was comes out.

    Unless another waits: then it is lost, and an overrun is told. Beside the core runs a record of
    the line as it was after the synchroniser, and the time since the beginning of a start bit.
    The planted faults: bit 3, or what :data:`FRAME` has, is sampled a cycle too late, a byte is
    offered a cycle too late (``late``), changes or is withdrawn while it stalls, no overrun is told
    (``untold``).

    With ``bits`` the divisor is, in every cycle, one or the other of ``divisor`` and one more: a
    byte has that of the cycle in which its start bit begins.

    With ``witness`` the line is the byte 0xff once, so that the solver need not look for one.
    """

    def __init__(self, *, divisor: int, bits: int = 0, witness: bool = False):
        self.divisor = divisor
        self.bits = bits
        self.most = divisor + (bits > 0)
        self.witness = witness

    def surround(self, m: Module) -> Received:
        m.submodules.dut = dut = UartRx(divisor=self.divisor, bits=self.bits)
        now = Signal()  # the divisor is one more in this cycle
        if self.bits:
            m.d.comb += [now.eq(anything(1)), dut.cycles.eq(self.divisor + now)]
        low = Signal(range(self.divisor + 1))  # cycles of the witness's start bit so far
        m.d.sync += low.eq(Mux(low == self.divisor, low, low + 1))
        m.d.comb += dut.rx.eq((low == self.divisor) if self.witness else anything(1))
        if self.witness:
            m.d.comb += Assume(~ResetSignal(), "no reset")
        stall(m, dut.o)
        fresh = Signal(init=1)  # the present offer began in this cycle
        m.d.sync += fresh.eq(dut.o.ready | ~dut.o.valid)

        # past[n] is the line n + 1 cycles ago, two more for the synchroniser.
        past = Signal(9 * self.most + self.most // 2 + 4, init=-1)
        m.d.sync += past.eq(Cat(dut.rx, past))
        arrives, longer = self._arrivals(m, past[1], now)
        return Received(dut, past, fresh, arrives, longer)

    def _arrivals(self, m: Module, line: Value, now: Value) -> tuple[Signal, Signal]:
        """Return whether a byte ends, and whether the last one's bits have a cycle more.

        ``line`` is what the core sees in this cycle, ``now`` whether the divisor is one more.
        """
        longer, last = Signal(), Signal()
        half = Mux(longer, self.most // 2, self.divisor // 2)
        end = half + Mux(longer, 9 * self.most, 9 * self.divisor)
        most = self.most // 2 + 9 * self.most
        since = Signal(range(most + 1))  # cycles since a start bit began, 0 between bytes
        broken = Signal()  # a stop bit was low, and the line has been low since
        arrives = Signal()
        m.d.comb += arrives.eq((since == end) & line)
        with m.If(arrives):
            m.d.sync += last.eq(longer)
        with m.If(since == 0):
            m.d.sync += [since.eq(~line & ~broken), broken.eq(broken & ~line), longer.eq(now)]
        with m.Elif((since == half) & line):  # a glitch
            m.d.sync += since.eq(0)
        with m.Elif(since == end):
            m.d.sync += [since.eq(0), broken.eq(~line)]
        with m.Else():
            m.d.sync += since.eq(since + 1)
        return arrives, last

    def check(self, m: Module, seen: Received, fault: str) -> None:
        o, fresh = observe(seen.dut.o), seen.fresh
        if fault == "late":
            o.valid = o.valid & ~fresh
        plant(m, o, fault)
        held(m, o, name="byte")

        def line(bit: int, *, halves: int = 0, cycles: int = 0) -> Value:
            """Return the line in the middle of a bit, or so many half bits and cycles before."""
            of = [
                seen.past[2 + (9 - bit) * one + halves * (one // 2) + cycles]
                for one in (self.divisor, self.most)
            ]
            return Mux(seen.longer, of[1], of[0])

        byte = Cat(line(bit, cycles=-(fault == "sample" and bit == 4)) for bit in range(1, 9))
        frame = {
            "before": (0, 1, 1, 1), "begin": (0, 1, 0, 0), "middle": (0, 0, 0, 0),
            "stop": (9, 0, 0, 1),
        }
        with m.If(o.valid & fresh):
            m.d.comb += [
                *(
                    Assert(
                        line(bit, halves=halves, cycles=cycles - (fault == name)) == level,
                        FRAME[name],
                    )
                    for name, (bit, halves, cycles, level) in frame.items()
                ),
                Assert(seen.dut.o.payload == byte, SAMPLES),
                Cover(seen.dut.o.payload == 0xFF, "a byte arrives"),
            ]

        offered = Signal()
        with m.If(seen.arrives):
            m.d.sync += offered.eq(1)
        with m.Elif(o.ready):
            m.d.sync += offered.eq(0)
        overrun = seen.dut.overrun & (fault != "untold")
        m.d.comb += [
            Assert(o.valid == offered, OFFERED),
            Assert(overrun == (seen.arrives & offered & ~o.ready), TOLD),
        ]


#: Faults of a pair: a receiver that offers in every cycle, or never.
PAIR_FAULTS = {
    "always": (
        "byte: each payload is the one owed", "byte: nothing is repeated or invented",
        "byte: the queue is in range", "byte: no payload is taken beyond the capacity",
    ),
    "never": (
        "byte: no payload is lost or kept back", "byte: the queue is in range",
        "byte: no payload is taken beyond the capacity",
    ),
}


class UartPairSpec(Spec):
    """What a :class:`UartTx` sends arrives, in order, and nothing else.

    A planted fault is one of :data:`PAIR_FAULTS`.
    """

    def __init__(self, *, divisor: int):
        self.divisor = divisor

    def surround(self, m: Module) -> tuple[Observed, Any]:
        m.submodules.tx = tx = UartTx(divisor=self.divisor)
        m.submodules.rx = rx = UartRx(divisor=self.divisor)
        m.d.comb += [rx.rx.eq(tx.tx), rx.o.ready.eq(1)]
        return drive(m, tx.i), rx.o

    def check(self, m: Module, seen: tuple[Observed, Any], fault: str) -> None:
        i, o = seen[0], observe(seen[1])
        o.valid = {"always": Const(1, 1), "never": Const(0, 1)}.get(fault, o.valid)
        m.submodules.in_order = InOrder(
            i=i, o=o, expected=i.payload, capacity=2, latency=10 * self.divisor + 2, name="byte",
        )


def specs() -> dict[str, Elaboratable]:
    return {
        "uart_rx_d4": UartRxSpec(divisor=4),
        "uart_rx_d5": UartRxSpec(divisor=5),
        "uart_rx_b3": UartRxSpec(divisor=4, bits=3),
        "uart_rx_pair": UartPairSpec(divisor=4),
        "uart_rx_witness": UartRxSpec(divisor=4, witness=True),
        "uart_rx_fault": Through(
            UartRxSpec(divisor=4),
            {
                "sample": (SAMPLES,),
                "late": (OFFERED,),
                "untold": (TOLD,),
                "unsteady": (UNSTEADY,),
                "withdrawn": (WITHDRAWN, OFFERED),
                **{fault: (said,) for fault, said in FRAME.items()},
            },
        ),
        "uart_rx_fault_pair": Through(UartPairSpec(divisor=4), PAIR_FAULTS),
    }
