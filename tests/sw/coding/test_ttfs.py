"""Time to first spike: what spikes when, and what is refused."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spikewright.coding.coding import decode, encode
from spikewright.coding.ttfs import Ttfs
from spikewright.errors import DataError
from spikewright.task.digits import load

codings = st.builds(
    lambda steps, silent, span: Ttfs(inputs=5, steps=steps, silent=silent, high=silent + span),
    st.integers(1, 9),
    st.integers(0, 7),
    st.integers(1, 20),
)


@st.composite
def coded_samples(draw) -> tuple[Ttfs, np.ndarray]:
    coding = draw(codings)
    values = st.floats(0, coding.high, width=32)
    return coding, draw(arrays(np.float32, (4, 5), elements=values))


def when(value: float, **parameters) -> int | None:
    spikes = encode(np.array([[value]]), Ttfs(inputs=1, **parameters))[0, :, 0]
    assert spikes.sum() <= 1
    return int(spikes.argmax()) if spikes.any() else None


def test_ranges_by_hand():
    # Four ranges of 3.5, upper ends 16, 12.5, 9 and 5.5.
    times = [when(value, steps=4, high=16, silent=2) for value in range(17)]
    assert times == [None] * 3 + [3, 3, 3] + [2, 2, 2, 2] + [1, 1, 1] + [0, 0, 0, 0]


def test_result_is_samples_by_steps_by_inputs():
    spikes = encode(np.zeros((3, 64)), Ttfs(steps=5))
    assert spikes.shape == (3, 5, 64) and spikes.dtype == bool and not spikes.any()


@given(coded_samples())
def test_one_spike_where_not_silent(case):
    coding, samples = case
    assert np.array_equal(encode(samples, coding).sum(axis=1), samples > coding.silent)


@given(coded_samples())
def test_brighter_is_never_later(case):
    coding, samples = case
    spikes = encode(samples, coding)
    time = np.where(spikes.any(axis=1), spikes.argmax(axis=1), coding.steps)
    times = np.take_along_axis(time, np.argsort(-samples, axis=1), axis=1)
    assert (times[:, 1:] >= times[:, :-1]).all()


@given(coded_samples())
def test_round_trip(case):
    coding, samples = case
    spikes = encode(samples, coding)
    values = decode(spikes, coding)
    assert np.array_equal(encode(values, coding), spikes)
    half = (coding.high - coding.silent) / coding.steps / 2
    error = np.abs(values - samples)
    assert (error[samples > coding.silent] <= half * (1 + 1e-9)).all()
    assert (error[samples <= coding.silent] <= coding.silent).all()


def test_digits_spike_about_thirty_times():
    spikes = encode(load().x_train, Ttfs())
    assert 25 < spikes.sum(axis=(1, 2)).mean() < 35


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((2, 63)), "the input is of shape 2 × 63; it must be samples × 64 values"),
        (np.zeros(64), "the input is of shape 64; it must be samples × 64 values"),
        (np.float32(1), "the input is of shape a single value; it must be samples × 64 values"),
        (np.full((1, 64), "a"), "it must hold real numbers"),
        (np.full((1, 64), 1j), "it must hold real numbers"),
    ],
)
def test_wrong_shape_or_kind_is_refused(samples, message):
    with pytest.raises(DataError, match=re.escape(message)):
        encode(samples, Ttfs())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -0.5, 16.5])
def test_value_out_of_range_is_refused(value):
    samples = np.zeros((3, 64))
    samples[1, 7] = value
    message = f"value 7 of sample 1 is {value}; values must be numbers from 0 to 16"
    with pytest.raises(DataError, match=re.escape(message)):
        encode(samples, Ttfs())


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"inputs": 0}, "inputs is 0; it must be a whole number from 1 to 65535"),
        ({"steps": 0}, "steps is 0; it must be a whole number from 1 to 65531"),
        ({"silent": 16.0}, "silent is 16.0; it must be at least low, 0.0, and below high, 16.0"),
        ({"silent": -1.0}, "silent is -1.0; it must be at least low, 0.0, and below high, 16.0"),
        ({"high": float("nan")}, "high is nan; it must be a finite number"),
        ({"high": float("inf")}, "high is inf; it must be a finite number"),
    ],
)
def test_parameter_out_of_range_is_refused(parameters, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Ttfs(**parameters)


def test_a_sample_of_any_shape_is_its_values_in_order():
    samples = np.arange(32.0).reshape(2, 4, 4) / 2
    coding = Ttfs(inputs=16)
    assert np.array_equal(encode(samples, coding), encode(samples.reshape(2, 16), coding))
    samples[1, 2, 3] = np.nan
    message = "value [2, 3] of sample 1 is nan; values must be numbers from 0 to 16"
    with pytest.raises(DataError, match=re.escape(message)):
        encode(samples, coding)


def test_values_below_zero():
    times = [when(value, steps=2, low=-8, high=8, silent=-4) for value in (-8, -4, -3, 2, 3, 8)]
    assert times == [None, None, 1, 1, 0, 0]


def test_the_largest_value_in_float32_spikes_first():
    """float32(0.1) is above 0.1: in its own type it is in range, and it may not be lost."""
    spikes = encode(np.array([[0.1]], np.float32), Ttfs(inputs=1, high=0.1, silent=0.0))
    assert spikes[0, :, 0].tolist() == [True, False, False, False]


def test_samples_are_encoded_in_parts(monkeypatch):
    samples = load().x_train[:50]
    whole = encode(samples, Ttfs())
    monkeypatch.setattr("spikewright.coding.samples._PART", 7 * 64)
    assert np.array_equal(encode(samples, Ttfs()), whole)
