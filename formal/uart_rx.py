"""What is proved of the receiving UART."""

from amaranth import Cat, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import InOrder, anything, drive, held, observe, stall
from spikewright_hw.link.uart_rx import UartRx
from spikewright_hw.link.uart_tx import UartTx


class UartRxSpec(Elaboratable):
    """Whatever the line does, a byte that comes out was on it.

    Beside the core runs a record of the line as it was behind the synchroniser. The planted fault
    samples bit 3 one cycle too late.

    With ``witness`` the line is the byte 0xff once, so that the solver need not look for one.
    """

    def __init__(self, *, divisor: int, witness: bool = False, fault: bool = False):
        self.divisor = divisor
        self.witness = witness
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = UartRx(divisor=self.divisor)
        low = Signal(range(self.divisor + 1))  # cycles of the witness's start bit so far
        m.d.sync += low.eq(Mux(low == self.divisor, low, low + 1))
        m.d.comb += dut.rx.eq((low == self.divisor) if self.witness else anything(1))
        stall(m, dut.o)
        held(m, observe(dut.o), name="byte")

        # past[n] is the line n + 1 cycles ago, two more for the synchroniser.
        half = self.divisor // 2
        past = Signal(9 * self.divisor + half + 4, init=-1)
        m.d.sync += past.eq(Cat(dut.rx, past))
        line = past[2:]  # line[n] is what the core saw n + 1 cycles ago
        at = [(9 - bit) * self.divisor for bit in range(10)]  # of the middle of each bit
        byte = Cat(line[at[bit]] for bit in range(1, 9))
        if self.fault:
            byte = Cat(*byte[:3], line[at[4] - 1], *byte[4:])

        fresh = Signal(init=1)  # the present offer began in this cycle
        m.d.sync += fresh.eq(dut.o.ready | ~dut.o.valid)
        with m.If(dut.o.valid & fresh):
            m.d.comb += [
                Assert(line[at[9]], "the stop bit was high"),
                Assert(~line[at[0]], "the start bit was low in its middle"),
                Assert(~line[at[0] + half], "the start bit was low from its beginning"),
                Assert(line[at[0] + half + 1], "the line was high before the start bit"),
                Assert(dut.o.payload == byte, "each bit is the line in its middle"),
                Cover(dut.o.payload == 0xFF, "a byte arrives"),
            ]
        m.d.comb += Assert(
            ~dut.overrun | (dut.o.valid & ~dut.o.ready),
            "a byte is dropped only while one waits that nobody takes",
        )
        return m


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
            "sample": (
                UartRxSpec(divisor=4, fault=True),
                (
                    "each bit is the line in its middle",
                ),
            ),
        }),
    }
