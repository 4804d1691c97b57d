"""What is proved of the OR adder."""

from typing import Any

from amaranth import Cat, Elaboratable, Value

from gate import stage_specs


def owed(terms: Any) -> Value:
    """Return the least of one and the sum of its bits, in every lane."""
    lanes = range(len(terms[0]))
    return Cat(sum(term[lane] for term in terms) >= 1 for lane in lanes)


def specs() -> dict[str, Elaboratable]:
    return stage_specs("or_adder", owed=owed)
