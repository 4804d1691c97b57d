"""Direct: whole numbers that grow with the values, and what is refused."""

import math
import re
from typing import Any

import numpy as np
import pytest

from spikewright.coding.coding import decode, encode, input_bits
from spikewright.coding.direct import Direct
from spikewright.coding.known import coding_of
from spikewright.coding.ttfs import Ttfs
from spikewright.errors import DataError
from spikewright.task.task import Task

CODING = Direct(inputs=3, steps=2, low=-1, high=1, bits=3)


def test_values_are_those_of_the_page():
    values = np.random.default_rng(0).uniform(-1, 1, (40, 3))
    graded = encode(values, CODING)
    assert graded.dtype == np.uint8 and graded.shape == (40, 2, 3)
    for sample, steps in zip(values.tolist(), graded.tolist(), strict=True):
        assert steps == [[math.floor(7 * (x + 1) / 2 + 0.5) for x in sample]] * 2


@pytest.mark.parametrize("bits", range(2, 9))
def test_the_ends_of_the_range(bits):
    coding = Direct(inputs=2, steps=1, low=10, high=20, bits=bits)
    assert encode([[10, 20]], coding).tolist() == [[[0, 2**bits - 1]]]
    values = np.linspace(10, 20, 50).reshape(25, 2)
    back = decode(encode(values, coding), coding)
    assert np.abs(back - values).max() <= 5 / (2**bits - 1) + 1e-12
    assert input_bits(coding) == bits and input_bits(Ttfs()) == 1


def test_a_sequence_has_its_own_values_for_each_step():
    coding = Direct(inputs=2, steps=3, low=0, high=15, sequence=True)
    values = np.arange(12).reshape(2, 3, 2)
    assert encode(values, coding).tolist() == values.tolist()
    assert np.allclose(decode(encode(values, coding), coding), values)


def test_a_signal_is_a_window_or_a_sequence():
    walk = np.random.default_rng(0).uniform(0, 1, (6, 5, 2))
    labels = np.array([0, 1] * 3)
    task = Task(
        name="walk", kind="signal", x_train=walk, y_train=labels, x_test=walk, y_test=labels,
        low=0, high=1,
    )
    shapes = {
        steps: encode(walk, coding_of(task, name="direct", steps=steps)).shape
        for steps in (None, 4, 5)
    }
    assert shapes == {None: (6, 8, 10), 4: (6, 4, 10), 5: (6, 5, 2)}


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([[0, 0, 2]], "value 2 of sample 0 is 2; values must be numbers from -1 to 1"),
        ([[0, 0, 0], [0, math.nan, 0]],
         "value 1 of sample 1 is nan; values must be numbers from -1 to 1"),
        ([[0, 0]], "the input is of shape 1 × 2; it must be samples × 3 values"),
        ([["a", "b", "c"]], "the input holds <U1 values; it must hold real numbers"),
    ],
)
def test_samples_that_are_refused(samples: Any, message: str):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode(samples, CODING)


def test_a_sequence_of_another_length_is_refused():
    coding = Direct(inputs=2, steps=3, low=0, high=1, sequence=True)
    with pytest.raises(DataError) as caught:
        encode(np.zeros((4, 2, 3)), coding)
    assert str(caught.value) == (
        "the input is of shape 4 × 2 × 3; it must be samples × 3 steps × 2 values"
    )
    with pytest.raises(DataError) as caught:
        decode(np.zeros((4, 2, 3)), coding)
    assert str(caught.value) == (
        "the graded inputs are of shape 4 × 2 × 3; they must be samples × 3 steps × 2 inputs"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bits": 1}, "bits is 1; it must be a whole number from 2 to 8"),
        ({"bits": 9}, "bits is 9; it must be a whole number from 2 to 8"),
        ({"high": -1}, "high is -1; it must be above low, -1"),
        ({"sequence": 1}, "sequence is 1; it must be True or False"),
        ({"inputs": 0}, "inputs is 0; it must be a whole number from 1 to 65535"),
    ],
)
def test_parameters_that_are_refused(change: Any, message: str):
    fields = {"inputs": 3, "steps": 2, "low": -1, "high": 1} | change
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Direct(**fields)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_what_is_rounded_beyond_the_range_is_its_end(kind):
    coding = Direct(inputs=2, steps=1, low=290, high=310.2, bits=8)
    assert encode(np.array([[310.2, 290]], kind), coding).tolist() == [[[255, 0]]]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_infinity_is_no_value(kind):
    coding = Direct(inputs=1, steps=1, low=0, high=1e300, bits=8)
    message = "value 0 of sample 0 is inf; values must be numbers from 0 to 1e+300"
    with np.errstate(over="ignore"), pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode(np.array([[np.inf]], kind), coding)


@pytest.mark.parametrize(("low", "high"), [(-1.7e308, 1.7e308), (0, 5e-324)])
def test_a_range_without_a_step(low, high):
    with pytest.raises(ValueError, match=r"^high - low is .*; a step of the inputs must be a numb"):
        Direct(inputs=1, steps=1, low=low, high=high)
