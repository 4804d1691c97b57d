"""Delay: spikes that arrive some steps after they were sent, from a ring of bitmaps."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from .constants import lookup
from .ram_style import rom_attributes

__all__ = ["PRESETS", "Delay", "core", "delay"]

PRESETS = {
    "b5_d2": {"bits": 5, "delays": 2},
    "b3_n2_each": {"bits": 3, "count": 2, "delays": (0, 1, 3, 0, 0, 1), "ahead": 2},
    "b4_own": {"bits": 4, "delays": (1, 2, 1, 3), "own": True, "steps": 5},
    "b2_n3_own": {"bits": 2, "count": 3, "delays": 1, "own": True, "steps": 4},
    "b4_planes": {"bits": 4, "planes": 2, "delays": (0, 0, 1, 2)},
    "b6_n2_d0": {"bits": 6, "count": 2, "delays": 0, "ahead": 3},
}


def delay(
    words: Sequence[int], *, bits: int, delays: int | Sequence[int], count: int = 1,
    planes: int = 1, own: bool = False, steps: int | None = None,
) -> list[int]:
    """Return the words of whole steps, as late as each source says: the definition of correct.

    With ``own``, as many steps as are known from the steps before them: one more than were given.
    """
    of_step = count * planes
    each = [delays] * (bits * count) if isinstance(delays, int) else list(delays)
    given = len(words) // of_step
    made = given + own if steps is None else min(given + own, steps)
    found = []
    for step in range(made):
        for at in range(of_step):
            first = at % count * bits
            found.append(sum(
                1 << bit
                for bit in range(bits)
                if (sent := step - each[first + bit]) >= 0
                and words[sent * of_step + at] >> bit & 1
            ))
    return found


class Delay(wiring.Component):
    """Returns the spikes of a layer as many steps later as each of its neurons says.

    The last steps lie in a memory, a ring of bitmaps. A word that leaves is read from it once for
    each delay that there is, with a mask of the sources that have it. Throughput is one word in as
    many cycles; latency from a word to the first that has it is two cycles more. Words come as
    early as ``ahead`` steps before the one that leaves, so that the layer that sends them need not
    wait; if none comes ahead, a cycle is lost between two steps.

    Parameters
    ----------
    bits : int, at least 1
        Width of a word.
    delays : int or tuple of int
        In steps, of all sources or of each of them. 0 is the same step.
    count : int, at least 1
        Words of a step, or of a bit plane of it.
    planes : int, at least 1
        Bit planes of a step.
    ahead : int, at least 1
        Steps that may come before the first of them has left.
    own : bool
        Whether the words are what a layer does in a step that it needs them for: a step leaves when
        the one before has come, and the first one at once. The delays are 1 or more.
    steps : int, optional
        How many leave until the next ``clear``; without an end if not given. Of own words there is
        an end.

    Members
    -------
    i : In(stream.Signature(unsigned(bits)))
        The spikes of a step: ``planes * count`` words.
    o : Out(stream.Signature(unsigned(bits)))
        The spikes that arrive in a step, as many words.
    clear : In(1)
        Begins with a first step, before which there was none; only while no word waits to leave.
        What comes meanwhile is dropped.

    Raises
    ------
    ValueError
        A size is below 1, or the delays do not fit the sources.
    """

    i: stream.Interface
    o: stream.Interface
    clear: Signal

    def __init__(
        self, *, bits: int, delays: int | tuple[int, ...], count: int = 1, planes: int = 1,
        ahead: int = 1, own: bool = False, steps: int | None = None,
    ):
        for what, size in (
            ("a word has at least one bit", bits), ("a step has at least one word", count),
            ("a step has at least one plane", planes), ("at least one step comes ahead", ahead),
        ):
            if size < 1:
                raise ValueError(f"{what}, not {size}")
        self.each = (delays,) * (bits * count) if isinstance(delays, int) else tuple(delays)
        if len(self.each) != bits * count:
            raise ValueError(
                f"delays has {len(self.each)} values; there are {bits * count} sources"
            )
        if min(self.each) < own:
            raise ValueError(f"delays are {int(own)} or more, not {min(self.each)}")
        if own and (steps is None or ahead > 1):
            raise ValueError("own words have an end, and none comes ahead")
        self.bits = bits
        self.count = count
        self.planes = planes
        self.ahead = ahead
        self.own = own
        self.steps = steps
        self.delays = tuple(sorted(set(self.each)))
        #: Steps that the ring holds.
        self.slots = self.delays[-1] + ahead - own
        words = count * planes
        self.depth = max(2, self.slots) << (bits_for(words - 1) if words > 1 else 0)
        # The two sides of the ring; attributes, so that a proof can look at them.
        self.writes, self.reads = Signal(), Signal()
        self.write_at, self.read_at = Signal(range(self.depth)), Signal(range(self.depth))
        super().__init__({
            "i": In(stream.Signature(unsigned(bits))),
            "o": Out(stream.Signature(unsigned(bits))),
            "clear": In(1),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the ring, its two sides, and what is gathered from it."""
        m = Module()
        words = self.count * self.planes
        m.submodules.ring = ring = memory.Memory(
            shape=unsigned(self.bits), depth=self.depth, init=[]
        )
        write, read = ring.write_port(), ring.read_port()
        writes, reads = self.writes, self.reads
        # Steps that are in the ring whole and have not left; an own one that nothing is needed for.
        level = Signal(range(self.ahead + 1), init=int(self.own))
        came, sent = Signal(range(max(2, words))), Signal(range(max(2, words)))
        in_slot, out_slot = Signal(range(max(2, self.slots))), Signal(range(max(2, self.slots)))
        arrived, left = Signal(), Signal()  # the last word of a step

        m.d.comb += [
            self.i.ready.eq(level < self.ahead),
            writes.eq(self.i.valid & self.i.ready),
            arrived.eq(writes & (came == words - 1)),
            self.write_at.eq(self._address(came, in_slot)),
            write.addr.eq(self.write_at),
            write.data.eq(self.i.payload),
            write.en.eq(writes),
        ]
        with m.If(writes):
            m.d.sync += came.eq(Mux(arrived, 0, came + 1))
        with m.If(arrived):
            m.d.sync += in_slot.eq(Mux(in_slot == self.slots - 1, 0, in_slot + 1))
        m.d.sync += level.eq(level + arrived - left)

        past, ended = self._steps(m, left)
        there = (level != 0) if self.own else (level != 0) | (came > sent)
        turn, moves = Signal(range(max(2, len(self.delays)))), Signal()
        last_turn = turn == len(self.delays) - 1
        late = lookup(self.delays, turn)
        known = late <= past if self.delays[-1] else Const(1)
        slot = out_slot + lookup([self.slots - one for one in self.delays], turn)
        slot = Mux(slot >= self.slots, slot - self.slots, slot)
        m.d.comb += [
            reads.eq(there & ~ended & moves & ~self.clear),
            left.eq(reads & last_turn & (sent == words - 1)),
            self.read_at.eq(self._address(sent, slot)),
            read.addr.eq(self.read_at),
            read.en.eq(moves),
        ]
        with m.If(reads):
            m.d.sync += turn.eq(Mux(last_turn, 0, turn + 1))
            with m.If(last_turn):
                m.d.sync += sent.eq(Mux(sent == words - 1, 0, sent + 1))
        with m.If(left):
            m.d.sync += out_slot.eq(Mux(out_slot == self.slots - 1, 0, out_slot + 1))

        self._gather(
            m, read.data, reads=reads, moves=moves, known=known, turn=turn,
            last_turn=last_turn, word=sent,
        )
        with m.If(self.clear):
            m.d.sync += [
                signal.eq(signal.init) for signal in (level, came, sent, turn, in_slot, out_slot)
            ]
        return m

    def _address(self, word: Value, slot: Value) -> Value:
        """Return where a word of a step lies, which is a slot or a turn."""
        return Cat(word, slot) if self.count * self.planes > 1 else slot

    def _steps(self, m: Module, left: Signal) -> tuple[Signal, Value]:
        """Build the count of steps; return it, up to the longest delay, and whether all are out."""
        longest = self.delays[-1]
        most = longest if self.steps is None else max(longest, self.steps)
        steps = Signal(range(max(1, most) + 1))
        with m.If(left & (steps != most)):
            m.d.sync += steps.eq(steps + 1)
        with m.If(self.clear):
            m.d.sync += steps.eq(0)
        return steps, Const(0) if self.steps is None else steps >= self.steps

    def _gather(
        self, m: Module, found: Value, *, reads: Value, moves: Signal, known: Value, turn: Value,
        last_turn: Value, word: Value,
    ) -> None:
        """Build the second half: what is read is masked and gathered until a word is complete."""
        first_q, last_q, reads_q, known_q = (
            Signal(name=name) for name in ("first_q", "last_q", "reads_q", "known_q")
        )
        gathered, whole = Signal(self.bits), Signal(self.bits)
        mask = self._mask(m, turn=turn, word=word, moves=moves)
        m.d.comb += [
            moves.eq(~(reads_q & last_q & self.o.valid & ~self.o.ready)),
            whole.eq(Mux(first_q, 0, gathered) | (found & mask & known_q.replicate(self.bits))),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(moves):
            m.d.sync += [
                reads_q.eq(reads), first_q.eq(turn == 0), last_q.eq(last_turn), known_q.eq(known),
            ]
            with m.If(reads_q):
                m.d.sync += gathered.eq(whole)
                with m.If(last_q):
                    m.d.sync += [self.o.payload.eq(whole), self.o.valid.eq(1)]

    def _mask(self, m: Module, *, turn: Value, word: Value, moves: Value) -> Value:
        """Build the masks: which sources of a word have the delay of a turn, a cycle later."""
        if len(self.delays) == 1:
            return Const((1 << self.bits) - 1, self.bits)
        words = self.count * self.planes
        address = self._address(word, turn)
        masks = [0] * (1 << len(address))
        for number, late in enumerate(self.delays):
            for at in range(words):
                first = at % self.count * self.bits
                masks[at + (number << len(address) - len(turn))] = sum(
                    1 << bit for bit in range(self.bits) if self.each[first + bit] == late
                )
        m.submodules.masks = rom = memory.Memory(
            shape=unsigned(self.bits), depth=len(masks), init=masks,
            attrs=rom_attributes(len(masks)),
        )
        port = rom.read_port()
        m.d.comb += [port.addr.eq(address), port.en.eq(moves)]
        return port.data


core = Delay
