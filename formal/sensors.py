"""What is proved of the sums of a monitor's registers."""

from dataclasses import dataclass
from typing import Any

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Cover

from faults import Spec, Through
from properties import anything
from spikewright_hw.link.sensors import Sensors
from spikewright_hw.protocol import POWER_BYTES

ASKED = "a register is asked for exactly when it is due"
ADDRESS = "the address is that of the register that is due"
ROUNDS = "the number of rounds is that of whole ones, and 0 of a silent monitor"
SUMS = "each sum is of all that its register gave"
STILL = "still: exactly while a hold keeps a round from beginning, or for ever if it is silent"
HELD = "while it is still, nothing changes"

#: By fault, the properties that it turns red.
FAULTS = {
    "late": (ASKED,),
    "elsewhere": (ADDRESS,),
    "uncounted": (ROUNDS,),
    "neighbour": (SUMS,),
    "hasty": (STILL, HELD),
    "restless": (SUMS, HELD),
}


@dataclass
class Read:
    """What is known of the monitor beside the core, in this cycle."""

    dut: Any
    asks: Value  #: a register is due to be asked for
    place: Value  #: which one
    idle: Value  #: no round is read
    silent: Value  #: one was not given in time
    rounds: Value
    sums: list[Signal]


class SensorsSpec(Spec):
    """Beside the core, what the monitor gives is added up as it is given.

    A planted fault is one of :data:`FAULTS`: a register that is asked for a cycle late, or by the
    address of another; a round that is not counted; sums of two registers that are each other's;
    a core that is still too early; sums that change while it is still.
    """

    def __init__(self, *, addresses: tuple[int, ...], patience: int):
        self.addresses = addresses
        self.patience = patience

    def surround(self, m: Module) -> Read:
        m.submodules.dut = dut = Sensors(addresses=self.addresses, patience=self.patience)
        for port in (dut.data, dut.ready, dut.done, dut.hold):
            m.d.comb += port.eq(anything(port.shape()))

        bits, last = 8 * POWER_BYTES, len(self.addresses) - 1
        place = Signal(range(last + 1))
        age = Signal(range(self.patience + 2))  # 1 in the cycle of asking; 0 between rounds
        silent = Signal()
        rounds = Signal(bits)
        sums = [Signal(bits, name=f"given_{at}") for at in range(last + 1)]
        with m.If(~silent):
            with m.If(age == 0):
                m.d.sync += [age.eq(dut.done & ~dut.hold), place.eq(0)]
            with m.Elif((age > 1) & dut.ready):
                for at, total in enumerate(sums):
                    m.d.sync += total.eq(total + Mux(place == at, dut.data, 0))
                m.d.sync += [
                    age.eq(place != last), place.eq(Mux(place == last, 0, place + 1)),
                    rounds.eq(rounds + (place == last)),
                ]
            with m.Elif(age == self.patience + 1):
                m.d.sync += [silent.eq(1), rounds.eq(0)]
            with m.Else():
                m.d.sync += age.eq(age + 1)
        return Read(
            dut, asks=~silent & (age == 1), place=place, idle=~silent & (age == 0), silent=silent,
            rounds=rounds, sums=sums,
        )

    def check(self, m: Module, seen: Read, fault: str) -> None:
        dut = seen.dut
        enable, address, still = dut.enable, dut.address, dut.still
        whole, *sums = (
            dut.sums.word_select(at, 8 * POWER_BYTES) for at in range(len(self.addresses) + 1)
        )
        was, before = Signal(), Signal(dut.sums.shape())  # still, and the sums, a cycle ago
        if fault == "late":
            earlier = Signal()
            m.d.sync += earlier.eq(enable)
            enable = earlier
        elif fault == "elsewhere":
            address = address ^ 1
        elif fault == "uncounted":
            whole = whole - (whole > 2)
        elif fault == "neighbour":
            sums = [*sums[1:], sums[0]]
        elif fault == "hasty":
            still = dut.hold
        elif fault == "restless":
            sums[0] = sums[0] ^ was
        answer = Signal(dut.sums.shape())
        m.d.comb += answer.eq(Cat(whole, *sums))
        m.d.sync += [was.eq(still & dut.hold), before.eq(answer)]

        table = Array(Const(one, 7) for one in self.addresses)
        m.d.comb += [
            Assert(enable == seen.asks, ASKED),
            Assert(~seen.asks | (address == table[seen.place]), ADDRESS),
            Assert(whole == seen.rounds, ROUNDS),
            *(Assert(one == given, SUMS) for one, given in zip(sums, seen.sums, strict=True)),
            Assert(still == (seen.silent | (seen.idle & dut.hold)), STILL),
            Assert(~was | (answer == before), HELD),
            Cover(whole == 2, "two rounds are read"),
            Cover(seen.silent & (seen.sums[0] != 0), "a monitor falls silent"),
            Cover(still & dut.hold & dut.done & seen.idle, "a round begins while it is held"),
            Cover(dut.hold & ~still & dut.ready, "a hold waits for a round"),
        ]


def specs() -> dict[str, Elaboratable]:
    return {
        "sensors_a3": SensorsSpec(addresses=(3, 17, 0), patience=4),
        "sensors_a1": SensorsSpec(addresses=(127,), patience=255),
        "sensors_fault": Through(SensorsSpec(addresses=(3, 17), patience=2), FAULTS),
    }
