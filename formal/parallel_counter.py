"""What is proved of the parallel counter."""

from amaranth import Elaboratable, Value

from gate import stage_specs


def owed(bits: Value) -> Value:
    """Return the sum of the bits, one after the other."""
    return sum(bits[1:], start=bits[0])


#: Two sizes that a solver can compare with a sum in seconds.
SIZES = {"n8": {"inputs": 8}, "n16": {"inputs": 16}}


def specs() -> dict[str, Elaboratable]:
    return stage_specs("parallel_counter", owed=owed, presets=SIZES)
