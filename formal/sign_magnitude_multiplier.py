"""What is proved of the sign-magnitude multiplier."""

from typing import Any

from amaranth import Cat, Elaboratable, Mux, Value

from gate import stage_specs


def number(factor: Any, lane: int) -> Value:
    """Return what a lane stands for: -1, 0 or +1."""
    return Mux(factor.magnitude[lane], Mux(factor.sign[lane], -1, 1), 0)


def owed(pair: Any) -> Value:
    """Return sign and magnitude of each lane's product, which is a product of numbers."""
    lanes = range(len(pair.a.sign))
    products = [number(pair.a, lane) * number(pair.b, lane) for lane in lanes]
    return Cat(Cat(product < 0 for product in products), Cat(product != 0 for product in products))


def specs() -> dict[str, Elaboratable]:
    return stage_specs("sign_magnitude_multiplier", owed=owed)
