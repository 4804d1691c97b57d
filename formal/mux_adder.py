"""What is proved of the multiplexer adder."""

from typing import Any

from amaranth import Elaboratable, Value

from gate import stage_specs


def owed(payload: Any) -> Value:
    """Return the selected term: all of them, moved down by as many lanes as are before it."""
    lanes = len(payload.terms[0])
    return (Value.cast(payload.terms) >> (payload.select * lanes))[:lanes]


def specs() -> dict[str, Elaboratable]:
    return stage_specs("mux_adder", owed=owed)
