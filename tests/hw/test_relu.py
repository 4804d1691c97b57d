# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction
from itertools import accumulate, product

import pytest

from spikewright_hw.stochastic.arithmetic.relu import START, Relu, step


def stationary(p: Fraction, states: int) -> dict[int, Fraction]:
    """Return the distribution of the state: up with p, down with q, up for sure from state 0."""
    q = 1 - p
    weight = {0: Fraction(1)} | {state: p ** (state - 1) / q**state for state in range(1, states)}
    return {state: share / sum(weight.values()) for state, share in weight.items()}


def output(p: Fraction, states: int) -> Fraction:
    """Return the stationary value of the output, as the core's docstring has it."""
    q, ratio = 1 - p, p / (1 - p)
    return 2 * p - 1 + 2 * q / (1 + sum(ratio**k for k in range(states - 1)) / q)


def stream(bits, states: int) -> list[int]:
    state, made = START, []
    for bit in bits:
        state, one = step(state, bit, states=states)
        made.append(one)
    return made


@pytest.mark.parametrize("states", [2, 3, 8])
@pytest.mark.parametrize("eighths", range(1, 8))
def test_the_stationary_output_follows_from_the_step(states, eighths):
    p = Fraction(eighths, 8)
    share = stationary(p, states)
    after, ones = dict.fromkeys(share, Fraction(0)), Fraction(0)
    for state, part in share.items():
        for bit, chance in ((0, 1 - p), (1, p)):
            following, one = step(state, bit, states=states)
            after[following] += chance * part
            ones += chance * part * one
    assert after == share
    assert 2 * ones - 1 == output(p, states)


@pytest.mark.parametrize("states", [2, 3, 8, 20])
def test_the_stationary_output_is_a_relu_from_above(states):
    """Never below max(0, x), and off by at most 1 / (2 * states - 1), which it is at zero."""
    bound = Fraction(1, 2 * states - 1)
    for value in range(-31, 32):
        x = Fraction(value, 32)
        error = output((1 + x) / 2, states) - max(0, x)
        assert 0 <= error <= bound
        assert (error == bound) == (value == 0)


@pytest.mark.parametrize("states", [2, 3, 8])
def test_the_running_sum_never_falls_below_minus_one(states):
    for bits in product((0, 1), repeat=10):
        made = stream(bits, states)
        assert all(a <= b for a, b in zip(bits, made, strict=True))
        assert min(accumulate(2 * bit - 1 for bit in made)) >= -1


@pytest.mark.parametrize("states", [2, 8, 14])
def test_the_ends_of_the_range(states):
    """-1 comes out as zero, ones and zeros by turns; +1 as itself: it clips there."""
    assert stream([0] * 20, states) == [0, 1] * 10
    assert stream([1] * 20, states) == [1] * 20


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize(("states", "lanes"), [(2, 1), (3, 2), (8, 1), (8, 4), (20, 2)])
def test_core_follows_reference(exchange, rng, states, lanes, stall):
    """Lanes differ in their bias, so that each end of the counter is reached."""
    bias = [rng.choice([0.1, 0.5, 0.9]) for _ in range(lanes)]
    sent = [sum((rng.random() < p) << lane for lane, p in enumerate(bias)) for _ in range(200)]
    came = exchange(Relu(states=states, lanes=lanes), send={"i": sent}, take={"o": 200},
                    stall=stall)
    for lane in range(lanes):
        bits = [word >> lane & 1 for word in sent]
        assert [word >> lane & 1 for word in came["o"]] == stream(bits, states)


def test_too_few_states():
    with pytest.raises(ValueError, match=r"^a stochastic ReLU has at least 2 states, not 1$"):
        Relu(states=1)


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^a stochastic ReLU has at least one lane, not 0$"):
        Relu(states=8, lanes=0)
