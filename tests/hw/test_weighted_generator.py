# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from collections import Counter
from functools import partial

import pytest

from spikewright_hw.stochastic.number.weighted_generator import WeightedGenerator, bits, plane
from spikewright_hw.stochastic.source.lfsr import step

from .generators import follows


@pytest.mark.parametrize("width", [1, 4, 8])
def test_each_plane_is_picked_as_often_as_it_weighs(width):
    picked = Counter(plane(number, width=width) for number in range(1 << width))
    assert picked == {None: 1, **{at: 1 << (width - 1 - at) for at in range(width)}}


def test_a_plane_is_the_number_of_leading_zeros():
    assert [plane(number, width=4) for number in (8, 15, 4, 7, 2, 3, 1, 0)] == [
        0, 0, 1, 1, 2, 2, 3, None,
    ]  # fmt: skip


@pytest.mark.parametrize("width", [1, 4, 6])
def test_a_period_of_all_numbers_is_exact(width):
    for value in range(1 << width):
        ones = sum(bits(number, [value], width=width) for number in range(1 << width))
        assert ones == value


def test_a_period_of_an_lfsr_is_exact_too():
    """The number zero, which it leaves out, makes no one; the highest value is exactly 1."""
    states = [1]
    while (state := step(states[-1], width=5)) != 1:
        states.append(state)
    for value in range(32):
        assert sum(bits(state, [value], width=5) for state in states) == value
    assert len(states) == 31


def test_lanes_are_separate():
    assert bits(5, [0b1011, 0b0100, 0b1111], width=4) == 0b110


@pytest.mark.parametrize(("width", "lanes"), [(1, 1), (4, 3), (8, 2)])
def test_core_follows_reference(width, lanes, rng):
    follows(
        WeightedGenerator(width=width, lanes=lanes),
        value=lambda rng: rng.getrandbits(width),
        bits=partial(bits, width=width),
        latency=2,
        rng=rng,
    )


@pytest.mark.parametrize("width", [0, -1])
def test_no_bits(width):
    with pytest.raises(ValueError, match=rf"^a random number has at least one bit, not {width}$"):
        WeightedGenerator(width=width)


def test_no_lanes():
    with pytest.raises(ValueError, match=r"^a generator has at least one lane, not 0$"):
        WeightedGenerator(width=4, lanes=0)
