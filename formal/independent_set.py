"""What is proved of the search for an independent set."""

from amaranth import Array, Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.hdl import Assert, Assume, Cover

from faults import Spec, Through, plant
from properties import anything, held, observe, stall
from spikewright_hw.qubo.independent_set import IndependentSet, pass_cycles
from spikewright_hw.qubo.run import Run
from spikewright_hw.qubo.search import WIDTHS, Urge

INDEPENDENT = "no two vertices of a set that is found are neighbours"
SIZE = "the size of a set that is found is the count of its vertices"
LARGER = "a set that is found is larger than all before"
JOINS = "a neuron that joins is of the graph, and was not in the set"
LEAVES = "a neuron that leaves was in the set"
KEPT = "the set that can be read is the last that was found"
PACE = "a pass takes as many cycles as it should"
HAZARD = "no word is read in the cycle in which it is written"

#: Properties that each planted fault turns red.
FAULTS = {
    "edge": (INDEPENDENT,),
    "counted": (SIZE,),
    "again": (LARGER,),
    "joined": (JOINS,),
    "left": (LEAVES,),
    "flipped": (KEPT,),
    "slow": (PACE,),
    "clash": (HAZARD,),
    "unsteady": ("result: a payload is held while it stalls",),
    "withdrawn": ("result: an offer is not withdrawn while it stalls",),
}


class AnyChance(IndependentSet):
    """The search with anything in the place of its shift registers."""

    def chance(self, m: Module, run: Run) -> tuple[Value, ...]:
        return tuple(anything(width) for width in WIDTHS)


