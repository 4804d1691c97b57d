"""Bank scan: from a bitmap to several events at once, one of each bank of inputs."""

from collections.abc import Sequence

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.hdl import ValueLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .banks import bank_layout
from .dealing import dealt
from .scan import Scan, scan_events, scan_group

__all__ = ["PRESETS", "BankScan", "bank_events", "bank_width", "core", "in_step"]

PRESETS = {
    "w20_b3": {"width": 20, "banks": 3},
    "w64_b4": {"width": 64, "banks": 4},
    "w5_b5": {"width": 5, "banks": 5},
}


def bank_events(bitmap: int, *, width: int, banks: int) -> list[tuple[list[int], int, int]]:
    """Return what the banks give in each cycle as ``(places, spikes, last)``: the definition.

    The place of a bank without a spike is 0.
    """
    each = [
        scan_events(sum((bitmap >> bit & 1) << place for place, bit in enumerate(bits)))
        for bits in dealt(range(width), banks)
    ]
    count = max(map(len, each))
    padded = [[*events, *[(0, 0, 1)] * (count - len(events))] for events in each]
    return [
        (
            [place for place, _, _ in now],
            sum(spike << bank for bank, (_, spike, _) in enumerate(now)),
            int(number == count - 1),
        )
        for number, now in enumerate(zip(*padded, strict=True))
    ]


def bank_width(width: int, banks: int) -> int:
    """Return the bits of the widest bank."""
    return -(-width // banks)


class BankScan(wiring.Component):
    """Return the place of each set bit of a bitmap in its bank, the lowest of each bank at once.

    The bits are dealt to the banks in turn, and each bank has a :class:`~.scan.Scan` of its own. A
    step ends when all banks have ended it. Throughput is therefore one event of each bank per
    cycle, also from one bitmap to the next: a step takes as many cycles as the fullest bank has
    spikes, at least one. Latency from a bitmap to its first events is two cycles.

    Parameters
    ----------
    width : int, at least 1
        Bits of a bitmap.
    banks : int, at least 2
        Banks, as many as bits at most.

    Members
    -------
    i : In(stream.Signature(unsigned(width)))
        Spikes of one step.
    o : Out(stream.Signature(bank_layout(width, banks)))
        What the banks give in a cycle: ``places``, where in each bank the input is that spiked;
        ``spikes``, a bit of each bank, whether one did; ``last``, 1 bit, which closes the step.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, width: int, banks: int):
        if banks < 2:
            raise ValueError(f"a bank scan has at least two banks, not {banks}")
        if width < banks:
            raise ValueError(f"{banks} banks have {banks} bits at least, not {width}")
        self.width = width
        self.banks = banks
        super().__init__({
            "i": In(stream.Signature(unsigned(width))),
            "o": Out(stream.Signature(bank_layout(width, banks))),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate a scan for each bank, and the wait of those that have ended a step."""
        m = Module()
        scans = []
        for bank, bits in enumerate(dealt(self.i.payload, self.banks)):
            scan = Scan(width=len(bits), group=scan_group(len(bits)))
            m.submodules[f"bank_{bank}"] = scan
            m.d.comb += scan.i.payload.eq(Cat(bits))
            scans.append(scan)

        # All scans take a bitmap in the same cycle.
        m.d.comb += self.i.ready.eq(Cat(scan.i.ready for scan in scans).all())
        m.d.comb += [scan.i.valid.eq(self.i.valid & self.i.ready) for scan in scans]

        in_step(m, [scan.o for scan in scans], self.o)
        return m


def in_step(
    m: Module, given: Sequence[stream.Interface], together: stream.Interface, *,
    go: ValueLike = 1,
) -> None:
    """Join the events of scans to what all banks give in a cycle; who has ended a step waits.

    Without ``go`` all wait.
    """
    banks = len(given)
    ended = Signal(banks)  # banks that have given the last event of the step
    ends = Signal(banks)  # and those that give it now, if all goes on
    there = Signal(banks)
    passed = Signal()
    for bank, events in enumerate(given):
        event, open_ = events.payload, ~ended[bank]
        m.d.comb += [
            there[bank].eq(events.valid | ended[bank]),
            ends[bank].eq(event.last | ended[bank]),
            events.ready.eq(passed & open_),
            together.payload.places[bank].eq(Mux(open_, event.row, 0)),
            together.payload.spikes[bank].eq(event.spike & open_),
        ]
    m.d.comb += [
        together.valid.eq(there.all() & go),
        together.payload.last.eq(ends.all()),
        passed.eq(together.valid & together.ready),
    ]
    with m.If(passed):
        m.d.sync += ended.eq(ends)
        with m.If(ends.all()):
            m.d.sync += ended.eq(0)


core = BankScan
