"""Sensors: sums of what the channels of a monitor read, as POWER answers them."""

from collections.abc import Sequence
from typing import Any, Protocol

from amaranth import Array, Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..protocol import POWER_BYTES, power_bytes

__all__ = ["PRESETS", "Monitor", "Sensors", "core", "summed"]

#: Parameter sets by name: the supply of a core alone, and as many registers as an Arty A7 has of
#: sensors.
PRESETS = {
    "a1": {"addresses": (0x01,)},
    "a8": {"addresses": (0x01, 0x1A, 0x11, 0x19, 0x12, 0x02, 0x06, 0x00)},
}


def summed(rounds: Sequence[Sequence[int]], *, addresses: Sequence[int]) -> tuple[int, ...]:
    """Return the number of rounds and each register's sum, modulo 2**32, as POWER tells them.

    Parameters
    ----------
    rounds : sequence of sequence of int
        What the monitor gave in each round, in the order of ``addresses``. It fell silent in a
        round that has too few, after which there is none.
    addresses : sequence of int
        Of the registers.
    """
    span = 1 << 8 * POWER_BYTES
    silent = any(len(values) < len(addresses) for values in rounds)
    sums = (
        sum(values[at] for values in rounds if at < len(values)) for at in range(len(addresses))
    )
    return (0 if silent else len(rounds) % span), *(total % span for total in sums)


class Monitor(Protocol):
    """A converter with a register for each of its channels, such as the one on a 7 series die.

    A register is asked for in a cycle in which ``enable`` is high, and its ``data`` are there in
    the cycle in which ``ready`` is; ``done`` is high in a cycle after each of its rounds over all
    channels.
    """

    #: Addresses of the registers that are read, in the order of the answer to POWER.
    addresses: Sequence[int]
    address: Signal
    enable: Signal
    data: Signal
    ready: Signal
    done: Signal
    #: The inferences of a RUN are in work: what a model's figures depend on.
    working: Signal

    def elaborate(self, platform: Any) -> Any:
        """Build the monitor."""


class Sensors(wiring.Component):
    """Reads the registers of a monitor after each of its rounds, and adds each to its sum.

    A host reads the sums and the number of rounds twice: the differences are means over all the
    time between. They wrap, which a difference does not see within 65536 rounds.

    Parameters
    ----------
    addresses : sequence of int, at least one
        Of the registers, in the order of the answer; each from 0 to 127.
    patience : int, at least 1
        Cycles after the one in which a register is asked for, in which it has to be given.

    Members
    -------
    address : Out(7)
        Of the register that is read.
    enable : Out(1)
        It is asked for in this cycle.
    data : In(16)
        What it has, in the cycle in which ``ready`` is high.
    ready : In(1)
        The register that was asked for is given; heard from the cycle after ``enable`` on, once.
    done : In(1)
        A round of the monitor is over; not heard while the one before is read.
    hold : In(1)
        Begin no round of reading, so that nothing changes.
    still : Out(1)
        Nothing changes while ``hold`` stays high.
    sums : Out(unsigned(8 * power_bytes(len(addresses))))
        The payload of the answer to POWER, its first byte in the lowest bits: rounds that were
        read, and the sum of each register's values. A monitor that did not give a register in
        time is not asked again, and the number of rounds is 0 from then on.
    """

    address: Signal
    enable: Signal
    data: Signal
    ready: Signal
    done: Signal
    hold: Signal
    still: Signal
    sums: Signal

    def __init__(self, *, addresses: Sequence[int], patience: int = 255):
        self.addresses = tuple(addresses)
        if not self.addresses or not all(0 <= one < 128 for one in self.addresses):
            raise ValueError(
                f"addresses are {list(self.addresses)}; there is at least one, from 0 to 127"
            )
        if patience < 1:
            raise ValueError(f"patience is at least 1 clock cycle, not {patience}")
        self.patience = patience
        super().__init__({
            "address": Out(7),
            "enable": Out(1),
            "data": In(16),
            "ready": In(1),
            "done": In(1),
            "hold": In(1),
            "still": Out(1),
            "sums": Out(unsigned(8 * power_bytes(len(self.addresses)))),
        })

    def elaborate(self, platform) -> Module:
        """Build the order of reading, and the sums."""
        m = Module()
        count, bits = len(self.addresses), 8 * POWER_BYTES
        rounds = Signal(bits)
        sums = [Signal(bits, name=f"sum_{number}") for number in range(count)]
        at, waited = Signal(range(count + 1)), Signal(range(self.patience))
        m.d.comb += [
            self.address.eq(Array(Const(one, 7) for one in self.addresses)[at]),
            self.sums.eq(Cat(rounds, *sums)),
        ]
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.still.eq(self.hold)
                m.d.sync += at.eq(0)
                with m.If(self.done & ~self.hold):
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += self.enable.eq(1)
                m.d.sync += waited.eq(0)
                m.next = "WAIT"
            with m.State("WAIT"):
                m.d.sync += waited.eq(waited + 1)
                with m.If(self.ready):
                    last = at == count - 1
                    m.d.sync += [at.eq(at + 1), rounds.eq(rounds + Mux(last, 1, 0))]
                    with m.Switch(at):
                        for number, total in enumerate(sums):
                            with m.Case(number):
                                m.d.sync += total.eq(total + self.data)
                    m.next = "ASK"
                    with m.If(last):
                        m.next = "IDLE"
                with m.Elif(waited == self.patience - 1):
                    m.d.sync += rounds.eq(0)
                    m.next = "SILENT"
            with m.State("SILENT"):
                m.d.comb += self.still.eq(1)
        return m


core = Sensors
