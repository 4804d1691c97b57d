# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.arithmetic.minimum import Minimum, minimum

from .gates import excess, grid, independent, together, value


@pytest.mark.parametrize("length", [4, 9])
def test_correlated_streams_are_exact(length):
    for a, b, p, q in grid(length):
        assert value(minimum, together(a, b, length)) == min(p, q)


@pytest.mark.parametrize("length", [4, 9])
def test_independent_streams_are_off_by_what_the_docstring_says(length):
    for a, b, p, q in grid(length):
        came = value(minimum, independent(a, b, length))
        assert came - min(p, q) == -excess(p, q)


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("lanes", [1, 3, 8])
def test_core_follows_reference(exchange, rng, lanes, stall):
    pairs = [{"a": rng.getrandbits(lanes), "b": rng.getrandbits(lanes)} for _ in range(100)]
    came = exchange(Minimum(lanes=lanes), send={"i": pairs}, take={"o": 100}, stall=stall)
    assert came["o"] == [minimum(pair["a"], pair["b"]) for pair in pairs]


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^a gate has at least one lane, not 0$"):
        Minimum(lanes=0)
