# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction

import pytest

from spikewright_hw.stochastic.arithmetic.mux_adder import MuxAdder, scaled_sum

from .gates import apart, grid, independent, together


@pytest.mark.parametrize("streams", [together, apart, independent])
def test_the_mean_whatever_the_correlation(streams):
    """Each pair of bits meets each selection once."""
    for a, b, p, q in grid(5):
        pairs = streams(a, b, 5)
        ones = sum(scaled_sum([*pair], select) for pair in pairs for select in range(2))
        assert Fraction(ones, 2 * len(pairs)) == (p + q) / 2


def test_four_terms():
    values = [0, 3, 7, 8]
    cycles = [(n, select) for n in range(8) for select in range(4)]
    ones = sum(scaled_sum([n < value for value in values], select) for n, select in cycles)
    assert Fraction(ones, 32) == Fraction(sum(values), 4 * 8)


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize(("inputs", "lanes"), [(2, 1), (4, 3), (8, 2)])
def test_core_follows_reference(exchange, rng, inputs, lanes, stall):
    words = [
        {
            "terms": [rng.getrandbits(lanes) for _ in range(inputs)],
            "select": rng.randrange(inputs),
        }
        for _ in range(100)
    ]
    dut = MuxAdder(inputs=inputs, lanes=lanes)
    came = exchange(dut, send={"i": words}, take={"o": 100}, stall=stall)
    assert came["o"] == [scaled_sum(word["terms"], word["select"]) for word in words]


@pytest.mark.parametrize("inputs", [1, 3, 6])
def test_terms_are_a_power_of_two(inputs):
    message = rf"^the terms of a scaled sum are a power of two from 2, not {inputs}$"
    with pytest.raises(ValueError, match=message):
        MuxAdder(inputs=inputs)


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^an adder has at least one lane, not 0$"):
        MuxAdder(inputs=2, lanes=0)
