"""docs/tables.md, section by section: the look-up, and the segments."""

from fractions import Fraction
from functools import cache
from math import ceil, exp, expm1, floor, log, sqrt, tanh

__all__ = ["FUNCTIONS", "look_up", "rounded"]

FUNCTIONS = {
    "exp": lambda x: exp(min(x, 300)),
    "expm1": lambda x: expm1(min(x, 300)),
    "exprel": lambda x: expm1(min(x, 300)) / x if x else 1.0,
    "log": log,
    "sqrt": sqrt,
    "tanh": tanh,
    "sigmoid": lambda x: 0.5 * (1 + tanh(x / 2)),
    "reciprocal": lambda x: 1 / x,
}


def rounded(y: float | Fraction) -> int:
    """Round half up."""
    return floor(Fraction(y) + Fraction(1, 2))


def look_up(name: str, argument: Fraction, numbers: tuple[int, int, int]) -> Fraction:
    """Return the function of an argument; ``numbers`` are A, R and L."""
    a_bits, r_bits, _ = numbers
    x = floor(argument * 2**a_bits)
    if name in ("log", "sqrt"):
        x = max(x, 0)
    if name == "reciprocal" and argument > 0:
        x = max(x, 1)
    start, size, entry, slope, bend = segment(name, numbers, x)
    width = min(size, widest(numbers))
    share = (x - start) >> (size - width)
    result = entry + ((slope + (bend * share >> width)) * share >> width)
    return result / Fraction(2) ** r_bits


def parabolas(numbers: tuple[int, int, int]) -> bool:
    return max(1, numbers[1] + numbers[2]) > 14


def widest(numbers: tuple[int, int, int]) -> int:
    """Return W, the most bits of a share."""
    bits = max(1, numbers[1] + numbers[2])
    return (ceil(2 * bits / 3) if parabolas(numbers) else ceil(bits / 2)) + 3


def segment(name: str, numbers: tuple[int, int, int], x: int) -> tuple[int, int, int, int, int]:
    """Return the segment in which an argument lies: a, s, e, p and q."""
    size = 64
    while (found := judged(name, numbers, x >> size << size, size)) is None:
        size -= 1
    return x >> size << size, size, *found


@cache
def judged(
    name: str, numbers: tuple[int, int, int], a: int, size: int
) -> tuple[int, int, int] | None:
    """Return entry, slope and bend of an interval, or nothing if it is halved."""
    a_bits, r_bits, l_bits = numbers
    one, most = Fraction(2) ** r_bits, Fraction(2) ** l_bits
    b = a + 2**size

    def f(k: float) -> float:
        return FUNCTIONS[name]((1 if name == "log" and k == 0 else k) * 2.0**-a_bits)

    if size == 0:
        return rounded(max(-most, min(most, Fraction(f(a)))) * one), 0, 0
    if (name in ("log", "sqrt") and a <= 0) or (name == "reciprocal" and 0 in (a, b)):
        return None
    if min(f(a), f(b)) >= most or max(f(a), f(b)) <= -most:
        return rounded(most * one if f(a) > 0 else -most * one), 0, 0
    middle = f((a + b) / 2)
    bend = 2 * (f(a) - 2 * middle + f(b)) if parabolas(numbers) else 0.0
    slope = f(b) - f(a) - bend
    if max(abs(slope), abs(slope + 2 * bend)) > 2.0 ** (widest(numbers) - 1 - r_bits):
        return None
    for t in (k / 16 for k in range(17)):
        if abs(f(a + t * 2**size) - (f(a) + (slope + bend * t) * t)) > 2.0 ** (1 - r_bits):
            return None
    e, n, c = (rounded(Fraction(y) * one) for y in (f(a), middle, f(b)))
    q = 2 * (e - 2 * n + c) if parabolas(numbers) else 0
    return e, c - e - q, q
