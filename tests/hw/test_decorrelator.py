# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from collections import deque

import pytest

from spikewright_hw.stochastic.correlation.decorrelator import Decorrelator, step

from .correlators import follows


@pytest.mark.parametrize("depth", [2, 8])
def test_bits_wait_where_they_were_put(depth, rng):
    """Each bit comes out when its address is next asked for; at first, zeros come."""
    state = 0
    places = [deque([0]) for _ in range(depth)]
    for _ in range(500):
        a, b, address = rng.getrandbits(1), rng.getrandbits(1), rng.randrange(depth)
        state, a_out, b_out = step(state, a, b, address=address)
        places[address].append(b)
        assert a_out == a
        assert b_out == places[address].popleft()
        assert state.bit_count() == sum(place[0] for place in places)  # the ones inside


@pytest.mark.parametrize(("depth", "lanes"), [(2, 1), (4, 3), (8, 2)])
def test_core_follows_reference(depth, lanes, rng):
    follows(Decorrelator(depth=depth, lanes=lanes), step, rng, addresses=depth)


@pytest.mark.parametrize("depth", [0, 1, 6])
def test_depth_without_an_address_for_each_bit(depth):
    message = rf"^the depth of a decorrelator is a power of two from 2, not {depth}$"
    with pytest.raises(ValueError, match=message):
        Decorrelator(depth=depth)


def test_no_lanes():
    message = r"^a correlation circuit has at least one lane, not 0$"
    with pytest.raises(ValueError, match=message):
        Decorrelator(depth=2, lanes=0)
