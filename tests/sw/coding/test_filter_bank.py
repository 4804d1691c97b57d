"""Filter bank as a coding: equal to its definition, and what is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest

from spikewright.coding.coding import encode, input_bits
from spikewright.coding.filter_bank import FilterBankCoding
from spikewright.coding.known import coding_of
from spikewright.errors import DataError
from spikewright.task.task import Task
from spikewright_hw.audio.bank import counts

RNG = np.random.default_rng(0)

def task(x: np.ndarray) -> Task:
    return Task(
        name="made up", kind="signal", x_train=x[:8], x_test=x[8:], low=-1, high=1,
        y_train=np.array([0, 1] * 4), y_test=np.array([0, 1]),
    )


SOUNDS = np.concatenate([
    RNG.uniform(-1, 1, (5, 330)), RNG.normal(0, 0.001, (4, 330)), np.zeros((1, 330)),
])
CODING = FilterBankCoding.fitting(task(SOUNDS), steps=8, channels=5)


def test_counts_are_those_of_the_definition():
    found = encode(SOUNDS, CODING)
    assert found.dtype == np.uint8 and found.shape == (10, 8, 5)
    wanted = [counts(CODING.bank, row.tolist()) for row in CODING.sounds(SOUNDS)]
    assert found.tolist() == wanted
    assert found[:5].mean() > found[5:9].mean() > found[9:].max() == 0
    assert np.array_equal(CODING.values(SOUNDS), found)


def test_samples_are_whole_numbers_of_sixteen_bits():
    given = np.array([-1, -0.5, 0, 2**-15, 0.99999, 1])
    sounds = replace(CODING, length=41).sounds(np.tile(given, (1, 7))[:, :41])
    assert sounds[0, :6].tolist() == [-32768, -16384, 0, 1, 32767, 32767]


@pytest.mark.parametrize("bits", [2, 4, 6])
def test_a_count_has_the_bits_that_were_asked_for(bits):
    coding = coding_of(task(SOUNDS), name="filter_bank", steps=4, input_bits=bits)
    assert input_bits(coding) == bits and coding.steps == 4
    assert encode(np.where(SOUNDS < 0, -1, 1), coding).max() < 1 << bits


def refused(message: str, **changes) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(CODING, **changes)


def test_what_is_no_coding_is_refused():
    refused("most is -1; it must be above least, -1", most=-1)
    refused(
        "samples is 41 and length 20: that makes 0 steps; there must be 1 to 65531", length=20
    )
    with pytest.raises(ValueError, match=r"^channel 0 has a pole of the radius 1\.0"):
        replace(CODING, cosines=(16384,) * 5)


def test_a_task_that_is_no_sound_is_refused():
    with pytest.raises(ValueError, match=r"^made up has 3 values at each time, and filter_bank "):
        coding_of(task(RNG.uniform(-1, 1, (10, 64, 3))), name="filter_bank")
    with pytest.raises(ValueError, match=r"^steps is 400; made up has 330 samples in a sound$"):
        coding_of(task(SOUNDS), name="filter_bank", steps=400)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((2, 300)), "the input is of shape 2 × 300; it must be samples × 328 values"),
        (np.full((1, 330), 1.5), "value 0 of sample 0 is 1.5; values must be numbers from -1 to 1"),
    ],
)
def test_what_is_no_sound_is_refused(samples, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode(samples, CODING)
