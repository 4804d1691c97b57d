# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.correlation.desynchronizer import Desynchronizer, step

from .correlators import all_streams, bounded, follows, kinds, through


@pytest.mark.parametrize("depth", [1, 2])
def test_ones_are_kept_and_apart(depth):
    """Over all streams of six: no one is lost or invented, and none meets another without need."""
    for pairs in all_streams(6):
        came = through(step, pairs, depth=depth)
        assert bounded(pairs, came, a=0, b=depth)
        inside = 0
        for before, after in zip(pairs, came, strict=True):
            inside += before[1] - after[1]
            if after == (1, 1):
                assert inside == depth, "ones met though one could have waited"
            if after == (0, 0):
                assert inside == 0, "a one waits though it could have gone alone"


def taking_turns(pairs, *, depth):
    """Do the same, but let the ones of either stream wait in turn, as the paper does."""
    waiting, turn, came = [], 0, []
    for a, b in pairs:
        if a and b and len(waiting) < depth:
            waiting.append(turn)
            came.append((0, 1) if turn == 0 else (1, 0))
            turn = 1 - turn
        elif not a and not b and waiting:
            came.append((1, 0) if waiting.pop(0) == 0 else (0, 1))
        else:
            came.append((a, b))
    return came


@pytest.mark.parametrize("depth", [1, 2])
def test_which_stream_waits_makes_no_difference_to_the_overlap(depth):
    for pairs in all_streams(6):
        one_sided = kinds(through(step, pairs, depth=depth))
        in_turn = kinds(taking_turns(pairs, depth=depth))
        assert one_sided[1, 1] == in_turn[1, 1]
        assert one_sided[0, 0] == in_turn[0, 0]


@pytest.mark.parametrize(("depth", "lanes"), [(1, 1), (2, 3), (5, 2)])
def test_core_follows_reference(depth, lanes, rng):
    follows(Desynchronizer(depth=depth, lanes=lanes), step, rng, depth=depth)


def test_no_depth():
    with pytest.raises(ValueError, match=r"^a desynchronizer has a depth of at least 1, not -1$"):
        Desynchronizer(depth=-1)


def test_no_lanes():
    message = r"^a correlation circuit has at least one lane, not 0$"
    with pytest.raises(ValueError, match=message):
        Desynchronizer(depth=1, lanes=0)
