"""What is proved of the signed parallel counter."""

from functools import reduce
from operator import add
from typing import Any

from amaranth import Elaboratable, Mux, Value

from gate import stage_specs


def owed(bits: Any) -> Value:
    """Return the sum of the numbers -1, 0 and +1, one after the other."""
    numbers = (
        Mux(magnitude, Mux(sign, -1, 1), 0)
        for sign, magnitude in zip(bits.sign, bits.magnitude, strict=True)
    )
    return reduce(add, numbers)


#: Two sizes that a solver can compare with a sum in seconds.
SIZES = {"n8": {"inputs": 8}, "n12": {"inputs": 12}}


def specs() -> dict[str, Elaboratable]:
    return stage_specs("signed_parallel_counter", owed=owed, presets=SIZES)
