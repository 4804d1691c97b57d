"""The state of a search, and the stages that a word of its neurons goes through."""

from typing import TYPE_CHECKING

from amaranth import Module, Signal
from amaranth.lib import memory

from .search import REST_BITS, Urge

if TYPE_CHECKING:
    from .independent_set import IndependentSet

__all__ = ["Run", "Stage"]


class Stage:
    """What a stage of the pipeline knows of the word of neurons in it.

    Parameters
    ----------
    name : str
        Ends the names of its signals.
    words : int
        Words of a graph.

    Attributes
    ----------
    valid, last : Signal(1)
        There is a word; it is the last of its pass.
    address : Signal(range(words))
        Which one.
    """

    def __init__(self, name: str, words: int):
        self.words = words
        self.valid, self.last = Signal(name=f"valid_{name}"), Signal(name=f"last_{name}")
        self.address = Signal(range(max(2, words)), name=f"address_{name}")

    def next(self, m: Module, name: str) -> "Stage":
        """Return the stage in which the word is a cycle later."""
        later = Stage(name, self.words)
        m.d.sync += [
            later.valid.eq(self.valid), later.last.eq(self.last), later.address.eq(self.address),
        ]
        return later


class Run:
    """The state of a run, and what its parts tell each other."""

    def __init__(self, core: "IndependentSet"):
        sizes, times = range(core.vertices + 1), core.time_bits
        words = range(max(2, core.words))
        self.problem = Signal(core.problem)
        # Of a run.
        self.cycles, self.scan = Signal(times), Signal(times)
        self.size, self.best = Signal(sizes), Signal(sizes)
        self.reached, self.reached_scan = Signal(times), Signal(times)
        self.late, self.ending, self.ends = Signal(), Signal(), Signal()
        # Of a pass.
        self.clearing, self.keeping, self.noisy = Signal(), Signal(), Signal()
        self.word, self.final, self.reads, self.steps = Signal(words), Signal(), Signal(), Signal()
        self.writes, self.write_at = Signal(), Signal(words)
        self.decided, self.decides = Signal(), Signal()
        # What a pass found, and what changes in the next: a neuron, which joins or leaves the set.
        self.urge = Signal(Urge)
        self.winner_lane, self.winner_word = Signal(range(core.lanes)), Signal(words)
        self.joins, self.leaves = Signal(), Signal()
        self.lane, self.at = Signal(range(core.lanes)), Signal(words)
        self.rest = Signal(REST_BITS)
        self.counts = (
            self.cycles, self.scan, self.size, self.best, self.reached, self.reached_scan,
            self.word,
        )
        self.neurons: memory.Memory
