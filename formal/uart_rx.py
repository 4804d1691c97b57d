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


class UartRxSpec(Spec):
    """Whatever the line does, a byte that comes out was on it, and one that was comes out.

    Unless another waits: then it is lost, and an overrun is told. Beside the core runs a record of
    the line as it was after the synchroniser, and the time since the beginning of a start bit.
    The planted faults: bit 3, or what :data:`FRAME` has, is sampled a cycle too late, a byte is
    offered a cycle too late (``late``), changes or is withdrawn while it stalls, no overrun is told
    (``untold``).

    With ``witness`` the line is the byte 0xff once, so that the solver need not look for one.
    """

    def __init__(self, *, divisor: int, witness: bool = False):
        self.divisor = divisor
        self.witness = witness

    def surround(self, m: Module) -> Received:
        m.submodules.dut = dut = UartRx(divisor=self.divisor)
        low = Signal(range(self.divisor + 1))  # cycles of the witness's start bit so far
        m.d.sync += low.eq(Mux(low == self.divisor, low, low + 1))
        m.d.comb += dut.rx.eq((low == self.divisor) if self.witness else anything(1))
        if self.witness:
            m.d.comb += Assume(~ResetSignal(), "no reset")
        stall(m, dut.o)
        fresh = Signal(init=1)  # the present offer began in this cycle
        m.d.sync += fresh.eq(dut.o.ready | ~dut.o.valid)

        # past[n] is the line n + 1 cycles ago, two more for the synchroniser.
        past = Signal(9 * self.divisor + self.divisor // 2 + 4, init=-1)
        m.d.sync += past.eq(Cat(dut.rx, past))
        return Received(dut, past, fresh, self._arrivals(m, past[1]))

    def _arrivals(self, m: Module, line: Value) -> Signal:
        """Return whether a byte ends; ``line`` is what the core sees in this cycle."""
        half = self.divisor // 2
        end = half + 9 * self.divisor
        since = Signal(range(end + 1))  # cycles since a start bit began, 0 between bytes
        broken = Signal()  # a stop bit was low, and the line has been low since
        arrives = Signal()
        m.d.comb += arrives.eq((since == end) & line)
        with m.If(since == 0):
            m.d.sync += [since.eq(~line & ~broken), broken.eq(broken & ~line)]
        with m.Elif((since == half) & line):  # a glitch
            m.d.sync += since.eq(0)
        with m.Elif(since == end):
            m.d.sync += [since.eq(0), broken.eq(~line)]
        with m.Else():
            m.d.sync += since.eq(since + 1)
        return arrives

    def check(self, m: Module, seen: Received, fault: str) -> None:
        o, fresh = observe(seen.dut.o), seen.fresh
        if fault == "late":
            o.valid = o.valid & ~fresh
        plant(m, o, fault)
        held(m, o, name="byte")

        line = seen.past[2:]  # line[n] is what the core saw n + 1 cycles ago
        at = [(9 - bit) * self.divisor for bit in range(10)]  # of the middle of each bit
        byte = Cat(line[at[bit]] for bit in range(1, 9))
        if fault == "sample":
            byte = Cat(*byte[:3], line[at[4] - 1], *byte[4:])
        begin = at[0] + self.divisor // 2
        frame = {
            "before": (begin + 1, 1), "begin": (begin, 0), "middle": (at[0], 0), "stop": (at[9], 1)
        }
        with m.If(o.valid & fresh):
            m.d.comb += [
                *(
                    Assert(seen.past[2 + cycles - (fault == name)] == level, FRAME[name])
                    for name, (cycles, level) in frame.items()
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
