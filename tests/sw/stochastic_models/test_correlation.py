"""Correlation on arrays: what it is, and circuits equal to the cores' references."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from spikewright.stochastic_models.correlation import (
    decorrelate,
    desynchronize,
    isolate,
    scc,
    synchronize,
)
from spikewright.stochastic_models.numbers import unipolar
from spikewright.stochastic_models.sources import sequence
from spikewright_hw.stochastic.correlation import (
    decorrelator,
    desynchronizer,
    isolator,
    synchronizer,
)

SHAPE = (3, 4, 100)

Step = Callable[..., tuple[int, int, int]]
Streams = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def rng() -> np.random.Generator:
    seed = int(np.random.default_rng().integers(1 << 32))
    print(f"seed {seed}")
    return np.random.default_rng(seed)


def drawn(rng: np.random.Generator) -> np.ndarray:
    """Draw streams of different values, the ends among them, so that states reach theirs."""
    return rng.random(SHAPE) < rng.choice([0.0, 0.2, 0.5, 0.8, 1.0], (*SHAPE[:-1], 1))


def one_by_one(step: Step, a: np.ndarray, b: np.ndarray, *each: dict, **parameters) -> Streams:
    out_a, out_b = np.empty(a.shape, bool), np.empty(a.shape, bool)
    for at in np.ndindex(a.shape[:-1]):
        state = 0
        for t in range(a.shape[-1]):
            further = each[t] if each else {}
            state, *pair = step(state, int(a[*at, t]), int(b[*at, t]), **parameters, **further)
            out_a[*at, t], out_b[*at, t] = pair
    return out_a, out_b


def shared(*, random: bool) -> Streams:
    """Return streams of all pairs of some values, one source for both: random, or an LFSR."""
    values = np.arange(16, 256, 16)
    a, b = np.meshgrid(values, values)
    if random:
        numbers = np.random.default_rng(2).integers(256, size=1020)
    else:
        numbers = sequence("lfsr", width=8, length=1020)
    return unipolar(a, numbers), unipolar(b, numbers)


def independent() -> Streams:
    values = np.arange(16, 256, 16)
    a, b = np.meshgrid(values, values)
    rng = np.random.default_rng(3)
    return unipolar(a, rng.integers(256, size=1020)), unipolar(b, rng.integers(256, size=1020))


def strength(streams: Streams) -> float:
    """Return the mean of the absolute correlation."""
    return float(abs(scc(*streams)).mean())


def lost(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return before.sum(-1).astype(int) - after.sum(-1)


def test_correlation_by_its_definition():
    """All pairs of streams of four bits, in the probabilities of the paper."""
    for a, b in product(product((0, 1), repeat=4), repeat=2):
        p, q = np.mean(a), np.mean(b)
        excess = np.mean(np.multiply(a, b)) - p * q
        if excess > 0:
            due = excess / (min(p, q) - p * q)
        elif excess < 0:
            due = excess / (p * q - max(p + q - 1, 0))
        else:
            due = 0
        assert scc(np.array(a, bool), np.array(b, bool)) == due


def test_correlation_at_its_ends():
    def of(a: str, b: str) -> float:
        return float(scc(np.array(list(a)) == "1", np.array(list(b)) == "1"))

    assert of("11001100", "11101110") == 1  # as much overlap as there can be
    assert of("11001100", "00110010") == -1  # none
    assert of("11111100", "00111111") == -1  # as little as there can be
    assert of("11110000", "10101010") == 0
    assert of("00000000", "10101010") == 0  # constant: tells nothing
    assert of("11111111", "11111111") == 0


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_synchronizer_equals_the_core(rng, depth):
    a, b = drawn(rng), drawn(rng)
    due = one_by_one(synchronizer.step, a, b, depth=depth)
    np.testing.assert_array_equal(synchronize(a, b, depth=depth), due)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_desynchronizer_equals_the_core(rng, depth):
    a, b = drawn(rng), drawn(rng)
    due = one_by_one(desynchronizer.step, a, b, depth=depth)
    np.testing.assert_array_equal(desynchronize(a, b, depth=depth), due)


@pytest.mark.parametrize("depth", [2, 8, 64])
def test_decorrelator_equals_the_core(rng, depth):
    a, b = drawn(rng), drawn(rng)
    addresses = rng.integers(depth, size=SHAPE[-1])
    each = [{"address": int(address)} for address in addresses]
    due = one_by_one(decorrelator.step, a, b, *each)
    np.testing.assert_array_equal(decorrelate(a, b, addresses), due)


@pytest.mark.parametrize("delay", [1, 3, 99, 100, 200])
def test_isolator_equals_the_core(rng, delay):
    a, b = drawn(rng), drawn(rng)
    due = one_by_one(isolator.step, a, b, delay=delay)
    np.testing.assert_array_equal(isolate(a, b, delay=delay), due)


def test_depth_brings_correlation_to_its_ends():
    """Each depth comes nearer, and none costs more ones than it has."""
    streams = independent()
    together, apart = [scc(*streams).mean()], [scc(*streams).mean()]
    for depth in (1, 3, 7):
        out = synchronize(*streams, depth=depth)
        together.append(scc(*out).mean())
        for before, after in zip(streams, out, strict=True):
            assert 0 <= lost(before, after).min() <= lost(before, after).max() <= depth
        out = desynchronize(*streams, depth=depth)
        apart.append(scc(*out).mean())
        np.testing.assert_array_equal(out[0], streams[0])
        assert 0 <= lost(streams[1], out[1]).min() <= lost(streams[1], out[1]).max() <= depth
    assert together == sorted(together)
    assert apart == sorted(apart, reverse=True)
    assert together[-1] > 0.95
    assert apart[-1] < -0.95


def test_without_a_limit_correlation_is_complete():
    streams = independent()
    assert (scc(*synchronize(*streams, depth=1020)) == 1).all()
    assert (scc(*desynchronize(*streams, depth=1020)) == -1).all()


def test_streams_of_one_source_are_correlated_until_they_are_shuffled():
    for random in (True, False):
        streams = shared(random=random)
        assert (scc(*streams) == 1).all()
        addresses = np.random.default_rng(4).integers(8, size=1020)
        out = decorrelate(*streams, addresses)
        assert strength(out) < 0.2
        np.testing.assert_array_equal(out[0], streams[0])
        assert 0 <= lost(streams[1], out[1]).min() <= lost(streams[1], out[1]).max() <= 8


def test_one_bit_of_delay_isolates_what_is_random_in_time():
    streams = shared(random=True)
    out = isolate(*streams, delay=1)
    assert strength(out) < 0.1
    assert 0 <= lost(streams[1], out[1]).min() <= lost(streams[1], out[1]).max() <= 1


def test_delay_isolates_an_lfsr_as_soon_as_no_bit_is_compared_twice():
    """Values of four bits: a delay of four gives the product exactly, less the number zero."""
    a, b = shared(random=False)
    period = slice(255, 510)  # the first has zeros in front
    strengths = []
    for delay in (1, 2, 3, 4):
        out = isolate(a, b, delay=delay)
        strengths.append(strength((out[0][..., period], out[1][..., period])))
    assert strengths == sorted(strengths, reverse=True)
    values = np.arange(16, 256, 16)
    both = (out[0] & out[1])[..., period].sum(-1)
    np.testing.assert_array_equal(both, values * values[:, None] // 256 - 1)
