# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from itertools import pairwise

import pytest
from scipy.stats import qmc

from spikewright_hw.stochastic.source import van_der_corput
from spikewright_hw.stochastic.source.sobol import DIMENSIONS, Sobol, directions, number

from .sources import follows, prefixes

EVERY = range(len(DIMENSIONS))


@pytest.mark.parametrize("width", [8, 16, 32])
def test_points_are_those_of_scipy(width):
    points = qmc.Sobol(d=len(DIMENSIONS), scramble=False, bits=width).random(64)
    for dimension in EVERY:
        expected = [int(point) for point in points[:, dimension] * (1 << width)]
        assert [number(n, width=width, dimension=dimension) for n in range(64)] == expected


@pytest.mark.parametrize("place", range(21))
def test_directions_are_those_of_scipy(place):
    """Point ``2**place`` has two bits in its Gray code: those of two direction numbers.

    Those above follow by the same recurrence as the last 13 here, but take scipy long.
    """
    sampler = qmc.Sobol(d=len(DIMENSIONS), scramble=False, bits=32)
    point = sampler.fast_forward(1 << place).random(1)[0] if place else sampler.random(2)[1]
    for dimension in EVERY:
        v = directions(width=32, dimension=dimension)
        expected = v[place] ^ (v[place - 1] if place else 0)
        assert int(point[dimension] * 2**32) == expected


@pytest.mark.parametrize("width", [3, 8])
@pytest.mark.parametrize("dimension", EVERY)
def test_each_block_holds_each_prefix_once(width, dimension):
    for init in (0, 5):
        numbers = [
            number(n, width=width, dimension=dimension, init=init) for n in range(1 << width)
        ]
        for bits in range(width + 1):
            for block in prefixes(numbers, width=width, bits=bits):
                assert block == list(range(1 << bits))


@pytest.mark.parametrize("dimension", EVERY)
def test_a_step_adds_one_direction(dimension):
    """The Gray code's next, also from the last number of a period to the first."""
    numbers = [number(n, width=6, dimension=dimension) for n in range(65)]
    v = directions(width=6, dimension=dimension)
    for n, (before, after) in enumerate(pairwise(numbers)):
        ones = (n ^ (n + 1)).bit_length() - 1
        assert before ^ after == v[min(ones, 5)]
    assert numbers[64] == numbers[0]


def test_dimension_0_is_van_der_corput_in_another_order():
    for bits in range(9):
        block = [number(n, width=8) for n in range(1 << bits)]
        assert sorted(block) == sorted(van_der_corput.number(n, width=8) for n in range(1 << bits))


def test_another_first_number_is_a_digital_shift():
    for n in range(40):
        shifted = number(n, width=5, dimension=4, init=19)
        assert shifted == number(n, width=5, dimension=4) ^ 19


@pytest.mark.parametrize(("width", "dimension"), [(3, 15), (8, 0), (8, 1), (16, 5), (32, 12)])
def test_core_follows_reference(width, dimension, rng):
    init = rng.randrange(1 << width)
    dut = Sobol(width=width, dimension=dimension, init=init)

    def expected(index: int, first: int) -> int:
        return number(index, width=width, dimension=dimension, init=first)

    follows(dut, expected, rng)


@pytest.mark.parametrize("width", [2, 33])
def test_width_out_of_range(width):
    with pytest.raises(ValueError, match=rf"^a Sobol sequence is 3 to 32 bits wide, not {width}$"):
        Sobol(width=width)


@pytest.mark.parametrize("dimension", [-1, 16])
def test_dimension_out_of_range(dimension):
    message = rf"^the dimension of a Sobol sequence lies in 0 to 15, not {dimension}$"
    with pytest.raises(ValueError, match=message):
        Sobol(width=8, dimension=dimension)


@pytest.mark.parametrize("init", [-1, 256])
def test_init_out_of_range(init):
    message = rf"^the init of a Sobol sequence of 8 bits lies in 0 to 255, not {init}$"
    with pytest.raises(ValueError, match=message):
        Sobol(width=8, init=init)
