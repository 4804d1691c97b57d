"""Spike scan: from a bitmap to the events in it, skipping zeros."""

from collections.abc import Sequence

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

__all__ = [
    "PRESETS", "GroupScan", "Scan", "chosen", "core", "event_layout", "filled", "parted",
    "place_of", "scan_events", "scan_group",
]

PRESETS = {
    "w64": {"width": 64},
    "w20_g4": {"width": 20, "group": 4},
}


def event_layout(width: int) -> data.StructLayout:
    """Layout of an event: which of ``width`` inputs spiked.

    ``last`` marks the last event of a step. A step without spikes is one event with ``spike`` 0, so
    that a layer downstream still knows that time has passed; its ``row`` is 0.
    """
    return data.StructLayout({"row": range(max(2, width)), "spike": 1, "last": 1})


def scan_events(bitmap: int) -> list[tuple[int, int, int]]:
    """Return the events of a bitmap as ``(row, spike, last)``: the definition of correct."""
    rows = [row for row in range(bitmap.bit_length()) if bitmap >> row & 1]
    if not rows:
        return [(0, 0, 1)]
    return [(row, 1, int(row == rows[-1])) for row in rows]


def scan_group(width: int) -> int:
    """Return the group size, a power of two near the square root, for a scan of ``width`` bits."""
    return max(2, 1 << round((width - 1).bit_length() / 2))


def parted(bitmap: Value, group: int) -> list[Value]:
    """Cut a bitmap into its groups."""
    return [bitmap[at : at + group] for at in range(0, len(bitmap), group)]


def filled(bitmap: Value, group: int) -> Value:
    """Return which groups of a bitmap have a bit that is set."""
    return Cat(part.any() for part in parted(bitmap, group))


def lowest(bits: Value) -> Value:
    """Keep the lowest set bit only, without a carry chain."""
    return Cat(bits[at] & ~bits[:at].any() for at in range(len(bits)))


def chosen(only: Value, parts: Sequence[Value]) -> Value:
    """Return the part whose bit is set, of which at most one is; 0 if none is."""
    return Cat(
        Cat(only[number] & part[at] for number, part in enumerate(parts) if at < len(part)).any()
        for at in range(len(parts[0]))
    )


def place_of(only: Value) -> Value:
    """Return which bit is set, of which at most one is; 0 if none is."""
    return Cat(
        Cat(only[at] for at in range(len(only)) if at >> bit & 1).any()
        for bit in range(max(1, (len(only) - 1).bit_length()))
    )


class GroupScan(wiring.Component):
    """Return the index of each set bit of a bitmap that lies elsewhere, group by group.

    A stage picks the next group that is not empty while the one before it gives its bits; so only
    the groups are searched. Timing is that of a :class:`Scan`.

    Parameters
    ----------
    width, group : int
        As of a :class:`Scan`.

    Members
    -------
    i : In(stream.Signature(unsigned(groups)))
        Of a bitmap, which groups of it have a bit that is set.
    next : Out(groups)
        Which group of the bitmap that was taken last is to come next, one bit or none.
    picked : In(group)
        The bits of that group.
    o : Out(stream.Signature(event_layout(width)))
        As of a :class:`Scan`.
    """

    i: stream.Interface
    next: Signal
    picked: Signal
    o: stream.Interface

    def __init__(self, *, width: int, group: int):
        self.width = width
        self.group = group
        groups = -(-width // group)
        super().__init__({
            "i": In(stream.Signature(unsigned(groups))),
            "next": Out(groups),
            "picked": In(group),
            "o": Out(stream.Signature(event_layout(width))),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the choice of the next group, and the group that gives its bits."""
        m = Module()
        groups = len(self.i.payload)

        # Groups that are still to be given --------------------------------------------------------
        pending = Signal(groups)  # those of the bitmap that are not empty and not yet picked
        loaded = Signal()  # the bitmap has something to give, be it only that it is empty
        first = Signal(groups)  # the next of them
        others = Signal(groups)
        m.d.comb += others.eq(pending & ~first)
        final = ~others.any()
        index = Signal(range(max(2, groups)))
        m.d.comb += [self.next.eq(first), index.eq(place_of(first))]

        # The bits of one group --------------------------------------------------------------------
        bits = Signal(self.group)
        base = Signal.like(index)
        closing = Signal()  # the last group of its bitmap
        holding = Signal()

        given = lowest(bits)
        more = (bits & ~given).any()
        take_event = self.o.ready & holding
        take_group = loaded & (~holding | (take_event & ~more))
        m.d.comb += self.i.ready.eq(~loaded | (take_group & final))

        with m.If(take_group):
            m.d.sync += [
                bits.eq(self.picked),
                base.eq(index),
                closing.eq(final),
                holding.eq(1),
                pending.eq(others),
                first.eq(lowest(others)),
            ]
        with m.Elif(take_event):
            m.d.sync += [bits.eq(bits & ~given), holding.eq(more)]

        coming = self.i.payload
        with m.If(self.i.ready):
            m.d.sync += [loaded.eq(self.i.valid), pending.eq(coming), first.eq(lowest(coming))]

        self._event(m, bits, base, valid=holding, last=closing & ~more)
        return m

    def _event(self, m: Module, bits: Value, base: Value, *, valid: Value, last: Value) -> None:
        """Build the output: the lowest bit of the group ``base``, or that a bitmap is empty."""
        given = lowest(bits)
        offset = Signal(range(self.group))
        m.d.comb += offset.eq(place_of(given))
        m.d.comb += [
            self.o.valid.eq(valid),
            self.o.payload.row.eq(Mux(bits.any(), Cat(offset, base), 0)),
            self.o.payload.spike.eq(bits.any()),
            self.o.payload.last.eq(last),
        ]


class Scan(wiring.Component):
    """Return the index of each set bit of a bitmap, lowest first.

    The bitmap is cut into groups; a stage picks the next group that is not empty while the one
    before it gives its bits. Throughput is therefore one event per cycle, whatever lies between
    them, also from one bitmap to the next. Latency from a bitmap to its first event is two cycles.

    Parameters
    ----------
    width : int, at least 1
        Bits of a bitmap.
    group : int, a power of two, at least 2
        Bits of a group; about the square root of ``width`` is smallest.

    Members
    -------
    i : In(stream.Signature(unsigned(width)))
        Spikes of one step.
    o : Out(stream.Signature(event_layout(width)))
        An event: ``row``, the input that spiked; ``spike``, 1 bit; ``last``, 1 bit, which closes
        the step.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, width: int, group: int = 8):
        if width < 1:
            raise ValueError(f"a scan is at least one bit wide, not {width}")
        if group < 2 or group & (group - 1):
            raise ValueError(f"a group is a power of two of at least 2 bits, not {group}")
        self.width = width
        self.group = group
        super().__init__({
            "i": In(stream.Signature(unsigned(width))),
            "o": Out(stream.Signature(event_layout(width))),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the bitmap and the scan of its groups."""
        m = Module()
        m.submodules.groups = groups = GroupScan(width=self.width, group=self.group)
        bitmap = Signal(self.width)
        with m.If(self.i.ready):
            m.d.sync += bitmap.eq(self.i.payload)
        m.d.comb += [
            groups.picked.eq(chosen(groups.next, parted(bitmap, self.group))),
            groups.i.valid.eq(self.i.valid),
            groups.i.payload.eq(filled(self.i.payload, self.group)),
            self.i.ready.eq(groups.i.ready),
        ]
        connect(m, groups.o, flipped(self.o))
        return m


core = Scan
