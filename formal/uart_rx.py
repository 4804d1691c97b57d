"""What is proved of the receiving UART."""

from amaranth import Cat, Elaboratable, Module, Mux, ResetSignal, Signal, Value
from amaranth.hdl import Assert, Assume, Cover

from faults import Planted
from properties import InOrder, Observed, anything, drive, held, observe, stall
from spikewright_hw.link.uart_rx import UartRx
from spikewright_hw.link.uart_tx import UartTx

SAMPLES = "each bit is the line in its middle"
OFFERED = "a byte is offered from the middle of its stop bit until it is taken"
TOLD = "an overrun is told exactly when a byte is lost"


class UartRxSpec(Elaboratable):
    """Whatever the line does, a byte that comes out was on it, and one that was comes out.

    Unless another waits: then it is lost, and an overrun is told. Beside the core runs a record of
    the line as it was after the synchroniser, and the time since the beginning of a start bit.
    The planted faults: bit 3 is sampled one cycle too late (``sample``), a byte is offered a cycle
    too late (``late``), no overrun is told (``untold``).

    With ``witness`` the line is the byte 0xff once, so that the solver need not look for one.
    """

    def __init__(self, *, divisor: int, witness: bool = False, fault: str = ""):
        self.divisor = divisor
        self.witness = witness
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = UartRx(divisor=self.divisor)
        low = Signal(range(self.divisor + 1))  # cycles of the witness's start bit so far
        m.d.sync += low.eq(Mux(low == self.divisor, low, low + 1))
        m.d.comb += dut.rx.eq((low == self.divisor) if self.witness else anything(1))
        if self.witness:
            m.d.comb += Assume(~ResetSignal(), "no reset")
        stall(m, dut.o)
        o = observe(dut.o)
        fresh = Signal(init=1)  # the present offer began in this cycle
        m.d.sync += fresh.eq(dut.o.ready | ~dut.o.valid)
        if self.fault == "late":
            o.valid = o.valid & ~fresh
        held(m, o, name="byte")

        # past[n] is the line n + 1 cycles ago, two more for the synchroniser.
        half = self.divisor // 2
        past = Signal(9 * self.divisor + half + 4, init=-1)
        m.d.sync += past.eq(Cat(dut.rx, past))
        line = past[2:]  # line[n] is what the core saw n + 1 cycles ago
        at = [(9 - bit) * self.divisor for bit in range(10)]  # of the middle of each bit
        byte = Cat(line[at[bit]] for bit in range(1, 9))
        if self.fault == "sample":
            byte = Cat(*byte[:3], line[at[4] - 1], *byte[4:])
        with m.If(o.valid & fresh):
            m.d.comb += [
                Assert(line[at[9]], "the stop bit was high"),
                Assert(~line[at[0]], "the start bit was low in its middle"),
                Assert(~line[at[0] + half], "the start bit was low from its beginning"),
                Assert(line[at[0] + half + 1], "the line was high before the start bit"),
                Assert(dut.o.payload == byte, SAMPLES),
                Cover(dut.o.payload == 0xFF, "a byte arrives"),
            ]
        self._arrivals(m, o, past[1], dut.overrun)
        return m

    def _arrivals(self, m: Module, o: Observed, line: Value, overrun: Value) -> None:
        """State what becomes of each byte; ``line`` is what the core sees in this cycle."""
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

        offered = Signal()
        with m.If(arrives):
            m.d.sync += offered.eq(1)
        with m.Elif(o.ready):
            m.d.sync += offered.eq(0)
        overrun = overrun & (self.fault != "untold")
        m.d.comb += [
            Assert(o.valid == offered, OFFERED),
            Assert(overrun == (arrives & offered & ~o.ready), TOLD),
        ]


class UartPairSpec(Elaboratable):
    """What a :class:`UartTx` sends arrives, in order, and nothing else."""

    def __init__(self, *, divisor: int):
        self.divisor = divisor

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.tx = tx = UartTx(divisor=self.divisor)
        m.submodules.rx = rx = UartRx(divisor=self.divisor)
        m.d.comb += [rx.rx.eq(tx.tx), rx.o.ready.eq(1)]
        i = drive(m, tx.i)
        m.submodules.in_order = InOrder(
            i=i, o=observe(rx.o), expected=i.payload, capacity=2,
            latency=10 * self.divisor + 2, name="byte",
        )  # fmt: skip
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "uart_rx_d4": UartRxSpec(divisor=4),
        "uart_rx_d5": UartRxSpec(divisor=5),
        "uart_rx_pair": UartPairSpec(divisor=4),
        "uart_rx_witness": UartRxSpec(divisor=4, witness=True),
        "uart_rx_fault": Planted({
            "sample": (UartRxSpec(divisor=4, fault="sample"), (SAMPLES,)),
            "late": (UartRxSpec(divisor=4, fault="late"), (OFFERED,)),
            "untold": (UartRxSpec(divisor=4, fault="untold"), (TOLD,)),
        }),
    }
