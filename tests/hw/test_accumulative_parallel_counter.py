# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.arithmetic.accumulative_parallel_counter import (
    AccumulativeParallelCounter,
    totals,
)


def test_totals_by_hand():
    """What comes after the last whole run gives no total."""
    assert totals([0b11, 0b01, 0b00, 0b00, 0b11, 0b11, 0b01], length=2) == [3, 0, 4]


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize(("inputs", "length"), [(1, 1), (3, 1), (3, 5), (8, 16)])
def test_core_follows_reference(exchange, rng, inputs, length, stall):
    words = [(1 << inputs) - 1] * length + [0] * length
    words += [rng.getrandbits(inputs) for _ in range(10 * length)]
    dut = AccumulativeParallelCounter(inputs=inputs, length=length)
    came = exchange(dut, send={"i": words}, take={"o": 12}, stall=stall)
    assert came["o"] == totals(words, length=length)


def test_runs_follow_without_a_gap(exchange):
    dut = AccumulativeParallelCounter(inputs=2, length=4)
    exchange(dut, send={"i": [3] * 40}, take={"o": 10}, cycles=43)


def test_no_inputs():
    with pytest.raises(ValueError, match=r"^a counter has at least one input, not 0$"):
        AccumulativeParallelCounter(inputs=0, length=4)


def test_no_words():
    with pytest.raises(ValueError, match=r"^a run has at least one word, not 0$"):
        AccumulativeParallelCounter(inputs=4, length=0)
