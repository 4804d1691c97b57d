"""The converter on a 7 series die, as gateware: the primitive, and a model of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth import Array, ClockSignal, Const, Elaboratable, Instance, Module, Mux, Signal

from .xc7_monitor import AVERAGED, CHANNELS, CONVERSION, SEQUENCED, settings, verilog

__all__ = ["XadcModel", "XadcMonitor"]

#: Cycles from the enable to the data of a register in the model; the guide says a few.
_ANSWER = 4


class _Monitor(Elaboratable):
    """What the primitive and its model have in common; see :class:`.link.sensors.Monitor`."""

    def __init__(self, channels: Sequence[str], *, clock_hz: int):
        self.channels = tuple(channels)
        self.settings = settings(self.channels, clock_hz=clock_hz)
        self.addresses = tuple(CHANNELS[channel] for channel in self.channels)
        self.address, self.enable = Signal(7), Signal()
        self.data, self.ready, self.done = Signal(16), Signal(), Signal()
        self.working = Signal()


class XadcMonitor(_Monitor):
    """The primitive, in a module of Verilog, since its analog pins are bits of two ports.

    The platform has a resource ``monitor`` for each auxiliary channel, of its number, with the
    pins ``p`` and ``n``.
    """

    def elaborate(self, platform: Any) -> Module:
        """Put the module in, and its file into the plan."""
        m = Module()
        numbers = [int(name.split()[1]) for name in self.channels if name.startswith("aux")]
        pads = {}
        for number in numbers:
            pins = platform.request("monitor", number, dir="-")
            pads |= {f"i_p{number}": pins.p.io, f"i_n{number}": pins.n.io}
        platform.add_file("monitor.v", verilog(self.settings, numbers))
        m.submodules.converter = Instance(
            "spikewright_monitor", i_clk=ClockSignal(), i_address=self.address,
            i_enable=self.enable, o_data=self.data, o_ready=self.ready, o_done=self.done, **pads,
        )
        return m


class XadcModel(_Monitor):
    """A model of the registers, the sequence and the port, for a virtual board.

    It does what the control registers say: the channels of the sequence, in the order of their
    bits; with each a conversion of 26 cycles of the converter's clock; of each channel the mean of
    16 conversions, if it is averaged. ``eoc`` is high in the cycle in which a status register gets
    its value, and ``done`` (EOS) in that of the last channel. A register is given 4 cycles after it
    was asked for; one that is not there is 0.

    Parameters
    ----------
    channels : sequence of str
    clock_hz : int
    codes : mapping of str to (int, int)
        By channel: what a conversion gives, of 12 bits, while the board rests, and while it works.
    """

    def __init__(
        self, channels: Sequence[str], *, clock_hz: int, codes: Mapping[str, tuple[int, int]]
    ):
        super().__init__(channels, clock_hz=clock_hz)
        self.codes = codes
        self.eoc = Signal()

    def elaborate(self, platform: Any) -> Module:
        """Build the sequencer and the port."""
        m = Module()
        registers = self.settings
        chosen = registers[0x48] | registers[0x49] << 16
        averaged = registers[0x4A] | registers[0x4B] << 16
        order = sorted((SEQUENCED[name], name) for name in self.channels)
        order = [(bit, name) for bit, name in order if chosen >> bit & 1]
        length = CONVERSION * (registers[0x42] >> 8)
        cycle, at, turn = Signal(range(length)), Signal(range(len(order))), Signal(range(AVERAGED))
        status = {name: Signal(16, name=f"status_{name.replace(' ', '_')}") for _, name in order}
        ends, last, lastly = Signal(), Signal(), Signal()
        m.d.comb += [
            ends.eq(cycle == length - 1), last.eq(at == len(order) - 1),
            lastly.eq(turn == AVERAGED - 1),
        ]
        m.d.sync += [cycle.eq(Mux(ends, 0, cycle + 1)), self.eoc.eq(0), self.done.eq(0)]
        with m.If(ends):
            m.d.sync += at.eq(Mux(last, 0, at + 1))
            with m.If(last):
                m.d.sync += [turn.eq(turn + 1), self.done.eq(lastly)]
            with m.Switch(at):
                for number, (bit, name) in enumerate(order):
                    with m.Case(number):
                        self._convert(
                            m, name, status[name], averaged=bool(averaged >> bit & 1),
                            turn=turn, lastly=lastly,
                        )
        self._answer(m, status)
        return m

    def _convert(
        self, m: Module, name: str, status: Signal, *, averaged: bool, turn: Signal, lastly: Signal
    ) -> None:
        """Take a conversion; write the register with the last one that it has the mean of."""
        rests, works = self.codes[name]
        code = Mux(self.working, Const(works, 12), Const(rests, 12))
        if not averaged:
            m.d.sync += [status.eq(code << 4), self.eoc.eq(1)]
            return
        sums = Signal(16, name=f"sum_{name.replace(' ', '_')}")  # of 16 codes of 12 bits
        total = Mux(turn == 0, 0, sums) + code
        m.d.sync += sums.eq(total)
        with m.If(lastly):
            m.d.sync += [status.eq(total), self.eoc.eq(1)]

    def _answer(self, m: Module, status: Mapping[str, Signal]) -> None:
        """Build the port."""
        address, waits = Signal(7), Signal(range(_ANSWER + 1))
        m.d.comb += self.ready.eq(waits == 1)
        with m.If(self.enable):
            m.d.sync += [address.eq(self.address), waits.eq(_ANSWER)]
        with m.Elif(waits != 0):
            m.d.sync += waits.eq(waits - 1)
        values = {CHANNELS[name]: signal for name, signal in status.items()}
        table = Array(values.get(number, Const(0, 16)) for number in range(128))
        m.d.comb += self.data.eq(table[address])
