# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.arithmetic.signed_parallel_counter import (
    SignedParallelCounter,
    count,
)


@pytest.mark.parametrize("inputs", [1, 4])
def test_the_sum_of_all_words(inputs):
    for sign in range(1 << inputs):
        for magnitude in range(1 << inputs):
            numbers = [
                (magnitude >> index & 1) * (-1 if sign >> index & 1 else 1)
                for index in range(inputs)
            ]
            assert count(sign, magnitude) == sum(numbers)


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("inputs", [1, 2, 7, 8, 64])
def test_core_follows_reference(exchange, rng, inputs, stall):
    """The lowest and the highest sum are among the words."""
    ones = (1 << inputs) - 1
    pairs = [(sign, magnitude) for sign in (0, ones) for magnitude in (0, ones)]
    pairs += [(rng.getrandbits(inputs), rng.getrandbits(inputs)) for _ in range(100)]
    words = [{"sign": sign, "magnitude": magnitude} for sign, magnitude in pairs]
    dut = SignedParallelCounter(inputs=inputs)
    came = exchange(dut, send={"i": words}, take={"o": len(words)}, stall=stall)
    assert came["o"] == [count(**word) for word in words]


def test_no_inputs():
    with pytest.raises(ValueError, match=r"^a counter has at least one input, not 0$"):
        SignedParallelCounter(inputs=0)
