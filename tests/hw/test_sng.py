# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction

import pytest

from spikewright_hw.stochastic.number.sng import Sng, bits, threshold
from spikewright_hw.stochastic.source.lfsr import step

from .generators import follows


@pytest.mark.parametrize("width", [1, 4, 6])
def test_a_period_of_all_numbers_is_exact(width):
    for value in range((1 << width) + 1):
        assert sum(bits(number, [value]) for number in range(1 << width)) == value


def test_a_period_of_an_lfsr_misses_the_number_zero():
    states = [1]
    while (state := step(states[-1], width=5)) != 1:
        states.append(state)
    for value in range(33):
        assert sum(bits(state, [value]) for state in states) == max(value - 1, 0)


def test_lanes_are_separate():
    assert bits(3, [0, 3, 4, 16]) == 0b1100


@pytest.mark.parametrize("width", [1, 4, 6])
def test_bipolar_values_are_exact_between_both_ends(width):
    """Over all numbers, ones less zeros are the value, in units of its range."""
    half = 1 << (width - 1)
    for value in range(-half, half + 1):
        due = threshold(value, width=width, encoding="bipolar")
        ones = sum(bits(number, [due]) for number in range(2 * half))
        assert Fraction(2 * ones - 2 * half, 2 * half) == Fraction(value, half)


@pytest.mark.parametrize("width", [1, 4])
def test_the_magnitude_of_either_sign_has_the_full_range(width):
    period = 1 << width
    for value in range(-period, period + 1):
        due = threshold(value, width=width, encoding="sign_magnitude")
        assert sum(bits(number, [due]) for number in range(period)) == abs(value)


@pytest.mark.parametrize(("width", "lanes"), [(1, 1), (4, 3), (8, 2)])
def test_core_follows_reference(width, lanes, rng):
    follows(
        Sng(width=width, lanes=lanes),
        value=lambda rng: rng.randrange(2 << width),
        bits=bits,
        latency=1,
        rng=rng,
    )


@pytest.mark.parametrize(("width", "lanes"), [(1, 1), (4, 3), (8, 2)])
def test_bipolar_core_follows_reference(width, lanes, rng):
    def due(number, values):
        return bits(number, [threshold(v, width=width, encoding="bipolar") for v in values])

    follows(
        Sng(width=width, lanes=lanes, encoding="bipolar"),
        value=lambda rng: rng.randrange(-1 << width, 1 << width),
        bits=due,
        latency=1,
        rng=rng,
    )


@pytest.mark.parametrize(("width", "lanes"), [(1, 1), (4, 3), (8, 2)])
def test_sign_magnitude_core_follows_reference(width, lanes, rng):
    def value(rng):
        return {"sign": rng.getrandbits(1), "magnitude": rng.randrange(2 << width)}

    def due(number, values):
        return {
            "sign": sum(value["sign"] << lane for lane, value in enumerate(values)),
            "magnitude": bits(number, [value["magnitude"] for value in values]),
        }

    follows(
        Sng(width=width, lanes=lanes, encoding="sign_magnitude"),
        value=value,
        bits=due,
        latency=1,
        rng=rng,
    )


def test_no_bits():
    with pytest.raises(ValueError, match=r"^a random number has at least one bit, not 0$"):
        Sng(width=0)


@pytest.mark.parametrize("encoding", ["unipolar", "bipolar", "sign_magnitude"])
def test_no_lanes(encoding):
    with pytest.raises(ValueError, match=r"^a generator has at least one lane, not -1$"):
        Sng(width=4, lanes=-1, encoding=encoding)


def test_no_such_encoding():
    message = r"^an encoding is one of unipolar, bipolar, sign_magnitude, not ternary$"
    with pytest.raises(ValueError, match=message):
        Sng(width=4, encoding="ternary")
