# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from itertools import product

import pytest

from spikewright_hw.stochastic.arithmetic.accumulative_adder import (
    AccumulativeAdder,
    init,
    scale,
    step,
)


def added(words: list[int], *, inputs: int) -> list[int]:
    """The sum's bits, from reset."""
    residue, bits = init(inputs), []
    for word in words:
        bit, residue = step(residue, word, inputs=inputs)
        bits.append(bit)
    return bits


def test_scale():
    assert [scale(inputs) for inputs in (2, 3, 4, 5, 8, 9)] == [2, 4, 4, 8, 8, 16]


@pytest.mark.parametrize(("inputs", "length"), [(2, 6), (3, 4)])
def test_every_run_is_right_to_half_a_bit(inputs, length):
    """And a step gives no more than one, so that the sum fits a stream."""
    for words in product(range(1 << inputs), repeat=length):
        bits = added([*words], inputs=inputs)
        assert set(bits) <= {0, 1}
        for end in range(1, length + 1):
            ones = sum(word.bit_count() for word in words[:end])
            assert abs(2 * (sum(bits[:end]) * scale(inputs) - ones)) <= scale(inputs)


def test_the_correlation_does_not_matter():
    """Streams together, apart, or in turn: the same ones give the same sum."""
    together, apart = [0b11] * 4 + [0] * 4, [0b01] * 4 + [0b10] * 4
    assert sum(added(together, inputs=2)) == sum(added(apart, inputs=2)) == 4


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("inputs", [2, 3, 8, 20])
def test_core_follows_reference(exchange, rng, inputs, stall):
    words = [(1 << inputs) - 1] * 10 + [rng.getrandbits(inputs) for _ in range(200)]
    dut = AccumulativeAdder(inputs=inputs)
    came = exchange(dut, send={"i": words}, take={"o": len(words)}, stall=stall)
    assert came["o"] == added(words, inputs=inputs)


def test_one_term():
    with pytest.raises(ValueError, match=r"^a sum has at least two terms, not 1$"):
        AccumulativeAdder(inputs=1)
