"""The codings by name: made to fit a task, and as a file has them."""

import re
from typing import Any, cast

import numpy as np
import pytest

import spikewright as spw
from spikewright.coding.known import CODINGS, coding_of, from_fields, to_fields
from spikewright.coding.ttfs import Ttfs
from spikewright.task.digits import load

UNTYPED = cast(Any, spw)


def test_the_digits_have_the_defaults():
    assert coding_of(load()) == Ttfs() == spw.training_config(load()).coding


@pytest.mark.parametrize("coding", [Ttfs(low=-1, silent=0.5)], ids=lambda one: one.name)
def test_fields_there_and_back(coding):
    assert from_fields(to_fields(coding)) == coding


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": None}, "name is None; it must be a text"),
        ({"name": "morse"}, f"name is 'morse'; there are {', '.join(CODINGS)}"),
        ({"steps": True}, "steps is True; it must be a whole number"),
        ({"loud": 3}, "loud is no field of ttfs; it has inputs, steps, low, high, silent"),
    ],
)
def test_fields_that_are_wrong(change, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_fields(to_fields(Ttfs()) | change)


@pytest.mark.parametrize("name", to_fields(Ttfs()))
def test_fields_that_are_missing(name):
    with pytest.raises(ValueError, match=f"^{name} is missing$"):
        from_fields({key: one for key, one in to_fields(Ttfs()).items() if key != name})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: UNTYPED.coding_of("digits"), "task is 'digits'; it must be of the class Task"),
        (lambda: UNTYPED.coding_of(load(), name="morse"), "name is 'morse'; there are ttfs"),
        (lambda: UNTYPED.coding_of(load(), steps=0),
         "steps is 0; it must be a whole number from 1 to 65531"),
        (lambda: UNTYPED.training_config(load(), coding="morse"),
         "coding is 'morse'; there are ttfs"),
        (lambda: UNTYPED.training_config(load(), coding=3),
         "coding is 3; it must be of the class Coding"),
        (lambda: UNTYPED.training_config(load(), coding=Ttfs(), steps=5),
         "steps is 5, but coding has 4; give one of them"),
        (lambda: UNTYPED.encode(np.zeros((1, 64)), Ttfs),
         "coding is the class Ttfs; it must be an object of it"),
    ],
)
def test_arguments_that_are_wrong(call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value).startswith(message)
