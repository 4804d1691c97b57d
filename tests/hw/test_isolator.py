# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.correlation.isolator import Isolator, step

from .correlators import follows, through


@pytest.mark.parametrize("delay", [1, 2, 7])
def test_b_comes_later(delay, rng):
    pairs = [(rng.getrandbits(1), rng.getrandbits(1)) for _ in range(50)]
    came = through(step, pairs, delay=delay)
    assert [a for a, _ in came] == [a for a, _ in pairs]
    assert [b for _, b in came] == [0] * delay + [b for _, b in pairs[:-delay]]


@pytest.mark.parametrize(("delay", "lanes"), [(1, 1), (2, 3), (7, 2)])
def test_core_follows_reference(delay, lanes, rng):
    follows(Isolator(delay=delay, lanes=lanes), step, rng, delay=delay)


def test_no_delay():
    with pytest.raises(ValueError, match=r"^an isolator delays by at least 1 bit, not 0$"):
        Isolator(delay=0)


def test_no_lanes():
    message = r"^a correlation circuit has at least one lane, not 0$"
    with pytest.raises(ValueError, match=message):
        Isolator(delay=1, lanes=0)