class IndependentSetSpec(Spec):
    """Sets that are found are independent, counted right and kept, of any graph and any chance.

    Beside the core lie the graph, as it was written, and the set, as neurons join and leave it. The
    planted faults, beside those of :func:`~faults.plant`: an edge more than
    the core has (``edge``), a size that is too large (``counted``) or of the set before
    (``again``), a neuron that seems to have changed before (``joined``, ``left``), a bit of the set
    that is read (``flipped``), a pass that seems longer (``slow``), words that seem to be read
    three cycles later (``clash``).
    """

    def __init__(self, dut: IndependentSet):
        self.dut = dut

    def surround(self, m: Module) -> list[list[Value]]:
        """Add the core; return the graph that is written into it."""
        m.submodules.dut = self.dut
        stall(m, self.dut.o)
        return self._graph(m)

    def check(self, m: Module, seen: list[list[Value]], fault: str) -> None:
        o = observe(self.dut.o)
        plant(m, o, fault)
        held(m, o, name="result")
        self._set(m, seen, fault)
        self._pace(m, fault)

    def _graph(self, m: Module) -> list[list[Value]]:
        """Write any graph between runs; return it, row by row."""
        dut, count = self.dut, self.dut.vertices
        writes = anything(1)
        rows = [  # as in a memory, which a reset leaves
            Signal(count, name=f"row_{vertex}", reset_less=True) for vertex in range(count)
        ]
        m.d.comb += [
            dut.row_vertex.eq(anything(dut.row_vertex.shape())),
            dut.row_word.eq(anything(dut.row_word.shape())),
            dut.row_data.eq(anything(dut.lanes)),
            dut.row_write.eq(writes),
            dut.i.valid.eq(anything(1)),
            dut.i.payload.as_value().eq(anything(dut.problem.size)),
            Assume(~writes | (dut.i.ready & ~dut.i.valid), "the graph is written between runs"),
            Assume(dut.row_vertex < count, "a row is that of a vertex"),
            Assume(dut.row_word < dut.words, "a word is one of a row"),
            dut.best_address.eq(anything(dut.best_address.shape())),
            Assume(dut.best_address < dut.words, "a word is one of the set"),
        ]
        for vertex, row in enumerate(rows):
            for word in range(dut.words):
                part = row[word * dut.lanes : (word + 1) * dut.lanes]
                with m.If(writes & (dut.row_vertex == vertex) & (dut.row_word == word)):
                    m.d.sync += part.eq(dut.row_data)
                    if len(part) < dut.lanes:
                        m.d.comb += Assume(
                            dut.row_data[len(part) :] == 0, "bits of no vertex are 0"
                        )
        chosen = dut.i.payload.vertices
        with m.If(dut.i.valid & dut.i.ready):
            m.d.comb += [
                Assume((chosen >= 1) & (chosen <= count), "a graph has a vertex, and fits"),
                *(Assume(~rows[one][one], "a graph has no loop") for one in range(count)),
                *(
                    Assume(rows[one][other] == rows[other][one], "an edge is in both rows")
                    for one in range(count) for other in range(one)
                ),
                *(
                    Assume(~rows[one][other] | (chosen > one), "a neighbour is a vertex")
                    for one in range(count) for other in range(count)
                ),
            ]
        return [[row[other] for other in range(count)] for row in rows]

    def _set(self, m: Module, graph: list[list[Value]], fault: str) -> None:
        """Follow the set, and state what holds of those that are found."""
        dut, run, count = self.dut, self.dut.run, self.dut.vertices
        size = Signal(range(count + 1))
        chosen, kept = Signal(count), Signal(count)
        settled = run.urge != Urge.CONFLICT
        joins = run.decides & ~run.clearing & settled & (run.urge != Urge.NONE)
        leaves = run.decides & ~run.clearing & ~settled
        winner = run.winner_word * dut.lanes + run.winner_lane
        at = Array(chosen[vertex] for vertex in range(count))[winner]
        fits = winner < run.problem.vertices
        with m.If(joins | leaves):
            for vertex in range(count):
                with m.If(winner == vertex):
                    m.d.sync += chosen[vertex].eq(joins)
        found = dut.o_found_valid
        with m.If(found):
            m.d.sync += [kept.eq(chosen), size.eq(dut.o_found.size)]
        with m.If(dut.i.valid & dut.i.ready):
            m.d.sync += [chosen.eq(0), kept.eq(0), size.eq(0)]

        edges = [
            graph[one][other] | (Const(fault == "edge") if (one, other) == (1, 0) else Const(0))
            for one in range(count) for other in range(one)
        ]
        both = [chosen[one] & chosen[other] for one in range(count) for other in range(one)]
        counted = sum(chosen, start=Const(0))
        with m.If(found):
            m.d.comb += [
                Assert(~Cat(a & b for a, b in zip(edges, both, strict=True)).any(), INDEPENDENT),
                Assert(dut.o_found.size == counted + (fault == "counted"), SIZE),
                Assert(dut.o_found.size > size + (fault == "again"), LARGER),
            ]
        m.d.comb += [
            Assert(~joins | (fits & ~(at | (fault == "joined"))), JOINS),
            Assert(~leaves | (fits & at & (not (fault == "left"))), LEAVES),
        ]
        self._readable(m, kept, fault)
        m.d.comb += [
            Cover(leaves, "a neuron is driven out"),
            Cover(found & (dut.o_found.size == 2), "a set of two vertices is found"),
            Cover(dut.o.valid & (dut.o.payload.size == 1), "a run ends with a set of a vertex"),
        ]

    def _readable(self, m: Module, kept: Signal, fault: str) -> None:
        """State that the set which can be read after a run is the last one that was found."""
        dut = self.dut
        asked, address = Signal(), Signal.like(dut.best_address)
        m.d.sync += [asked.eq(dut.o.valid & ~dut.o.ready), address.eq(dut.best_address)]
        for vertex in range(dut.vertices):
            word, lane = divmod(vertex, dut.lanes)
            seen = dut.best_data[lane] ^ (fault == "flipped")
            there = (address == word) & (dut.run.problem.vertices > vertex)
            with m.If(asked & there):
                m.d.comb += Assert(seen == kept[vertex], KEPT)

    def _pace(self, m: Module, fault: str) -> None:
        """State how long a pass takes, and that no word is read while it is written."""
        dut, run = self.dut, self.dut.run
        lengths = [pass_cycles(count, dut.lanes) for count in range(1, dut.vertices + 1)]
        waited = Signal(range(lengths[-1] + 2))
        idle = dut.i.ready | dut.o.valid
        m.d.sync += waited.eq(Mux(idle | run.decides, 0, waited + 1))
        late = Signal(3)
        m.d.sync += late.eq(Cat(run.reads, late))
        owed = Array([Const(0), *map(Const, lengths)])[run.problem.vertices]
        m.d.comb += [
            Assert(idle | (run.decides == (waited == owed - 1 + (fault == "slow"))), PACE),
            Assert(
                ~((late[-1] if fault == "clash" else run.reads) & run.writes
                  & (run.word == run.write_at)),
                HAZARD,
            ),
        ]


def small(vertices: int, lanes: int) -> IndependentSet:
    """Make a search of small graphs, of a word or of two."""
    return AnyChance(vertices=vertices, lanes=lanes, time_bits=4)


def specs() -> dict[str, Elaboratable]:
    return {
        "independent_set_n2_l2": IndependentSetSpec(small(2, 2)),
        "independent_set_n3_l2": IndependentSetSpec(small(3, 2)),
        "independent_set_fault": Through(IndependentSetSpec(small(2, 2)), FAULTS),
    }
