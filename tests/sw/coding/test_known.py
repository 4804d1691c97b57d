"""The codings by name: made to fit a task, and as a file has them."""

import json
import re
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

import spikewright as spw
from spikewright.coding.delta import Delta
from spikewright.coding.direct import Direct
from spikewright.coding.events import Events
from spikewright.coding.known import CODINGS, coding_of, from_fields, to_fields
from spikewright.coding.ttfs import Ttfs
from spikewright.task.digits import load
from spikewright.task.task import Task

RNG = np.random.default_rng(0)
LABELS = {"y_train": np.array([0, 1] * 4), "y_test": np.array([0, 1])}
WALKS = np.clip(RNG.normal(0, 0.1, (10, 20, 3)).cumsum(axis=1), -1, 1)
RECORDINGS = [
    np.array(
        [(1000 + 10 * (number + 1) * tick, tick, 2, tick % 2) for tick in range(5)],
        [("t", "i8"), ("x", "i8"), ("y", "i8"), ("p", "i8")],
    )
    for number in range(10)
]


def task(kind: str, x: Any, **fields: Any) -> Task:
    return Task(name=f"made up {kind}", kind=kind, x_train=x[:8], x_test=x[8:], **LABELS, **fields)


#: One small task of each kind.
TASKS = {
    "values": task("values", RNG.uniform(-3, 5, (10, 7)), low=-3, high=5),
    "image": task("image", RNG.integers(0, 256, (10, 4, 5)), low=0, high=255),
    "signal": task("signal", WALKS, low=-1, high=1),
    "spikes": task("spikes", RNG.random((10, 6, 9)) < 0.2),
    "events": task("events", RECORDINGS, shape=(3, 5, 2)),
}
SOUNDS = task("signal", RNG.uniform(-1, 1, (10, 64)), low=-1, high=1)


def heard(kind: str, name: str) -> Task:
    """Return a task of a kind that a coding takes: a filter bank hears one value at a time."""
    return SOUNDS if name == "filter_bank" else TASKS[kind]


#: Every coding of every task that it takes, as made to fit.
FITTED = {
    (kind, name): coding_of(heard(kind, name), name=name)
    for kind in TASKS
    for name, one in CODINGS.items()
    if kind in one.kinds
}

UNTYPED = cast(Any, spw)


def test_the_digits_have_the_defaults():
    assert coding_of(load()) == Ttfs() == spw.training_config(load()).coding


def test_the_defaults_of_the_kinds():
    assert {kind: coding_of(one).name for kind, one in TASKS.items()} == {
        "values": "ttfs", "image": "ttfs", "signal": "ttfs", "spikes": "spikes",
        "events": "events",
    }


def test_every_coding_takes_a_kind():
    assert {name for _, name in FITTED} == set(CODINGS)


@pytest.mark.parametrize(("kind", "name"), FITTED)
def test_a_coding_that_fits_codes_the_whole_task(kind, name):
    """It differs from sample to sample, and a sample has the same code alone."""
    coding, task = FITTED[kind, name], heard(kind, name)
    assert isinstance(coding, spw.Coding) and coding.name == name
    for samples in (task.x_train, task.x_test):
        spikes = spw.encode(samples, coding)
        assert spikes.shape == (len(samples), coding.steps, coding.inputs)
        assert spikes.dtype == (np.uint8 if name in ("direct", "filter_bank") else bool)
        assert spikes.any() and not (spikes == spikes[0]).all()
        assert np.array_equal(spw.encode(samples[1:2], coding), spikes[1:2])
    assert f"{coding.steps} steps" in coding.describe()


@pytest.mark.parametrize(("kind", "name"), FITTED)
def test_fields_there_and_back(kind, name):
    coding = FITTED[kind, name]
    written = json.dumps(to_fields(coding))
    assert from_fields(json.loads(written)) == coding


