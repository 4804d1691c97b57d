# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

import pytest

from spikewright_hw.stochastic.correlation.synchronizer import Synchronizer, step

from .correlators import all_streams, bounded, follows, kinds, through


@pytest.mark.parametrize("depth", [1, 2])
def test_ones_are_kept_and_paired(depth):
    """Over all streams of six: no one is lost or invented, and none goes alone without need."""
    for pairs in all_streams(6):
        came = through(step, pairs, depth=depth)
        assert bounded(pairs, came, a=depth, b=depth)
        inside = [0, 0]
        for before, after in zip(pairs, came, strict=True):
            inside = [count + before[at] - after[at] for at, count in enumerate(inside)]
            assert 0 in inside, "ones of both streams wait"
            for at in (0, 1):
                if after[at] > after[1 - at]:
                    assert inside[at] == depth, "a one went alone though it could have waited"


def test_a_deep_one_pairs_all_but_what_remains():
    for pairs in all_streams(5):
        came = through(step, pairs, depth=5)
        ones = [sum(pair[at] for pair in pairs) for at in (0, 1)]
        assert kinds(came) == kinds([(1, 1)] * min(ones) + [(0, 0)] * (5 - min(ones)))


@pytest.mark.parametrize(("depth", "lanes"), [(1, 1), (2, 3), (5, 2)])
def test_core_follows_reference(depth, lanes, rng):
    follows(Synchronizer(depth=depth, lanes=lanes), step, rng, depth=depth)


def test_no_depth():
    with pytest.raises(ValueError, match=r"^a synchronizer has a depth of at least 1, not 0$"):
        Synchronizer(depth=0)


def test_no_lanes():
    message = r"^a correlation circuit has at least one lane, not 0$"
    with pytest.raises(ValueError, match=message):
        Synchronizer(depth=1, lanes=0)
