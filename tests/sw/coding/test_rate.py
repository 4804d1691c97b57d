"""Rate: spikes that are the same everywhere, and as likely as the values say."""

import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest

from spikewright.coding.coding import decode, encode
from spikewright.coding.rate import Rate
from spikewright.errors import DataError

CODING = Rate(inputs=6, steps=5, low=-1, high=3, most=0.75, seed=11)
WORD = (1 << 64) - 1


def philox(counter: int, key: int) -> list[int]:
    """Philox4x64-10 as its paper has it."""
    x = [counter >> (64 * place) & WORD for place in range(4)]
    k0, k1 = key & WORD, key >> 64
    for _ in range(10):
        a, b = 0xD2E7470EE14C6C93 * x[0], 0xCA5A826395121157 * x[2]
        x = [b >> 64 ^ x[1] ^ k0, b & WORD, a >> 64 ^ x[3] ^ k1, a & WORD]
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & WORD, (k1 + 0xBB67AE8584CAA73B) & WORD
    return x


def by_hand(sample: list[float], coding: Rate) -> list[list[bool]]:
    content = b"".join(np.float64(value).tobytes() for value in sample)
    digest = hashlib.sha256(coding.seed.to_bytes(8, "little") + content).digest()
    key = int.from_bytes(digest[:16], "little")
    chances = [coding.most * (x - coding.low) / (coding.high - coding.low) for x in sample]
    numbers = [
        philox(place // 4 + 1, key)[place % 4] >> 11 for place in range(coding.steps * len(sample))
    ]
    return [
        [numbers[step * len(sample) + place] < chance * 2**53
         for place, chance in enumerate(chances)]
        for step in range(coding.steps)
    ]


def test_spikes_are_those_of_the_page():
    samples = np.random.default_rng(0).choice(np.linspace(-1, 3, 17), (20, 6))
    spikes = encode(samples, CODING)
    assert spikes.tolist() == [by_hand(sample, CODING) for sample in samples.tolist()]
    assert 0.2 < spikes.mean() < 0.6


def test_the_philox_of_the_paper():
    """The known answer of its authors' Random123, kat_vectors: philox4x64 10, all ones."""
    assert philox((1 << 256) - 1, (1 << 128) - 1) == [
        0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0,
    ]


def test_a_batch_changes_nothing():
    samples = np.random.default_rng(1).uniform(-1, 3, (9, 2, 3)).astype(np.float32)
    spikes = encode(samples, CODING)
    assert np.array_equal(encode(samples[::-1], CODING)[::-1], spikes)
    assert np.array_equal(encode(samples[4:5].astype(np.float64), CODING), spikes[4:5])
    assert not np.array_equal(encode(samples, replace(CODING, seed=12)), spikes)


def test_zeros_of_both_signs_are_the_same():
    coding = Rate(inputs=50, steps=4, low=-1, high=1)
    assert np.array_equal(
        encode(np.zeros((1, 50)), coding), encode(np.full((1, 50), -0.0), coding)
    )


def test_the_ends_of_the_range_are_certain():
    coding = Rate(inputs=2, steps=500, low=0, high=1)
    spikes = encode([[0.0, 1.0]], coding)
    assert not spikes[0, :, 0].any() and spikes[0, :, 1].all()


def test_counts_say_the_values():
    """Each within five standard errors of what was encoded."""
    coding = Rate(inputs=40, steps=4000, low=-2, high=6, most=0.8)
    samples = np.linspace(-2, 6, 40)[None]
    chance = 0.8 * (samples + 2) / 8
    error = 8 / 0.8 * np.sqrt(chance * (1 - chance) / 4000)
    assert (np.abs(decode(encode(samples, coding), coding) - samples) <= 5 * error + 1e-12).all()


@pytest.mark.parametrize("value", [np.nan, -1.5, 3.5, np.inf])
def test_a_value_that_cannot_be_coded(value):
    samples = np.zeros((3, 6))
    samples[2, 4] = value
    message = f"value 4 of sample 2 is {value}; values must be numbers from -1 to 3"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode(samples, CODING)


def test_samples_of_another_shape():
    message = "the input is of shape 3 × 5; it must be samples × 6 values"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode(np.zeros((3, 5)), CODING)
    with pytest.raises(DataError, match=r"^the samples are not all of the same shape$"):
        encode([[1.0], [1.0, 2.0]], CODING)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": 0}, "inputs is 0; it must be a whole number from 1 to 65535"),
        ({"steps": 2.5}, "steps is 2.5; it must be a whole number"),
        ({"low": 3}, "high is 3; it must be above low, 3"),
        ({"high": np.nan}, "high is nan; it must be a finite number"),
        ({"most": 0}, "most is 0; it must be above 0"),
        ({"most": 1.5}, "most is 1.5; it must be a number from 0 to 1"),
        ({"seed": -1}, "seed is -1; it must be a whole number from 0 to 18446744073709551615"),
    ],
)
def test_a_parameter_out_of_range(change, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(CODING, **change)
