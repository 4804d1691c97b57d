"""Weight loader: from the bytes of a command to rows in the memories of weights."""

from collections.abc import Sequence

from amaranth import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .weight_memory import WeightMemory

__all__ = ["STORED_BYTES", "WeightLoader"]

#: One byte of what is stored, and whether it is the last.
STORED_BYTES = data.StructLayout({"data": 8, "last": 1})


class WeightLoader(wiring.Component):
    """Stores rows of weights that come as bytes, and reads each back.

    What comes begins with the number of a memory and that of a row, two bytes, the lower first.
    Then come rows, each in as many whole bytes as it needs, the lowest first. A row that is not
    whole, and a row or a memory that there is not, is dropped. Throughput is a byte per cycle, and
    three cycles more for each row.

    Parameters
    ----------
    memories : sequence of WeightMemory
        At most 256.

    Members
    -------
    i : In(stream.Signature(STORED_BYTES))
        What is stored, one or more bytes; ``last`` at the last one.
    not_kept : Out(1)
        Whether a row that was read back was another than that which was stored, since the last
        beginning; once all is done, which is when the stream is ready again.
    """

    i: stream.Interface
    not_kept: Signal

    def __init__(self, *, memories: Sequence[WeightMemory]):
        self.memories = memories
        super().__init__({"i": In(stream.Signature(STORED_BYTES)), "not_kept": Out(1)})

    def elaborate(self, platform) -> Module:
        """Elaborate the head, the row that fills up, and its way to its memory and back."""
        m = Module()
        sizes = [one.image.row_bytes for one in self.memories]
        row = Signal(8 * max(sizes))
        number, place = Signal(8), Signal(16)
        head, filled = Signal(2), Signal(range(max(sizes)))
        closing = Signal()
        byte = self.i.payload.data
        known = number < len(self.memories)
        full = Array(filled == size - 1 for size in sizes)[number] & known

        with m.FSM() as fsm:
            with m.State("HEAD"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.d.sync += [
                        Cat(number, place).eq(Cat(number, place, byte)[8:]),
                        head.eq(Mux(self.i.payload.last | (head == 2), 0, head + 1)),
                        filled.eq(0),
                    ]
                    with m.If(head == 0):
                        m.d.sync += self.not_kept.eq(0)
                    with m.If((head == 2) & ~self.i.payload.last):
                        m.next = "ROW"
            with m.State("ROW"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.d.sync += [
                        row.eq(Cat(row, byte)[8:]),
                        closing.eq(self.i.payload.last),
                        filled.eq(filled + 1),
                    ]
                    with m.If(self.i.payload.last):
                        m.next = "HEAD"
                    with m.If(full):
                        m.d.sync += filled.eq(0)
                        m.next = "WRITE"
            with m.State("WRITE"):
                m.next = "READ"
            with m.State("READ"):
                m.next = "COMPARE"
            with m.State("COMPARE"):
                m.d.sync += place.eq(place + 1)
                m.next = "ROW"
                with m.If(closing):
                    m.next = "HEAD"
            writes, reads, compares = (fsm.ongoing(one) for one in ("WRITE", "READ", "COMPARE"))

        for at, one in enumerate(self.memories):
            chosen, size = Signal(name=f"chosen_{at}"), one.image.row_bytes
            m.d.comb += [
                chosen.eq((number == at) & (place < one.depth)),
                one.storing.eq(chosen & (writes | reads)),
                one.writes.eq(writes),
                one.place.eq(place),
                one.value.eq(Cat(row, Const(0, 1))[len(row) - 8 * size :]),
            ]
            with m.If(compares & chosen & (one.data != one.value)):
                m.d.sync += self.not_kept.eq(1)
        return m
