"""Input scan: the inputs of an inference, stored as they come, and the events in them."""

from collections.abc import Sequence
from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from .bank_scan import bank_events, bank_width, in_step
from .banks import bank_layout
from .dealing import alike_after, dealt
from .scan import GroupScan, chosen, filled, parted, place_of, scan_events, scan_group
from .words import Words

__all__ = [
    "AT_ONCE", "PRESETS", "InputScan", "core", "cycles_ahead", "input_events", "scan_words",
]

PRESETS = {
    "w20_b1_n4": {"width": 20, "banks": 1, "count": 4},
    "w64_b3_n3": {"width": 64, "banks": 3, "count": 3},
    "w5_b5_n1": {"width": 5, "banks": 5, "count": 1},
    "w66_b4_n3_words": {"width": 66, "banks": 4, "count": 3, "at_once": 1},
    "w41_b1_n1_words": {"width": 41, "banks": 1, "count": 1, "at_once": 1},
}

#: Bits of a bitmap that come at once, at most. Of more, each would have a place of its own in a
#: memory as wide as the bitmap, and a gate to choose it.
AT_ONCE = 128


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


def scan_words(*, width: int, banks: int, at_once: int = AT_ONCE) -> Words:
    """Return how a bitmap comes to an input scan: at once, or as words of a group of each bank.

    It comes at once if it has at most ``at_once`` bits, or if its words would not be dealt to the
    banks alike.
    """
    group = scan_group(bank_width(width, banks))
    if width <= max(at_once, group * banks) or group % alike_after(banks):
        return Words(bits=width, count=1)
    return Words(bits=group * banks, count=-(-width // (group * banks)))


def cycles_ahead(count: int, *, at_most: bool = False) -> int:
    """Return how many cycles before those of a scan the first of so many bitmaps' events come.

    A scan takes two. ``at_most``, if the bitmaps come slowly; else at least.
    """
    return 2 * (count > 1) if at_most else min(2, count - 1)


class InputScan(wiring.Component):
    """Store ``count`` bitmaps and give the events of each, as a scan of so many banks does.

    The bitmap that is scanned is not copied: it is read from the memory as long as its events
    are given. Which of its groups have a bit that is set is noted when it comes, so that no step
    begins with a look at all of it. The first groups of an inference are looked for while its
    other bitmaps come.

    Parameters
    ----------
    width : int, at least 1
        Bits of a bitmap.
    banks : int, at least 1
        Banks, as many as bits at most, as of a :class:`~.bank_scan.BankScan`; with one, events are
        those of a :class:`~.scan.Scan`.
    count : int, at least 1
        Bitmaps of an inference.
    at_once : int, at least 1
        Bits of a bitmap that come in one word, at most; see :func:`scan_words`.

    Members
    -------
    i : In(stream.Signature(unsigned(words.bits)))
        Bitmaps, each as the ``words.count`` words of :func:`scan_words`, the first bits first;
        always ready. They are stored in turn, ``count`` of them while ``go`` is low.
    go : In(1)
        The stored bitmaps are scanned, from the first on; low only when no event is left.
    o : Out(stream.Signature(bank_layout(width, banks)))
        What the banks give in a cycle. The first events of an inference come with ``go`` where
        their bitmap was there three cycles before, else so many later; those of a next bitmap come
        without a gap.
    """

    i: stream.Interface
    go: Signal
    o: stream.Interface

    def __init__(self, *, width: int, banks: int, count: int, at_once: int = AT_ONCE):
        if not 1 <= banks <= width:
            raise ValueError(f"banks is {banks}; bitmaps of {width} bits have 1 to {width}")
        if count < 1:
            raise ValueError(f"an inference has at least one bitmap, not {count}")
        if at_once < 1:
            raise ValueError(f"at least one bit comes at once, not {at_once}")
        self.width = width
        self.banks = banks
        self.count = count
        self.words = scan_words(width=width, banks=banks, at_once=at_once)
        super().__init__({
            "i": In(stream.Signature(unsigned(self.words.bits))),
            "go": In(1),
            "o": Out(stream.Signature(bank_layout(width, banks))),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the memories of bitmaps and of their groups, and a scan for each bank."""
        m = Module()
        group = scan_group(bank_width(self.width, self.banks))
        scans = [
            GroupScan(width=len(bits), group=group)
            for bits in dealt(range(self.width), self.banks)
        ]
        places = range(max(2, self.count))  # an address has a bit at least
        stored, following = Signal(range(self.count + 1)), Signal(range(self.count + 1))
        here, coming = Signal(places), Signal(places)
        word = Signal(range(max(2, self.words.count)))
        whole = Signal()  # the last word of a bitmap comes
        m.d.comb += [
            self.i.ready.eq(1),
            whole.eq(self.i.valid & (word == self.words.count - 1)),
        ]
        with m.If(self.i.valid):
            m.d.sync += word.eq(Mux(whole, 0, word + 1))
        m.d.comb += coming.eq(Mux(stored == self.count, 0, stored))
        with m.If(whole):
            m.d.sync += stored.eq(coming + 1)
        store = self._at_once if self.words.count == 1 else self._in_words
        groups = store(m, scans, word=word, whole=whole, place=coming, here=here, read=following)

        # All banks take the next bitmap that is stored in the same cycle.
        taken = Signal()
        m.d.comb += taken.eq(
            (following != stored) & Cat(scan.i.ready for scan in scans).all()
        )
        with m.If(whole & (coming == 0)):
            m.d.sync += following.eq(0)
        with m.Elif(taken):
            m.d.sync += [here.eq(following), following.eq(following + 1)]

        for bank, (scan, filled_) in enumerate(zip(scans, groups, strict=True)):
            m.submodules[f"bank_{bank}"] = scan
            m.d.comb += [scan.i.valid.eq(taken), scan.i.payload.eq(filled_)]
        if self.banks == 1:
            (events,) = (scan.o for scan in scans)
            m.d.comb += [
                self.o.valid.eq(events.valid & self.go),
                self.o.payload.eq(events.payload),
                events.ready.eq(self.o.ready & self.go),
            ]
        else:
            in_step(m, [scan.o for scan in scans], self.o, go=self.go)
        return m

    def _at_once(
        self, m: Module, scans: Sequence[GroupScan], *, word: Signal, whole: Value,
        place: Signal, here: Signal, read: Signal,
    ) -> list[Value]:
        """Build the memories of bitmaps that come at once; return the filled groups of each bank.

        A bitmap is a word of its memory, and all of ``here`` is there for the scans to choose from.
        """
        banks = dealt(self.i.payload, self.banks)
        coming = [
            filled(Cat(bits), scan.group) for bits, scan in zip(banks, scans, strict=True)
        ]
        bitmap = self._stored(m, "bitmaps", self.i.payload, place=place, en=whole, read=here)
        for scan, bits in zip(scans, dealt(bitmap, self.banks), strict=True):
            m.d.comb += scan.picked.eq(chosen(scan.next, parted(Cat(bits), scan.group)))
        return self._groups(m, coming, place=place, whole=whole, read=read)

    def _in_words(
        self, m: Module, scans: Sequence[GroupScan], *, word: Signal, whole: Value,
        place: Signal, here: Signal, read: Signal,
    ) -> list[Value]:
        """Build the memories of bitmaps that come in words; return the filled groups of each bank.

        A word has a group of each bank, which lies in a memory of the bank's own, so that the group
        that is looked for is an address. Beyond the last bit of a bitmap nothing is stored.
        """
        coming = []
        for bank, (scan, bits) in enumerate(
            zip(scans, dealt(self.i.payload, self.banks), strict=True)
        ):
            count = len(scan.i.payload)
            left = scan.width - (count - 1) * scan.group  # bits of its last group
            inside = Cat(bits) & Mux(word < count - 1, (1 << scan.group) - 1, (1 << left) - 1)
            seen = Signal(self.words.count - 1, name=f"seen_{bank}")  # which groups were filled
            here_too = self.i.valid & (word < count)  # a bank may have a group less than others
            now = Cat(seen, here_too & inside.any())
            with m.If(self.i.valid):
                m.d.sync += seen.eq(now[1:])
            coming.append(now[:count])
            picked = self._stored(
                m, f"bitmaps_{bank}", inside, place=Cat(place, word), en=here_too,
                read=Cat(here, place_of(scan.next)), depth=count << len(place),
            )
            m.d.comb += scan.picked.eq(picked)
        return self._groups(m, coming, place=place, whole=whole, read=read)

    def _groups(
        self, m: Module, coming: Sequence[Value], *, place: Signal, whole: Value, read: Signal
    ) -> list[Value]:
        """Build the memory of which groups of each bank are filled; return those at ``read``."""
        groups = self._stored(m, "groups", Cat(coming), place=place, en=whole, read=read)
        found, at = [], 0
        for bits in coming:
            found.append(groups[at : at + len(bits)])
            at += len(bits)
        return found

    def _stored(
        self, m: Module, name: str, word: Value, *, place: Value, en: Value, read: Value,
        depth: int = 0,
    ) -> Any:
        """Build a memory, of a word of each bitmap unless a depth is given; return what is read."""
        m.submodules[name] = words = memory.Memory(
            shape=unsigned(len(word)), depth=depth or max(2, self.count), init=[]
        )
        write, port = words.write_port(), words.read_port(domain="comb")
        m.d.comb += [
            write.addr.eq(place), write.data.eq(word), write.en.eq(en), port.addr.eq(read),
        ]
        return port.data


core = InputScan
