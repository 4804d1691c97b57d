# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from fractions import Fraction

import pytest

from spikewright_hw.stochastic.source.van_der_corput import VanDerCorput, number, reverse

from .sources import follows, prefixes


def test_first_numbers():
    """1/2, 1/4, 3/4, 1/8, 5/8, 3/8, 7/8, as in the textbooks."""
    assert [number(n, width=3) for n in range(9)] == [0, 4, 2, 6, 1, 5, 3, 7, 0]


@pytest.mark.parametrize("width", [1, 5, 8])
def test_it_is_the_radical_inverse(width):
    for index in range(1 << width):
        inverse = sum(Fraction(index >> k & 1, 2 << k) for k in range(width))
        assert number(index, width=width) == inverse * (1 << width)


@pytest.mark.parametrize("width", [1, 4, 9])
def test_reversing_twice_changes_nothing(width):
    for value in range(1 << width):
        assert reverse(reverse(value, width=width), width=width) == value


@pytest.mark.parametrize("init", [0, 1, 77])
def test_any_numbers_in_a_row_hold_each_prefix_once(init):
    numbers = [number(n, width=8, init=init) for n in range(256)]
    for bits in range(9):
        for start in (0, 3):
            row = numbers[start:] + numbers[:start]
            for block in prefixes(row, width=8, bits=bits):
                assert block == list(range(1 << bits))


@pytest.mark.parametrize("width", [1, 2, 8, 16, 32])
def test_core_follows_reference(width, rng):
    init = rng.randrange(1 << width)
    dut = VanDerCorput(width=width, init=init)
    follows(dut, lambda index, first: number(index, width=width, init=first), rng)


@pytest.mark.parametrize("width", [0, 33])
def test_width_out_of_range(width):
    message = rf"^a van der Corput sequence is 1 to 32 bits wide, not {width}$"
    with pytest.raises(ValueError, match=message):
        VanDerCorput(width=width)


@pytest.mark.parametrize("init", [-1, 256])
def test_init_out_of_range(init):
    message = rf"^the init of a van der Corput sequence of 8 bits lies in 0 to 255, not {init}$"
    with pytest.raises(ValueError, match=message):
        VanDerCorput(width=8, init=init)
