"""What a group of neurons assumes of the layer that it is in: when a step is closed and updated."""

from amaranth import Module, Mux, Signal, Value
from amaranth.hdl import Assert

__all__ = ["CLOSED", "GAP", "check_updates"]

GAP = "an update has no gap"
CLOSED = "a step is closed before its update, and none during one"


def check_updates(
    m: Module, *, close: Value, update: Value, turn: Value, last: int, fault: str
) -> None:
    """Assert of a layer what its groups of neurons assume; ``last`` is the last turn of an update.

    A planted fault is ``gap``, or ``open``: an update of a step that is not closed.
    """
    updating = update & ~((fault == "gap") & (turn == 1))
    owed = Signal()  # a step is closed, and its update not over
    with m.If(close & (fault != "open")):
        m.d.sync += owed.eq(1)
    with m.Elif(update & (turn == last)):
        m.d.sync += owed.eq(0)
    m.d.comb += [
        Assert(updating | (turn == 0), GAP),
        Assert(Mux(update, owed & ~close, 1), CLOSED),
    ]
