"""Independent set: a search by neurons that inhibit their neighbours, a word of them a cycle."""

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from ..stochastic.source.lfsr import Lfsr
from .race import race, race_stages
from .run import Run, Stage
from .search import NOISE_BITS, REST_BITS, WIDTHS, Urge
from .shape import TIME_BITS, SearchShape

__all__ = ["PRESETS", "TIME_BITS", "IndependentSet", "core", "pass_cycles", "seen_at"]

PRESETS = {
    "n8_l4": {"vertices": 8, "lanes": 4},
    "n20_l8": {"vertices": 20, "lanes": 8},
    "n64_l16": {"vertices": 64, "lanes": 16},
}


def pass_cycles(vertices: int, lanes: int) -> int:
    """Return the cycles of a pass over a graph: one for each word, and some until it is over."""
    return -(-vertices // lanes) + 5 + race_stages(lanes)


def seen_at(scan: int, *, vertices: int, lanes: int) -> int:
    """Return the cycle in which a set of the pass ``scan`` is seen; the first pass clears."""
    return (scan + 1) * pass_cycles(vertices, lanes) - 1


class IndependentSet(wiring.Component):
    """QuboSearch for a large independent set of a graph: :func:`~.search.search` in gateware.

    The graph lies in a memory, a row of bits for each vertex: its neighbours. The neurons lie in
    another, ``lanes`` of them in a word. In a pass all words are read one after the other: each
    neuron counts the change of the one that changed last, and says whether it would change itself;
    of those a tree chooses one. A pass takes :func:`pass_cycles`.

    A set that is larger than all before is kept in the pass after it was found. A run ends when
    such a set has ``target`` vertices or more, or when ``timeout`` cycles have passed, with the
    pass that keeps the last set.

    Parameters
    ----------
    vertices : int, at least 2
        Most vertices of a graph.
    lanes : int, a power of two, at least 2
        Neurons of a word.
    time_bits : int, at least 1
        Bits of a count of cycles or passes.

    Members
    -------
    row_vertex : In(range(vertices))
        Whose neighbours to write.
    row_word : In(range(words))
        Which word of them.
    row_data : In(lanes)
        A bit for each vertex of that word that is a neighbour. The graph has no loop, and each edge
        in the rows of both its ends; bits that stand for no vertex are 0.
    row_write : In(1)
        Write it; between runs.
    i : In(stream.Signature(problem))
        Starts a run: ``vertices``, those of this graph; ``seed``, ``rest``, ``spread`` and
        ``noise`` as in :class:`~.search.QuboSearch`, where ``spread`` is a mask; ``target``,
        vertices; ``timeout``, cycles.
    o : Out(stream.Signature(result))
        The end of a run: ``size``, vertices of the best set; ``reached``, the cycle in which it was
        seen; ``scan``, the pass; ``cycles``, of the run.
    o_found : Out(found)
        While ``o_found_valid``: a set larger than all before was seen, of ``size`` vertices after
        ``cycles`` cycles in pass ``scan``.
    o_found_valid : Out(1)
        For one cycle.
    best_address : In(range(words))
        Word of the best set to read, between runs.
    best_data : Out(lanes)
        That word, one cycle later: a bit for each vertex that is in the set. Bits after the last
        vertex are 1.
    """

    row_vertex: Signal
    row_word: Signal
    row_data: Signal
    row_write: Signal
    i: stream.Interface
    o: stream.Interface
    o_found: data.View
    o_found_valid: Signal
    best_address: Signal
    best_data: Signal

    def __init__(self, *, vertices: int, lanes: int, time_bits: int = TIME_BITS):
        self.shape = shape = SearchShape(vertices=vertices, lanes=lanes, time_bits=time_bits)
        self.time_bits = time_bits
        self.vertices = vertices
        self.lanes = lanes
        self.words = shape.words
        self.problem, self.found, self.result = shape.problem, shape.found, shape.result
        self.neuron = data.StructLayout({
            "active": 1, "conflict": 1, "rest": REST_BITS, "field": bits_for(vertices - 1),
        })
        #: What its parts tell each other; an attribute, so that a proof can look at it.
        self.run = Run(self)
        super().__init__({
            "row_vertex": In(range(vertices)),
            "row_word": In(range(max(2, self.words))),
            "row_data": In(lanes),
            "row_write": In(1),
            "i": In(stream.Signature(self.problem)),
            "o": Out(stream.Signature(self.result)),
            "o_found": Out(self.found),
            "o_found_valid": Out(1),
            "best_address": In(range(max(2, self.words))),
            "best_data": Out(lanes),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the run, the registers of chance, and the pipeline of words."""
        m = Module()
        run = self.run
        chance = self.chance(m, run)
        self._control(m, run, chance)
        read, neurons, row = self._read(m, run)
        self._keep(m, run, read, neurons)
        counted, neurons = self._count(m, run, read, neurons, row)
        self._write(m, run, counted, neurons)
        race(m, run, counted, neurons, lanes=self.lanes, chance=chance)
        return m

    def chance(self, m: Module, run: Run) -> tuple[Value, ...]:
        """Build the shift registers, which step for each word that counts; return their states."""
        registers = tuple(Lfsr(width=width) for width in WIDTHS)
        for number, register in enumerate(registers):
            m.submodules[f"chance_{number}"] = register
            m.d.comb += [
                register.seed.eq(self.i.payload.seed),
                register.reseed.eq(self.i.valid & self.i.ready),
                register.enable.eq(run.steps),
            ]
        return tuple(register.state for register in registers)

    def _control(self, m: Module, run: Run, chance: tuple[Value, ...]) -> None:
        """Build the run: the pass that clears, passes that scan, and what follows from each."""
        problem = run.problem
        with m.FSM(name="run") as fsm:
            m.d.comb += self.i.ready.eq(fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                with m.If(self.i.valid):
                    m.d.sync += [
                        problem.eq(self.i.payload),
                        *(one.eq(0) for one in run.counts),
                        run.clearing.eq(1), run.ending.eq(0), run.keeping.eq(0),
                        run.joins.eq(0), run.leaves.eq(0), run.late.eq(0),
                    ]
                    m.next = "SCAN"
            with m.State("SCAN"):
                m.d.comb += run.reads.eq(1)
                m.d.sync += run.word.eq(run.word + 1)
                with m.If(run.final):
                    m.d.sync += run.word.eq(0)
                    m.next = "WAIT"
            with m.State("WAIT"):
                with m.If(run.decided):
                    m.next = "DECIDE"
            with m.State("DECIDE"):
                m.d.comb += run.decides.eq(1)
                m.next = "SCAN"
                with m.If(run.ends):
                    m.next = "RESULT"
            with m.State("RESULT"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "IDLE"
        with m.If(~fsm.ongoing("IDLE") & ~fsm.ongoing("RESULT")):
            m.d.sync += [
                run.cycles.eq(run.cycles + 1), run.late.eq(run.cycles >= problem.timeout),
            ]
        m.d.comb += run.final.eq(run.word == (problem.vertices - 1) >> bits_for(self.lanes - 1))
        self._decide(m, run, chance[2])

    def _decide(self, m: Module, run: Run, chance: Value) -> None:
        """Build what a pass leads to: a set that is kept, the neuron that changes, the end."""
        settled = run.urge != Urge.CONFLICT
        improves, enough = Signal(), Signal()
        m.d.comb += [
            improves.eq(
                run.decides & ~run.clearing & ~run.ending & settled & (run.size > run.best)
            ),
            enough.eq(~run.clearing & (run.late | (improves & (run.size >= run.problem.target)))),
            run.ends.eq(run.ending | (enough & ~improves)),
            self.o_found_valid.eq(improves),
            self.o_found.size.eq(run.size),
            self.o_found.scan.eq(run.scan),
            self.o_found.cycles.eq(run.cycles),
            self.o.payload.size.eq(run.best),
            self.o.payload.reached.eq(run.reached),
            self.o.payload.scan.eq(run.reached_scan),
            self.o.payload.cycles.eq(run.cycles),
        ]
        joins = settled & (run.urge != Urge.NONE)
        with m.If(improves):
            m.d.sync += [
                run.best.eq(run.size), run.reached.eq(run.cycles), run.reached_scan.eq(run.scan),
            ]
        with m.If(run.decides):
            m.d.sync += [
                run.clearing.eq(0),
                run.noisy.eq(chance[:NOISE_BITS] < run.problem.noise),
                run.keeping.eq(improves),
                run.ending.eq(enough),
                run.scan.eq(run.scan + 1),
            ]
            with m.If(~run.clearing):
                m.d.sync += [
                    run.joins.eq(joins),
                    run.leaves.eq(~settled),
                    run.size.eq(Mux(settled, run.size + joins, run.size - 1)),
                    run.lane.eq(run.winner_lane),
                    run.at.eq(run.winner_word),
                    run.rest.eq(run.problem.rest + (chance[NOISE_BITS:] & run.problem.spread)),
                ]

    def _read(self, m: Module, run: Run) -> tuple[Stage, data.View, Signal]:
        """Build the memories, and two stages that read a word of neurons and their weights."""
        words = max(2, self.words)
        m.submodules.graph = graph = memory.Memory(
            shape=unsigned(self.lanes), depth=self.vertices << self._word_bits, init=[],
        )
        write, read = graph.write_port(), graph.read_port()
        m.d.comb += [
            write.addr.eq(self._row(self.row_vertex, self.row_word)),
            write.data.eq(self.row_data),
            write.en.eq(self.row_write),
            read.addr.eq(self._row(Cat(run.lane, run.at), run.word)),
        ]
        m.submodules.neurons = run.neurons = memory.Memory(
            shape=data.ArrayLayout(self.neuron, self.lanes), depth=words, init=[]
        )
        state = run.neurons.read_port()
        m.d.comb += state.addr.eq(run.word)
        first = Stage("read", self.words)
        m.d.sync += [
            first.valid.eq(run.reads), first.last.eq(run.final), first.address.eq(run.word),
        ]
        neurons = Signal(data.ArrayLayout(self.neuron, self.lanes), name="neurons_read")
        row = Signal(self.lanes, name="row_read")
        m.d.sync += [neurons.eq(state.data), row.eq(read.data)]
        return first.next(m, "state"), neurons, row

    @property
    def _word_bits(self) -> int:
        """Bits of a word's number."""
        return bits_for(self.words - 1) if self.words > 1 else 0

    def _row(self, vertex: Value, word: Value) -> Value:
        """Return the address of a word of a vertex's neighbours."""
        return Cat(word[: self._word_bits], vertex)

    def _keep(self, m: Module, run: Run, read: Stage, neurons: data.View) -> None:
        """Build the memory of the best set: what was active is kept in the pass after."""
        m.submodules.best = best = memory.Memory(
            shape=unsigned(self.lanes), depth=max(2, self.words), init=[]
        )
        write, port = best.write_port(), best.read_port()
        active = Cat(neurons[lane].active for lane in range(self.lanes))
        m.d.comb += [
            write.addr.eq(read.address),
            write.data.eq(Mux(run.clearing, self._beyond(run, read), active)),
            write.en.eq(read.valid & (run.keeping | run.clearing)),
            port.addr.eq(self.best_address),
            self.best_data.eq(port.data),
        ]

    def _beyond(self, run: Run, word: Stage) -> Value:
        """Return which neurons of a word stand for no vertex; they are active, and isolated."""
        left = (run.problem.vertices - 1)[: bits_for(self.lanes - 1)]
        return Mux(word.last, Cat(0, *(left < lane for lane in range(1, self.lanes))), 0)

    def _count(
        self, m: Module, run: Run, read: Stage, neurons: data.View, row: Signal
    ) -> tuple[Stage, data.View]:
        """Build a stage in which neurons count the change of a neighbour, and one changes."""
        stage = read.next(m, "counted")
        counted = Signal(data.ArrayLayout(self.neuron, self.lanes), name="counted")
        beyond = self._beyond(run, read)
        here = read.address == run.at
        for lane in range(self.lanes):
            now, then = neurons[lane], counted[lane]
            changes = here & (run.lane == lane)
            hears = row[lane] & (run.joins | run.leaves)
            joins, leaves = run.joins & changes, run.leaves & changes
            m.d.sync += [
                then.active.eq((now.active | joins) & ~leaves),
                then.conflict.eq((now.conflict | (hears & run.joins & now.active)) & ~leaves),
                then.rest.eq(Mux(leaves, run.rest, now.rest)),
                then.field.eq(Mux(
                    hears, now.field + Mux(run.joins, 1, Const(-1, len(now.field))), now.field
                )),
            ]
            with m.If(run.clearing):
                m.d.sync += [then.eq(0), then.active.eq(beyond[lane])]
        return stage, counted

    def _write(self, m: Module, run: Run, word: Stage, neurons: data.View) -> None:
        """Build the way back to the memory, on which a rest becomes shorter by one."""
        write = run.neurons.write_port()
        m.d.comb += [
            run.writes.eq(word.valid), run.write_at.eq(word.address),
            write.addr.eq(run.write_at), write.data.eq(neurons), write.en.eq(run.writes),
            run.steps.eq(word.valid & ~run.clearing),
        ]
        m.d.comb += [
            write.data[lane].rest.eq(Mux(one.rest.any(), one.rest - 1, 0))
            for lane, one in ((lane, neurons[lane]) for lane in range(self.lanes))
        ]

core = IndependentSet
