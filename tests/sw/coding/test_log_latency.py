"""Logarithmic latency: what spikes when, and what is refused."""

import re

import numpy as np
import pytest

import spikewright as spw
from spikewright.coding.coding import decode, encode
from spikewright.coding.log_latency import LogLatency
from spikewright.task.digits import load

CODING = LogLatency(inputs=1, steps=4, low=0, high=16, silent=1)


def when(value: float, coding: LogLatency = CODING) -> int | None:
    spikes = encode(np.array([[value]]), coding)[0, :, 0]
    assert spikes.sum() <= 1
    return int(spikes.argmax()) if spikes.any() else None


def test_ranges_by_hand():
    """Four ranges of the ratio 2; each has its upper end, as of the linear latency."""
    values = (0, 0.5, 1, 1.01, 2, 2.01, 4, 4.01, 8, 8.01, 16)
    assert [when(value) for value in values] == [None, None, None, 3, 3, 2, 2, 1, 1, 0, 0]


def test_zero_gives_no_spike_however_low_silent_is():
    coding = LogLatency(inputs=1, steps=7, low=0, high=1, silent=1e-300)
    assert when(0.0, coding) is None and when(1e-299, coding) == 6
    assert not encode(np.zeros((3, 64)), spw.coding_of(load(), name="log_latency")).any()


def test_a_sample_brighter_by_a_factor_is_earlier_by_steps():
    samples = np.random.default_rng(0).uniform(1.1, 3.9, (100, 1))
    times = encode(samples, CODING).argmax(axis=1)
    assert np.array_equal(encode(samples * 4, CODING).argmax(axis=1), times - 2)


@pytest.mark.parametrize("steps", [1, 5, 64])
@pytest.mark.parametrize(("low", "silent"), [(0.0, 0.25), (-3.0, 1.0), (0.0, 1e-6)])
def test_round_trip(steps, low, silent):
    coding = LogLatency(inputs=5, steps=steps, low=low, high=2.0, silent=silent)
    samples = np.random.default_rng(1).uniform(low, 2.0, (200, 5))
    spikes = encode(samples, coding)
    values = decode(spikes, coding)
    assert np.array_equal(encode(values, coding), spikes)
    heard = samples > silent
    assert np.array_equal(spikes.any(axis=1), heard)
    ratio = ((2.0 - low) / (silent - low)) ** (1 / (2 * steps)) * (1 + 1e-9)
    found = ((samples - low) / np.where(heard, values - low, 1))[heard]
    assert (found <= ratio).all() and (found >= 1 / ratio).all()


def test_the_largest_value_in_float32_spikes_first():
    coding = LogLatency(inputs=1, steps=4, low=0, high=0.1, silent=0.01)
    assert encode(np.array([[0.1]], np.float32), coding)[0, :, 0].tolist() == [1, 0, 0, 0]


def test_a_share_of_the_range_is_silent():
    task = load()
    assert spw.coding_of(task, name="log_latency") == LogLatency(
        inputs=64, steps=8, low=0.0, high=16.0, silent=2.0
    )
    made = spw.training_config(task, coding="log_latency", silent=0.25, steps=5).coding
    assert made == LogLatency(inputs=64, steps=5, low=0.0, high=16.0, silent=4.0)


@pytest.mark.parametrize("silent", [0.0, -1.0, 16.0])
def test_silent_out_of_range_is_refused(silent):
    message = (
        f"silent is {silent}; it must be above low, 0, and below high, 16: the logarithm of "
        "nothing is no number"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        LogLatency(inputs=1, steps=4, low=0, high=16, silent=silent)
