# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.source.counter import Counter, number

from .sources import follows


@pytest.mark.parametrize("width", [1, 4, 8])
def test_a_period_is_a_ramp(width):
    period = 1 << width
    assert [number(n, width=width) for n in range(period)] == list(range(period))
    assert number(period, width=width) == 0


def test_a_first_number_of_its_own():
    assert [number(n, width=3, init=6) for n in range(4)] == [6, 7, 0, 1]


@pytest.mark.parametrize("width", [1, 2, 8, 16, 32])
def test_core_follows_reference(width, rng):
    init = rng.randrange(1 << width)
    dut = Counter(width=width, init=init)
    follows(dut, lambda index, first: number(index, width=width, init=first), rng)


@pytest.mark.parametrize("width", [0, 33])
def test_width_out_of_range(width):
    with pytest.raises(ValueError, match=rf"^a counter is 1 to 32 bits wide, not {width}$"):
        Counter(width=width)


@pytest.mark.parametrize("init", [-1, 256])
def test_init_out_of_range(init):
    message = rf"^the init of a counter of 8 bits lies in 0 to 255, not {init}$"
    with pytest.raises(ValueError, match=message):
        Counter(width=8, init=init)
