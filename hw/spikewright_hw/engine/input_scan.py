"""Input scan: the inputs of an inference, stored as they come, and the events in them."""

from collections.abc import Sequence
from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from .bank_scan import bank_events, in_step
from .banks import bank_layout
from .dealing import dealt
from .scan import GroupScan, filled, scan_events, scan_group

__all__ = ["PRESETS", "InputScan", "core", "input_events"]

PRESETS = {
    "w20_b1_n4": {"width": 20, "banks": 1, "count": 4},
    "w64_b3_n3": {"width": 64, "banks": 3, "count": 3},
    "w5_b5_n1": {"width": 5, "banks": 5, "count": 1},
}


def input_events(bitmaps: Sequence[int], *, width: int, banks: int) -> list[dict[str, Any]]:
    """Return what is given in each cycle, of the bitmaps of an inference: the definition."""
    if banks == 1:
        return [
            {"row": row, "spike": spike, "last": last}
            for bitmap in bitmaps for row, spike, last in scan_events(bitmap)
        ]
    return [
        {"places": places, "spikes": spikes, "last": last}
        for bitmap in bitmaps
        for places, spikes, last in bank_events(bitmap, width=width, banks=banks)
    ]


class InputScan(wiring.Component):
    """Store ``count`` bitmaps and gives the events of each, as a scan of so many banks does.

    The bitmap that is scanned is not copied: it is read from the memory as long as its events
    are given. Which of its groups have a bit that is set is noted when it comes, so that no step
    begins with a look at all of it.

    Parameters
    ----------
    width : int, at least 1
        Bits of a bitmap.
    banks : int, at least 1
        Banks, as many as bits at most, as of a :class:`~.bank_scan.BankScan`; with one, events are
        those of a :class:`~.scan.Scan`.
    count : int, at least 1
        Bitmaps of an inference.

    Members
    -------
    i : In(stream.Signature(unsigned(width)))
        Bitmaps; always ready. They are stored in turn, ``count`` of them while ``go`` is low.
    go : In(1)
        The stored bitmaps are scanned, from the first on; low only when no event is left.
    o : Out(stream.Signature(bank_layout(width, banks)))
        What the banks give in a cycle. The first events of an inference come two cycles after
        ``go``, those of a next bitmap without a gap.
    """

    i: stream.Interface
    go: Signal
    o: stream.Interface

    def __init__(self, *, width: int, banks: int, count: int):
        if not 1 <= banks <= width:
            raise ValueError(f"banks is {banks}; bitmaps of {width} bits have 1 to {width}")
        if count < 1:
            raise ValueError(f"an inference has at least one bitmap, not {count}")
        self.width = width
        self.banks = banks
        self.count = count
        super().__init__({
            "i": In(stream.Signature(unsigned(width))),
            "go": In(1),
            "o": Out(stream.Signature(bank_layout(width, banks))),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the memories of bitmaps and of their groups, and a scan for each bank."""
        m = Module()
        coming = dealt(self.i.payload, self.banks)
        scans = [
            GroupScan(width=len(bits), group=scan_group(len(bits))) for bits in coming
        ]
        places = range(max(2, self.count))  # an address has a bit at least
        here, following = Signal(places), Signal(range(self.count + 1))
        filled_ = [filled(Cat(bits), scan.group) for bits, scan in zip(coming, scans, strict=True)]
        place = Signal(places)
        m.d.comb += self.i.ready.eq(1)
        with m.If(self.i.valid):
            m.d.sync += place.eq(Mux(place == self.count - 1, 0, place + 1))
        bitmap = self._stored(m, "bitmaps", self.i.payload, place=place, read=here)
        groups = self._stored(m, "groups", Cat(filled_), place=place, read=following)

        # All banks take the next bitmap in the same cycle.
        taken = Signal()
        all_ready = Cat(scan.i.ready for scan in scans).all()
        m.d.comb += taken.eq(self.go & (following != self.count) & all_ready)
        with m.If(taken):
            m.d.sync += [here.eq(following), following.eq(following + 1)]
        with m.If(~self.go):
            m.d.sync += following.eq(0)

        at = 0
        for bank, (scan, bits) in enumerate(zip(scans, dealt(bitmap, self.banks), strict=True)):
            m.submodules[f"bank_{bank}"] = scan
            width = len(scan.i.payload)
            m.d.comb += [
                scan.i.valid.eq(taken),
                scan.i.payload.eq(groups[at : at + width]),
                scan.bitmap.eq(Cat(bits)),
            ]
            at += width
        if self.banks == 1:
            connect(m, scans[0].o, flipped(self.o))
        else:
            in_step(m, [scan.o for scan in scans], self.o)
        return m

    def _stored(
        self, m: Module, name: str, word: Value, *, place: Value, read: Value
    ) -> Any:
        """Build a memory of a word of each bitmap; return the one that ``read`` says."""
        m.submodules[name] = words = memory.Memory(
            shape=unsigned(len(word)), depth=max(2, self.count), init=[]
        )
        write, port = words.write_port(), words.read_port(domain="comb")
        m.d.comb += [
            write.addr.eq(place),
            write.data.eq(word),
            write.en.eq(self.i.valid),
            port.addr.eq(read),
        ]
        return port.data


core = InputScan
