"""The rule of docs/tables.md, written a second time from that page, against the tables."""

import math

import pytest

from spikewright_hw.definition.expression import FUNCTIONS
from spikewright_hw.definition.interval import Interval
from spikewright_hw.definition.table import tabulate

FUNCTION = {
    "exp": lambda x: math.exp(min(x, 300)),
    "expm1": lambda x: math.expm1(min(x, 300)),
    "exprel": lambda x: math.expm1(min(x, 300)) / x if x else 1.0,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "sigmoid": lambda x: 0.5 * (1 + math.tanh(x / 2)),
    "reciprocal": lambda x: 1 / x,
}


def rounded(y: float) -> int:
    return math.floor(y + 0.5)


def by_the_page(name: str, x: int, a_bits: int, r_bits: int, l_bits: int) -> int:
    """Look ``x`` up, finding its segment from the root."""
    parabolas = max(1, l_bits + r_bits) > 14
    d = max(1, l_bits + r_bits)
    w_most = math.ceil(2 * d / 3) + 3 if parabolas else math.ceil(d / 2) + 3

    def f(k: float) -> float:
        if k <= 0 and name == "log":
            k = 1
        return FUNCTION[name](k * 2.0**-a_bits)

    if name in ("log", "sqrt"):
        x = max(x, 0)
    s, one, most = 64, 2.0**r_bits, 2.0**l_bits
    while True:
        a = x >> s << s
        b = a + (1 << s)
        if s == 0:
            return rounded(max(-most, min(most, f(a))) * one)
        s -= 1
        if (name in ("log", "sqrt") and a <= 0) or (name == "reciprocal" and 0 in (a, b)):
            continue
        if f(a) >= most and f(b) >= most:
            return rounded(most * one)
        if f(a) <= -most and f(b) <= -most:
            return rounded(-most * one)
        middle = f(a + (b - a) / 2)
        bend = 2 * (f(a) - 2 * middle + f(b)) if parabolas else 0.0
        slope = f(b) - f(a) - bend
        if max(abs(slope), abs(slope + 2 * bend)) > 2.0 ** (w_most - 1 - r_bits):
            continue
        shares = [k / 16 for k in range(17)]
        if any(
            abs(f(a + t * (b - a)) - (f(a) + (slope + bend * t) * t)) > 2.0 ** (1 - r_bits)
            for t in shares
        ):
            continue
        s += 1
        e, n, c = (rounded(y * one) for y in (f(a), middle, f(b)))
        q = 2 * (e - 2 * n + c) if parabolas else 0
        p = c - e - q
        w = min(s, w_most)
        t = (x - a) >> (s - w)
        return e + ((p + (q * t >> w)) * t >> w)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("bits", [(8, 6, 5), (14, 10, 8), (20, 18, 4), (6, 12, 3), (24, 20, 10)])
def test_a_second_reference_gives_every_bit(name, bits, rng):
    argument, result, limit = bits
    most = 40 << argument
    lowest = {"log": -10, "sqrt": -10, "reciprocal": 1}
    low = lowest[name] if name in lowest else -most
    table = tabulate(
        name, fraction=argument, interval=Interval(low, most), argument=argument, result=result,
        limit=limit,
    )
    drawn = [rng.randint(low, most) >> rng.randrange(argument) for _ in range(150)]
    for x in (low, most, *drawn, *(one.start for one in rng.choices(table.segments, k=30))):
        if low <= x <= most:
            assert table.value(x) == by_the_page(name, x, argument, result, limit), x
