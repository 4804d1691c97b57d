"""Fork: a stream to several takers, each at its own pace."""

from collections.abc import Iterable

from amaranth import Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PRESETS", "Fork", "core", "fork"]

PRESETS = {
    "b4_n2": {"bits": 4, "takers": 2},
    "b9_n3": {"bits": 9, "takers": 3},
    "b1_n1": {"bits": 1, "takers": 1},
}


def fork(words: Iterable[int], *, takers: int) -> list[list[int]]:
    """Return what each taker gets: the definition of correct."""
    given = list(words)
    return [given] * takers


class Fork(wiring.Component):
    """Gives each word of a stream to every taker, once.

    A word is taken when the last of the takers has it; those that have it already are offered
    nothing meanwhile. Throughput is one word per cycle while all are ready, latency nothing: a
    word passes in the cycle in which it comes.

    Parameters
    ----------
    bits : int, at least 1
        Width of a word.
    takers : int, at least 1
        How many streams leave.

    Members
    -------
    i : In(stream.Signature(unsigned(bits)))
        Words.
    o_0, o_1, ... : Out(stream.Signature(unsigned(bits)))
        The same for each taker.
    """

    i: stream.Interface

    def __init__(self, *, bits: int, takers: int):
        if bits < 1 or takers < 1:
            raise ValueError(f"a fork has words and takers, not {bits} bits to {takers}")
        self.bits = bits
        self.takers = takers
        super().__init__({
            "i": In(stream.Signature(unsigned(bits))),
            **{f"o_{at}": Out(stream.Signature(unsigned(bits))) for at in range(takers)},
        })

    @property
    def outputs(self) -> list[stream.Interface]:
        """The streams to the takers."""
        return [getattr(self, f"o_{at}") for at in range(self.takers)]

    def elaborate(self, platform) -> Module:
        """Elaborate which takers have the word already."""
        m = Module()
        has = Signal(self.takers)
        done = Signal(self.takers)
        for at, taker in enumerate(self.outputs):
            m.d.comb += [
                taker.valid.eq(self.i.valid & ~has[at]),
                taker.payload.eq(self.i.payload),
                done[at].eq(has[at] | taker.ready),
            ]
        m.d.comb += self.i.ready.eq(done.all())
        with m.If(self.i.valid):
            m.d.sync += has.eq(Mux(done.all(), 0, done))
        return m


core = Fork
