"""Accumulative parallel counter: how many ones many streams have in a run."""

from collections.abc import Iterable

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .parallel_counter import population_count

__all__ = ["PRESETS", "AccumulativeParallelCounter", "core", "totals"]

#: Parameter sets by name.
PRESETS = {"n8_t16": {"inputs": 8, "length": 16}, "n64_t256": {"inputs": 64, "length": 256}}


def totals(words: Iterable[int], *, length: int) -> list[int]:
    """Return the number of ones of each whole run of ``length`` words."""
    counts = [word.bit_count() for word in words]
    runs = len(counts) // length
    return [sum(counts[run * length : (run + 1) * length]) for run in range(runs)]


class AccumulativeParallelCounter(wiring.Component):
    """Counts the ones of all its inputs over a run, and gives the total once per run.

    .. code-block:: none

        o = sum over length cycles of (i[0] + ... + i[inputs - 1])

    (B. Parhami, C.-H. Yeh, "Accumulative parallel counters", Asilomar 1995): the sum of the
    streams as a binary number, in units of ``1 / length``, exact whatever their correlation. The
    next run begins with the next word; the total is its own output register, so that nothing is
    copied.

    A total is offered one clock cycle after the last word of its run, and the throughput is one
    word per clock cycle as long as totals are taken when they come.

    Parameters
    ----------
    inputs : int, at least 1
        Streams that are counted.
    length : int, at least 1
        Words of a run.

    Attributes
    ----------
    seen : Signal(range(length))
        Words of the run so far.

    Members
    -------
    i : In(stream.Signature(inputs))
        Words: a bit of each stream.
    o : Out(stream.Signature(range(inputs * length + 1)))
        Totals.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, inputs: int, length: int):
        if inputs < 1:
            raise ValueError(f"a counter has at least one input, not {inputs}")
        if length < 1:
            raise ValueError(f"a run has at least one word, not {length}")
        self.inputs = inputs
        self.length = length
        self.seen = Signal(range(length))
        super().__init__(
            {
                "i": In(stream.Signature(inputs)),
                "o": Out(stream.Signature(range(inputs * length + 1))),
            }
        )

    def elaborate(self, platform) -> Module:
        """Build the counter of a word, that of the words of a run, and the total."""
        m = Module()
        i, o = self.i, self.o
        count = population_count(m, i.payload)
        last = self.seen == self.length - 1
        m.d.comb += i.ready.eq(o.ready | ~o.valid)
        with m.If(i.ready):
            m.d.sync += o.valid.eq(i.valid & last)
        with m.If(i.valid & i.ready):
            m.d.sync += [
                self.seen.eq(Mux(last, 0, self.seen + 1)),
                o.payload.eq(Mux(self.seen == 0, 0, o.payload) + count),
            ]
        return m


core = AccumulativeParallelCounter
