# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction
from math import floor

import pytest
from scipy.stats import qmc

from spikewright_hw.stochastic.source import van_der_corput
from spikewright_hw.stochastic.source.halton import BASES, Halton, number, weights

from .sources import follows


def period(*, width: int, base: int) -> int:
    return base ** len(weights(width=width, base=base)[0])


def inverse(index: int, *, base: int) -> Fraction:
    """Mirror the digits at the point."""
    mirrored, unit = 0, 1
    while index:
        index, digit = divmod(index, base)
        mirrored, unit = mirrored * base + digit, unit * base
    return Fraction(mirrored, unit)


def test_first_numbers_of_base_3():
    """1/3, 2/3, 1/9, 4/9, 7/9, 2/9, 5/9, 8/9, as in the textbooks."""
    ninths = [0, 3, 6, 1, 4, 7, 2, 5, 8]
    assert [inverse(n, base=3) for n in range(9)] == [Fraction(n, 9) for n in ninths]
    assert [number(n, width=8, base=3) for n in range(9)] == [
        0,
        85,
        170,
        28,
        113,
        199,
        56,
        142,
        227,
    ]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("width", [*range(1, 11), 13])
def test_numbers_are_the_radical_inverse_or_one_less(width, base):
    less = [
        floor(inverse(n, base=base) * (1 << width)) - number(n, width=width, base=base)
        for n in range(period(width=width, base=base))
    ]
    assert set(less) <= {0, 1}
    assert less.count(1) < len(less) / 4


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("width", range(1, 11))
def test_a_period_misses_no_value_by_more_than_one_number(width, base):
    """The ones that a comparison with any value makes, as a fraction of the period."""
    length = period(width=width, base=base)
    count = [0] * (1 << width)
    for n in range(length):
        count[number(n, width=width, base=base)] += 1
    ones = 0
    for value in range((1 << width) + 1):
        assert abs(Fraction(ones, length) * (1 << width) - value) <= 1
        ones += count[value] if value < 1 << width else 0


@pytest.mark.parametrize("base", BASES)
def test_a_period_ends_where_it_began(base):
    length = period(width=5, base=base)
    assert length >= 32 > length // base
    for n in range(40):
        assert number(n + length, width=5, base=base) == number(n, width=5, base=base)


@pytest.mark.parametrize("width", [1, 8])
def test_base_2_is_van_der_corput(width):
    for n in range(1 << width):
        expected = van_der_corput.number(n, width=width)
        assert number(n, width=width, base=2) == expected


def test_points_are_those_of_scipy():
    points = qmc.Halton(d=len(BASES), scramble=False).random(200)
    for base, column in zip(BASES, points.T, strict=True):
        for n, point in enumerate(column):
            assert abs(number(n, width=16, base=base) / 65536 - point) < 2.0**-15


def test_another_first_number_is_a_rotation():
    for n in range(60):
        rotated = number(n, width=5, base=3, init=19)
        assert rotated == (number(n, width=5, base=3) + 19) % 32


@pytest.mark.parametrize(
    ("width", "base"), [(1, 7), (3, 2), (4, 3), (4, 5), (4, 7), (8, 3), (16, 5), (32, 3), (32, 7)]
)
def test_core_follows_reference(width, base, rng):
    init = rng.randrange(1 << width)
    dut = Halton(width=width, base=base, init=init)

    def expected(index: int, first: int) -> int:
        return number(index, width=width, base=base, init=first)

    follows(dut, expected, rng)


@pytest.mark.parametrize("width", [0, 33])
def test_width_out_of_range(width):
    with pytest.raises(ValueError, match=rf"^a Halton sequence is 1 to 32 bits wide, not {width}$"):
        Halton(width=width)


@pytest.mark.parametrize("base", [0, 4, 11])
def test_base_there_is_not(base):
    message = rf"^the base of a Halton sequence is 2, 3, 5 or 7, not {base}$"
    with pytest.raises(ValueError, match=message):
        Halton(width=8, base=base)


@pytest.mark.parametrize("init", [-1, 256])
def test_init_out_of_range(init):
    message = rf"^the init of a Halton sequence of 8 bits lies in 0 to 255, not {init}$"
    with pytest.raises(ValueError, match=message):
        Halton(width=8, init=init)
