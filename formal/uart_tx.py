"""What is proved of the transmitting UART."""

from amaranth import Cat, Const, Elaboratable, Module, Mux, Signal
from amaranth.hdl import Assert, Cover

from faults import Planted
from properties import anything, drive
from spikewright_hw.link.uart_tx import UartTx


class UartTxSpec(Elaboratable):
    """The line, in every cycle, is the bit that is due; bytes may follow without a gap.

    With ``bits`` the divisor is, in every cycle, one or the other of ``divisor`` and one more: a
    byte has that of its transfer. A planted fault sends bit 7 of a byte in place of bit 0, or a
    core at rest is not ready.
    """

    def __init__(self, *, divisor: int, bits: int = 0, fault: str = ""):
        self.divisor = divisor
        self.bits = bits
        self.fault = fault

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.dut = dut = UartTx(divisor=self.divisor, bits=self.bits)
        i = drive(m, dut.i)
        now, longer = Signal(), Signal()  # the divisor is one more: in this cycle, of this byte
        if self.bits:
            m.d.comb += [now.eq(anything(1)), dut.cycles.eq(self.divisor + now)]
        with m.If(i.transfers):
            m.d.sync += longer.eq(now)

        most = self.divisor + (self.bits > 0)
        end = Mux(longer, 10 * most, 10 * self.divisor)
        age = Signal(range(10 * most + 1))  # cycles since the transfer of the byte, or 0
        byte = Signal(8)
        with m.If(i.transfers):
            m.d.sync += [age.eq(1), byte.eq(i.payload)]
        with m.Elif(age != 0):
            m.d.sync += age.eq(Mux(age == end, 0, age + 1))

        sent = Cat(byte[7], byte[1:]) if self.fault == "bit" else byte
        levels = Cat(Const(0, 1), sent, Const(1, 1))
        due = Signal(init=1)
        m.d.comb += due.eq(1)
        for bit in range(10):
            begin = Mux(longer, bit * most, bit * self.divisor)
            after = Mux(longer, (bit + 1) * most, (bit + 1) * self.divisor)
            with m.If((age > begin) & (age <= after)):
                m.d.comb += due.eq(levels[bit])
        ready = i.ready & ~((age == 0) & (self.fault == "ready"))
        m.d.comb += [
            Assert(dut.tx == due, "the line is the bit that is due"),
            Assert(
                ready == ((age == 0) | (age == end)),
                "a byte is taken when the one before has ended, and in its last cycle",
            ),
            Cover((age == end) & i.transfers, "a byte follows without a gap"),
            Cover((age == end) & ~i.valid, "the line comes to rest"),
        ]
        return m


def specs() -> dict[str, Elaboratable]:
    return {
        "uart_tx_d4": UartTxSpec(divisor=4),
        "uart_tx_d7": UartTxSpec(divisor=7),
        "uart_tx_b3": UartTxSpec(divisor=4, bits=3),
        "uart_tx_fault": Planted.each(
            lambda fault: UartTxSpec(divisor=4, fault=fault),
            {
                "bit": ("the line is the bit that is due",),
                "ready": (
                    "a byte is taken when the one before has ended, and in its last cycle",
                ),
            },
        ),
    }
