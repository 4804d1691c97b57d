"""Channels scaled to their own spread."""

import numpy as np

from spikewright.task.channels import LIMIT, standardised


def test_each_channel_has_the_mean_and_the_deviation_of_the_training_part():
    random = np.random.default_rng(0)
    scale = np.array([0.01, 1.0, 300.0])
    train, test = (random.normal(scale, scale, (40, 50, 3)) for _ in range(2))
    made, other = standardised(train, test)
    spread = train.std(axis=(0, 1))
    for given, got in ((train, made), (test, other)):
        wanted = np.clip((given - train.mean(axis=(0, 1))) / spread, -LIMIT, LIMIT)
        assert got.dtype == np.float32 and np.allclose(got, wanted, atol=1e-4)
    assert np.abs(made).max() == LIMIT  # of 6,000 normal values of seed 0 some are beyond


def test_a_channel_that_does_not_vary_is_zero():
    train = np.zeros((4, 5, 2))
    train[::2, :, 1] = 2
    test = train + 7
    made, other = standardised(train, test)
    assert not made[..., 0].any() and not other[..., 0].any()
    assert sorted(set(made[..., 1].ravel().tolist())) == [-1, 1] and other[..., 1].max() == LIMIT


def test_what_is_given_stays_as_it_is():
    train = np.random.default_rng(1).normal(size=(3, 4, 2)).astype(np.float32)
    kept = train.copy()
    standardised(train, train)
    assert np.array_equal(train, kept)
