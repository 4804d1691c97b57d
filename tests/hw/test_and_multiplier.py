# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction

import pytest

from spikewright_hw.stochastic.arithmetic.and_multiplier import AndMultiplier, product


def test_independent_streams_multiply():
    """Every pair of bits of two streams once is what independence means, and gives p times q."""
    for p in range(9):
        for q in range(9):
            ones = sum(product(a < p, b < q) for a in range(8) for b in range(8))
            assert Fraction(ones, 64) == Fraction(p, 8) * Fraction(q, 8)


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("lanes", [1, 3, 8])
def test_core_follows_reference(exchange, rng, lanes, stall):
    pairs = [{"a": rng.getrandbits(lanes), "b": rng.getrandbits(lanes)} for _ in range(100)]
    came = exchange(AndMultiplier(lanes=lanes), send={"i": pairs}, take={"o": 100}, stall=stall)
    assert came["o"] == [product(pair["a"], pair["b"]) for pair in pairs]


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^a gate has at least one lane, not 0$"):
        AndMultiplier(lanes=0)
