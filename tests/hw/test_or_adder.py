# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction
from itertools import product
from math import prod

import pytest

from spikewright_hw.stochastic.arithmetic.or_adder import OrAdder, total

from .gates import apart, grid, independent, value


def pair(a: int, b: int) -> int:
    return total([a, b])


@pytest.mark.parametrize("length", [4, 9])
def test_streams_that_avoid_each_other_add_up_to_one(length):
    for a, b, p, q in grid(length):
        assert value(pair, apart(a, b, length)) == min(1, p + q)


@pytest.mark.parametrize("length", [4, 9])
def test_independent_streams_fall_short_by_their_product(length):
    for a, b, p, q in grid(length):
        assert value(pair, independent(a, b, length)) == p + q - p * q


def test_three_independent_streams():
    for ones in product(range(4), repeat=3):
        cycles = list(product(range(3), repeat=3))
        came = sum(total([n < a for n, a in zip(cycle, ones, strict=True)]) for cycle in cycles)
        assert Fraction(came, 27) == 1 - prod(1 - Fraction(a, 3) for a in ones)


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize(("inputs", "lanes"), [(2, 1), (3, 4), (8, 2)])
def test_core_follows_reference(exchange, rng, inputs, lanes, stall):
    # Sparse, so that not all sums are ones.
    words = [
        [rng.getrandbits(lanes) & rng.getrandbits(lanes) for _ in range(inputs)] for _ in range(100)
    ]
    dut = OrAdder(inputs=inputs, lanes=lanes)
    came = exchange(dut, send={"i": words}, take={"o": 100}, stall=stall)
    assert came["o"] == [total(terms) for terms in words]


def test_one_term():
    with pytest.raises(ValueError, match=r"^a sum has at least two terms, not 1$"):
        OrAdder(inputs=1)


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^an adder has at least one lane, not 0$"):
        OrAdder(inputs=2, lanes=0)
