"""Tally: what a board counts, as STATUS and RUN answer it."""

from collections.abc import Collection

from amaranth import Cat, Const, Module, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..protocol import OPTIONAL, RUN_HEAD, RUN_TAIL, BoardStatus, Command
from .packet import REFUSAL

__all__ = ["Tally"]

#: Bits of a counter of frames, a byte so that an answer cannot have halves of two numbers; of that
#: of inferences; and of that of a RUN's cycles, of which there are enough for 20 days at 80 MHz.
_FRAMES, _INFERENCES, _CYCLES = 8, 32, 48


class Tally(wiring.Component):
    """Counts refused frames and inferences for STATUS, and what is left of a RUN and its cycles.

    A counter for STATUS stays at its highest value. It counts in the cycle after what it counts.

    Parameters
    ----------
    optional : collection of Command
        Commands that are answered: what the others need is not counted, and reads as 0.

    Members
    -------
    refused : In(REFUSAL)
        A frame is refused in this cycle, and why.
    inferred : In(1)
        An inference is over in this cycle.
    times : In(8)
        A byte of how many inferences a RUN has, the lowest first.
    times_valid : In(1)
        There is such a byte in this cycle; the RUN begins with the fourth.
    running : In(1)
        The inferences of a RUN are in work.
    ended : Out(1)
        The inference in work is the last of its RUN: by its number, or by the cycles, which reach
        the upper half of what their counter can count.
    status : Out(unsigned(8 * BoardStatus.SIZE))
        The payload of the answer to STATUS, its first byte in the lowest bits.
    run : Out(unsigned(8 * RUN_TAIL))
        What the answer to RUN has after the result, in the same way.
    """

    refused: data.View
    inferred: Signal
    times: Signal
    times_valid: Signal
    running: Signal
    ended: Signal
    status: Signal
    run: Signal

    def __init__(self, *, optional: Collection[Command] = OPTIONAL):
        self.optional = frozenset(optional)
        super().__init__({
            "refused": In(REFUSAL),
            "inferred": In(1),
            "times": In(8),
            "times_valid": In(1),
            "running": In(1),
            "ended": Out(1),
            "status": Out(unsigned(8 * BoardStatus.SIZE)),
            "run": Out(unsigned(8 * RUN_TAIL)),
        })

    def elaborate(self, platform) -> Module:
        """Build the counters of the commands that are answered."""
        m = Module()
        if Command.STATUS in self.optional:
            self._count_all(m)
        if Command.RUN in self.optional:
            self._count_run(m)
        return m

    def _count_all(self, m: Module) -> None:
        """Build what STATUS answers."""
        refused = self.refused
        frames = [
            self._counter(m, strobe, _FRAMES, name) for name, strobe in (
                ("bad_checksums", refused.bad_checksum), ("overflows", refused.overflow),
                ("malformed", refused.malformed),
            )
        ]
        inferences = self._counter(m, self.inferred, _INFERENCES, "inferences")
        m.d.comb += self.status.eq(Cat(*frames, inferences))

    def _counter(self, m: Module, strobe: Value, bits: int, name: str) -> Signal:
        count = Signal(bits, name=name)
        with m.If(strobe & ~count.all()):
            m.d.sync += count.eq(count + 1)
        return count

    def _count_run(self, m: Module) -> None:
        """Build what RUN answers, and when it ends."""
        left, cycles = Signal(8 * RUN_HEAD), Signal(_CYCLES)
        with m.If(self.times_valid):
            m.d.sync += [left.eq(Cat(left, self.times)[8:]), cycles.eq(0)]
        with m.If(self.running):
            m.d.sync += cycles.eq(cycles + 1)
            with m.If(self.inferred):
                m.d.sync += left.eq(left - 1)
        m.d.comb += [
            self.ended.eq((left == 1) | cycles[-1]),
            self.run.eq(Cat(left, cycles, Const(0, 8 * (RUN_TAIL - RUN_HEAD) - _CYCLES))),
        ]
