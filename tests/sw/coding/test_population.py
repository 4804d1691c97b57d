"""Population: which fields see a value, and when."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from spikewright.coding.coding import decode, encode
from spikewright.coding.population import Population
from spikewright.errors import DataError

CODING = Population(values=2, fields=6, steps=8, low=-1, high=3)


def by_hand(value: float, coding: Population) -> list[int | None]:
    """The step in which each field spikes; the response is computed, as the source has it."""
    m, steps = coding.fields, coding.steps
    spacing = (coding.high - coding.low) / (m - 2)
    times: list[int | None] = []
    for field in range(1, m + 1):
        centre = coding.low + (2 * field - 3) / 2 * spacing
        response = math.exp(-((value - centre) ** 2) / 2 / (spacing / coding.overlap) ** 2)
        step = math.floor((1 - response) * steps / (1 - coding.silent))
        times.append(step if response > coding.silent else None)
    return times


@pytest.mark.parametrize(
    "change",
    [{}, {"fields": 3, "steps": 1}, {"fields": 9, "overlap": 1.0}, {"silent": 0.4, "steps": 5}],
    ids=str,
)
def test_spikes_are_those_of_the_page(change):
    coding = replace(CODING, **change)
    samples = np.random.default_rng(3).uniform(-1, 3, (200, 2))
    spikes = encode(samples, coding).reshape(200, coding.steps, 2, coding.fields)
    assert spikes.sum(axis=1).max() == 1
    for sample, one in zip(samples.tolist(), spikes, strict=True):
        for place, value in enumerate(sample):
            first = [
                int(column.argmax()) if column.any() else None for column in one[:, place].T
            ]
            assert first == by_hand(value, coding)


def test_a_value_at_a_centre_spikes_at_once():
    centre = -1 + 1.5 * 1.0  # the third of six, one apart
    spikes = encode([[centre, centre]], CODING)[0]
    assert spikes[0].tolist() == [field == 2 for field in range(6)] * 2


def test_neighbours_share_their_fields():
    """Nearby values have nearby codes: what a network generalises by."""
    seen = np.any(encode([[0.0] * 2, [0.1] * 2, [2.5] * 2], CODING), axis=1)
    assert (seen[0] & seen[1]).sum() > (seen[0] & seen[2]).sum()


def test_there_is_no_inverse():
    with pytest.raises(ValueError) as caught:
        decode(encode([[0.0, 0.0]], CODING), CODING)
    assert str(caught.value) == (
        "coding is population, whose spikes do not say what the samples were"
    )


@pytest.mark.parametrize("value", [np.nan, -1.5, 3.5])
def test_a_value_that_cannot_be_coded(value):
    message = f"value 1 of sample 0 is {value}; values must be numbers from -1 to 3"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        encode([[0.0, value]], CODING)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": 0}, "values is 0; it must be a whole number from 1 to 21845"),
        ({"fields": 2}, "fields is 2; it must be a whole number from 3 to 65535"),
        ({"values": 20_000, "fields": 4},
         "fields is 4; with 20000 values, that is 80000 inputs, and a network has at most 65535"),
        ({"steps": 0}, "steps is 0; it must be a whole number from 1 to 65531"),
        ({"high": -1}, "high is -1; it must be above low, -1"),
        ({"overlap": 0}, "overlap is 0; it must be above 0"),
        ({"silent": 1}, "silent is 1; it must be above 0 and below 1"),
    ],
)
def test_a_parameter_out_of_range(change, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(CODING, **change)
