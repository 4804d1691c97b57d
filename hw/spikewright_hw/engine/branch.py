"""Branch: what one part of a connection hears, as taps: ``delay -> word scan -> taps``."""

from amaranth import Module, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ..connection import Connection
from ..origin import Origin
from .delay import Delay
from .taps import Taps, tap_layout
from .word_scan import WordScan
from .words import Words

__all__ = ["Branch", "delay_of", "is_stored"]


def is_stored(origin: Origin, *, first: bool) -> bool:
    """Return whether the spikes of a part are stored before they are scanned.

    All are but those that a layer's first part hears of the layer before in the same step: those of
    another part wait until the parts before it are through.
    """
    return not (first and origin.is_plain)


def delay_of(origin: Origin, words: Words, *, planes: int, steps: int) -> Delay:
    """Return the delay of a part whose spikes are stored."""
    own = origin.back == 0
    return Delay(
        bits=words.bits, count=words.count, planes=planes, delays=origin.delays, own=own,
        ahead=1 if own else origin.back + 1, steps=steps if own else None,
    )


class Branch(wiring.Component):
    """One part of a layer's connection, from the words that it hears to taps.

    Parameters
    ----------
    part : Connection
    delay : Delay, optional
        Where the spikes are stored, if they are.
    words : Words
        How the spikes of a step come.

    Members
    -------
    i : In(stream.Signature(unsigned(words.bits)))
    o : Out(stream.Signature(tap_layout(part)))
    clear : In(1)
        Begins with a first step; only while the branch is empty.
    arriving : Out(1)
        Whether a spike is counted in this cycle; each that arrives is counted once.
    """

    i: stream.Interface
    o: stream.Interface
    clear: Signal
    arriving: Signal

    def __init__(self, *, part: Connection, delay: Delay | None, words: Words):
        self.delay = delay
        self.scan = WordScan(source=part.source, bits=words.bits)
        self.taps = Taps(connection=part)
        super().__init__({
            "i": In(stream.Signature(unsigned(words.bits))),
            "o": Out(stream.Signature(tap_layout(part))),
            "clear": In(1),
            "arriving": Out(1),
        })

    def elaborate(self, platform) -> Module:
        """Elaborate the parts, one after the other."""
        m = Module()
        m.submodules.scan, m.submodules.taps = self.scan, self.taps
        if self.delay is None:
            connect(m, flipped(self.i), self.scan.i)
        else:
            m.submodules.delay = self.delay
            m.d.comb += self.delay.clear.eq(self.clear)
            connect(m, flipped(self.i), self.delay.i)
            connect(m, self.delay.o, self.scan.i)
        connect(m, self.scan.o, self.taps.i)
        connect(m, self.taps.o, flipped(self.o))
        event = self.taps.i
        m.d.comb += self.arriving.eq(event.valid & event.ready & event.payload.spike)
        return m
