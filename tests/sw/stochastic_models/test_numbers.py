"""Numbers to streams and back on arrays: equal to the cores' references."""

from itertools import product

import numpy as np
import pytest

from spikewright.stochastic_models.numbers import (
    bipolar,
    estimate,
    sign_magnitude,
    unipolar,
    value,
    weighted,
)
from spikewright.stochastic_models.sources import sequence
from spikewright_hw.stochastic.number import estimator, sng, weighted_generator

MODES = [
    {"length": 30},
    {"length": 30, "threshold": 1},
    {"length": 30, "threshold": 17},
    {"length": 30, "threshold": 30},
    {"length": 60, "confidence": 0.9},
    {"length": 200, "confidence": 0.99},
]


@pytest.fixture
def rng() -> np.random.Generator:
    seed = int(np.random.default_rng().integers(1 << 32))
    print(f"seed {seed}")
    return np.random.default_rng(seed)


@pytest.mark.parametrize("width", [3, 8])
def test_streams_equal_the_cores(rng, width):
    numbers = rng.integers(1 << width, size=100)
    half, full = 1 << (width - 1), 1 << width
    for encoding, lowest, highest in (
        ("unipolar", 0, full),
        ("bipolar", -half, half),
        ("sign_magnitude", -full, full),
    ):
        values = np.array([lowest, highest, 0, *rng.integers(lowest, highest + 1, size=5)])
        due = [
            [sng.bits(n, [sng.threshold(v, width=width, encoding=encoding)]) for n in numbers]
            for v in values.tolist()
        ]
        if encoding == "sign_magnitude":
            sign, made = sign_magnitude(values, numbers)
            np.testing.assert_array_equal(sign, np.repeat(values[:, None] < 0, 100, axis=1))
        elif encoding == "bipolar":
            made = bipolar(values, numbers, width=width)
        else:
            made = unipolar(values, numbers)
        np.testing.assert_array_equal(made, due)


@pytest.mark.parametrize("width", [1, 4, 8, 20])
def test_weighted_streams_equal_the_core(rng, width):
    numbers = np.array([0, 1, (1 << width) - 1, *rng.integers(1 << width, size=100)])
    values = np.array([0, (1 << width) - 1, *rng.integers(1 << width, size=5)])
    due = [
        [weighted_generator.bits(n, [v], width=width) for n in numbers.tolist()]
        for v in values.tolist()
    ]
    np.testing.assert_array_equal(weighted(values, numbers, width=width), due)


def test_values_come_back_from_a_full_period():
    """Weights from an LFSR, 0 and 1 among them, and bipolar values from a bit-reversed counter."""
    values = np.arange(256)
    made = weighted(values, sequence("lfsr", width=8, length=255), width=8)
    np.testing.assert_array_equal(value(made), values / 255)
    values = np.arange(-128, 129)
    made = bipolar(values, sequence("van_der_corput", width=8, length=256), width=8)
    np.testing.assert_array_equal(value(made, encoding="bipolar"), values / 128)


def test_leading_axes_broadcast(rng):
    values, numbers = rng.integers(17, size=(3, 5)), rng.integers(16, size=(3, 1, 40))
    made = unipolar(values, numbers)
    assert made.shape == (3, 5, 40)
    for i, j in product(range(3), range(5)):
        np.testing.assert_array_equal(made[i, j], unipolar(values[i, j], numbers[i, 0]))


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_estimates_equal_the_core(rng, mode):
    bits = rng.random((4, 25, mode["length"] + 5)) < rng.random((4, 25, 1))
    bits[0, :2] = [[False], [True]]
    made = estimate(bits, **mode)
    for at in np.ndindex(bits.shape[:-1]):
        count, used, decision = estimator.run(bits[at].tolist(), **mode)
        assert (made.count[at], made.used[at], made.decision[at]) == (count, used, decision)


def test_a_threshold_saves_bits_and_changes_no_decision(rng):
    bits = rng.random((1000, 256)) < rng.random((1000, 1))
    made = estimate(bits, length=256, threshold=100)
    np.testing.assert_array_equal(made.decision, bits.sum(-1) >= 100)
    assert made.used.mean() < 256


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("p", [0.5, 0.55, 0.7])
def test_the_confidence_holds(confidence, p):
    """Of runs with more ones than zeros in the long run, no more say the contrary than stated."""
    bits = np.random.default_rng(1).random((20_000, 256)) < p
    made = estimate(bits, length=256, confidence=confidence)
    wrong = ~made.decision & (made.used < 256)
    assert wrong.mean() <= 1 - confidence
    assert p > 0.5 or wrong.any()  # at the worst value, some are


def test_streams_that_are_too_short():
    with pytest.raises(ValueError, match=r"^runs of 8 bits need streams as long, not of 7$"):
        estimate(np.zeros((2, 7), bool), length=8)
