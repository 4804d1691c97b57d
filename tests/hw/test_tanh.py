# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction
from math import atanh, tanh

import pytest

from spikewright_hw.stochastic.arithmetic.tanh import START, Tanh, step


def stationary(p: Fraction, states: int) -> Fraction:
    """Return the probability of a one: of a birth-death chain the states go as (p / q) ** state."""
    ratio = p / (1 - p)
    weights = [ratio**k for k in range(states)]
    return Fraction(sum(weights[states // 2 :]) / sum(weights))


def stream(bits: list[int], states: int) -> list[int]:
    state, made = START, []
    for bit in bits:
        state, one = step(state, bit, states=states)
        made.append(one)
    return made


@pytest.mark.parametrize("states", [2, 6, 8])
@pytest.mark.parametrize("eighths", range(1, 8))
def test_the_stationary_output_follows_from_the_step(states, eighths):
    """One step of the reference leaves the stationary distribution of the chain as it is."""
    p = Fraction(eighths, 8)
    ratio = p / (1 - p)
    weight = {state: ratio**state for state in range(-states // 2, states // 2)}
    after, ones = dict.fromkeys(weight, Fraction(0)), Fraction(0)
    for state, share in weight.items():
        for bit, chance in ((0, 1 - p), (1, p)):
            following, one = step(state, bit, states=states)
            after[following] += chance * share
            ones += chance * share * one
    assert after == weight
    assert ones / sum(weight.values()) == stationary(p, states)


@pytest.mark.parametrize("states", [2, 4, 8, 20])
def test_the_stationary_output_is_a_tanh(states):
    """Exactly tanh(states / 2 * atanh(x)); the paper's tanh(states / 2 * x) is its limit."""
    worst = 0.0
    for eighths in range(-7, 8):
        x = eighths / 8
        y = float(2 * stationary(Fraction(8 + eighths, 16), states) - 1)
        assert y == pytest.approx(tanh(states / 2 * atanh(x)), abs=1e-12)
        worst = max(worst, abs(y - tanh(states / 2 * x)))
    assert worst < {2: 0.2, 4: 0.06, 8: 0.03, 20: 0.011}[states]


@pytest.mark.parametrize("states", [2, 4, 8])
@pytest.mark.parametrize("length", [64, 256, 1024])
def test_the_start_costs_a_number_of_bits_not_a_share(states, length):
    """The expected ones of a run, from the exact chain, are off by less than states**2 / 8 bits."""
    for sixteenths in range(1, 16):
        p = sixteenths / 16
        share, ones = {START: 1.0}, 0.0
        for _ in range(length):
            after: dict[int, float] = {}
            for state, chance in share.items():
                for bit, weight in ((0, 1 - p), (1, p)):
                    following, one = step(state, bit, states=states)
                    after[following] = after.get(following, 0.0) + chance * weight
                    ones += chance * weight * one
            share = after
        expected = float(stationary(Fraction(sixteenths, 16), states))
        assert abs(ones - length * expected) <= states**2 / 8


def test_with_two_states_nothing_changes(rng):
    bits = [rng.getrandbits(1) for _ in range(100)]
    assert stream(bits, 2) == bits


@pytest.mark.parametrize("states", [2, 8, 14])
def test_the_ends_hold(states):
    assert stream([1] * 30, states) == [1] * 30
    half = states // 2
    assert stream([0] * 30 + [1] * half, states) == [0] * (30 + half - 1) + [1]


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize(("states", "lanes"), [(2, 1), (6, 3), (8, 1), (8, 4), (20, 2)])
def test_core_follows_reference(exchange, rng, states, lanes, stall):
    """Lanes differ in their bias, so that each end of the counter is reached."""
    bias = [rng.choice([0.1, 0.5, 0.9]) for _ in range(lanes)]
    sent = [sum((rng.random() < p) << lane for lane, p in enumerate(bias)) for _ in range(200)]
    came = exchange(Tanh(states=states, lanes=lanes), send={"i": sent}, take={"o": 200},
                    stall=stall)
    for lane in range(lanes):
        bits = [word >> lane & 1 for word in sent]
        assert [word >> lane & 1 for word in came["o"]] == stream(bits, states)


@pytest.mark.parametrize("states", [0, 7])
def test_states_out_of_range(states):
    message = rf"^a stochastic tanh has an even number of states, not {states}$"
    with pytest.raises(ValueError, match=message):
        Tanh(states=states)


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^a stochastic tanh has at least one lane, not 0$"):
        Tanh(states=8, lanes=0)
