"""Some of a coding's inputs: which spikes are left, and what a file has of them."""

import re

import numpy as np
import pytest

import spikewright as spw
from spikewright.coding.known import from_fields, to_fields
from spikewright.coding.selected import Selected
from spikewright.coding.ttfs import Ttfs

TTFS = Ttfs(inputs=6, steps=3, low=0, high=8, silent=1)
CODING = Selected(coding=TTFS, kept=(0, 3, 4))


def test_the_spikes_are_those_of_the_inputs_that_are_kept():
    samples = np.random.default_rng(1).uniform(0, 8, (20, 2, 3))
    spikes = spw.encode(samples, CODING)
    assert spikes.dtype == bool and spikes.shape == (20, 3, 3) == (20, CODING.steps, CODING.inputs)
    assert (spikes == spw.encode(samples, TTFS)[..., [0, 3, 4]]).all() and spikes.any()
    assert CODING.describe() == "time to first spike, 3 steps, 3 of 6 inputs"
    with pytest.raises(spw.DataError, match=r"samples × 6 values$"):
        spw.encode(samples[:, :1], CODING)


def test_a_file_holds_the_coding_and_the_numbers():
    fields = to_fields(CODING)
    assert fields == {**to_fields(TTFS), "kept": [0, 3, 4]}
    assert from_fields(fields) == CODING
    for kept, message in (
        ("0", "kept is '0'; it must be a list of whole numbers"),
        ([0.5], "kept[0] is 0.5; it must be a whole number"),
        ([], "kept must have at least one number, each once, in rising order"),
        ([1, 1], "kept must have at least one number, each once, in rising order"),
        ([2, 1], "kept must have at least one number, each once, in rising order"),
        ([5, 6], "kept has the number 6, but ttfs has the inputs 0 to 5"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
            from_fields({**fields, "kept": kept})


def test_what_has_no_inputs_to_select_is_refused():
    with pytest.raises(ValueError, match=r"^coding is one of selected inputs; give that which"):
        Selected(coding=CODING, kept=(0,))
    with pytest.raises(ValueError, match=r"^coding is direct, whose inputs are graded; inputs are"):
        Selected(coding=spw.Direct(inputs=6, steps=1, low=0, high=8), kept=(0,))