@pytest.mark.parametrize(("kind", "name"), FITTED)
def test_steps_as_asked(kind, name):
    if name != "spikes":
        assert coding_of(heard(kind, name), name=name, steps=3).steps == 3
        return
    with pytest.raises(ValueError) as caught:
        coding_of(TASKS[kind], name=name, steps=3)
    assert str(caught.value) == (
        "steps is 3, but the spikes of made up spikes have 6; leave it out"
    )


def test_a_delta_fits_the_training_part():
    """The threshold is no worse than its neighbours, and the level starts at the median."""
    coding = FITTED["signal", "delta"]
    assert isinstance(coding, Delta)
    samples = TASKS["signal"].x_train

    def error(threshold: float) -> float:
        one = replace(coding, threshold=threshold)
        return float(np.abs(one.decode(one.encode(samples)) - samples).sum())

    assert error(coding.threshold) == min(map(error, (2**-power for power in range(8))))
    assert coding.start == float(np.median(samples))


def test_events_last_as_long_as_the_longest_for_training():
    coding = FITTED["events", "events"]
    assert isinstance(coding, Events) and coding.duration == 8 * 10 * 4 + 1


def test_a_large_frame_is_coarser():
    large = task("events", RECORDINGS, shape=(480, 640, 2))
    coding = coding_of(large)
    assert isinstance(coding, Events) and coding.factor == 4 and coding.inputs == 120 * 160 * 2


@pytest.mark.parametrize(
    ("kind", "name", "able"),
    [
        ("image", "events", "ttfs, log_latency, rate, direct, population"),
        ("values", "delta", "ttfs, log_latency, rate, direct, population"),
        ("signal", "spikes", "ttfs, log_latency, rate, direct, delta, population, filter_bank"),
        ("spikes", "ttfs", "spikes"),
        ("events", "rate", "events"),
    ],
)
def test_a_coding_of_another_kind(kind, name, able):
    with pytest.raises(ValueError) as caught:
        spw.training_config(TASKS[kind], coding=name)
    assert str(caught.value) == (
        f"made up {kind} is of the kind {kind}, which {name} does not code; there are {able}"
    )


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
        (lambda: spw.coding_of(load(), name="direct", input_bits=9),
         "input_bits is 9; it must be a whole number from 2 to 8"),
        (lambda: spw.coding_of(load(), input_bits=4),
         "input_bits is 4, but ttfs makes spikes; leave it out, or take direct"),
        (lambda: spw.training_config(load(), coding=Ttfs(), input_bits=4),
         "input_bits is 4, but coding has 1; give one of them"),
        (lambda: spw.coding_of(load(), name="rate", silent=0.4),
         "silent is 0.4, but rate has no such share; leave it out, or take ttfs or log_latency"),
        (lambda: spw.coding_of(load(), silent=1),
         "silent is 1; a share of the range is from 0 to below 1"),
        (lambda: spw.coding_of(load(), silent=-0.1),
         "silent is -0.1; it must be a number of at least 0"),
        (lambda: spw.training_config(load(), coding=Ttfs(), silent=0.4),
         "silent is 0.4, and coding is an object that says it already; give one of them"),
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


def test_input_bits_as_asked():
    for name in ("values", "signal", "image"):
        coding = coding_of(TASKS[name], name="direct", input_bits=7)
        assert isinstance(coding, Direct) and coding.bits == 7
    config = spw.training_config(load(), coding="direct", input_bits=3)
    assert config.model.input_bits == 3


def test_the_share_that_is_silent():
    task = load()
    asked = coding_of(task, silent=0.5, steps=3)
    assert asked == Ttfs(steps=3, silent=8.0)
    assert coding_of(task) == coding_of(task, silent=0.125) == Ttfs()
    assert spw.training_config(task, silent=0.25).coding == Ttfs(silent=4.0)
    for shape, silent in (((19, 20), 12.5), ((20, 20), 40.0), ((20, 20, 3), 12.5)):
        images = Task(
            name="grey", kind="image", low=0, high=100, x_train=np.zeros((2, *shape)),
            x_test=np.zeros((1, *shape)), y_train=np.arange(2), y_test=np.zeros(1, int),
        )
        coding = coding_of(images)
        assert isinstance(coding, Ttfs) and coding.silent == silent
