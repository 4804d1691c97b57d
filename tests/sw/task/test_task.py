"""A task that exists is valid: every fault of its arrays is one sentence that names the place."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.task.events import EVENT, of_columns
from spikewright.task.task import Task

from .made import CLASSES, KINDS, SHAPES, fields, made

NUMBERS = ("values", "image", "signal")
PARTS = ("train", "test")


def refused(given: dict[str, Any], message: str, kind: type[Exception] = DataError) -> None:
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        Task(**given)


def changed(kind: str, name: str, index: tuple, value) -> dict[str, Any]:
    """Return the fields with one value of an array changed."""
    given = fields(kind)
    array = np.array(given[name], np.float64 if np.isreal(value) else object)
    array[index] = value
    return given | {name: array}


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_says_of_itself(kind):
    task = made(kind)
    assert (task.shape, task.values) == (SHAPES[kind], int(np.prod(SHAPES[kind])))
    assert (task.classes, task.outputs, task.each_step) == (CLASSES, CLASSES, False)
    assert task.image == (SHAPES[kind] if kind == "image" else ())
    assert task.steps == (SHAPES[kind][0] if kind in ("signal", "spikes") else 0)
    kept = {"spikes": bool, "events": object}.get(kind, np.float32)
    assert task.x_train.dtype == kept and task.y_train.dtype == np.int64
    assert len(task.x_train) == 6 and len(task.x_test) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_from_the_arrays_need_not_be_given(kind):
    given = {**fields(kind), "classes": None}
    if kind != "events":
        given["shape"] = None
    task = Task(**given)
    assert (task.shape, task.classes) == (SHAPES[kind], CLASSES)
    if kind in NUMBERS:
        both = np.concatenate([task.x_train, task.x_test])
        assert (task.low, task.high) == (both.min(), both.max())
    else:
        assert (task.low, task.high) == (0, 1)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "events"])
def test_lists_are_arrays(kind):
    given = fields(kind)
    lists: dict[str, Any] = {
        name: value.tolist() for name, value in given.items() if name[:2] in ("x_", "y_")
    }
    one, other = Task(**given), Task(**given | lists)
    assert np.array_equal(one.x_train, other.x_train) and np.array_equal(one.y_test, other.y_test)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_a_value_that_is_no_number(kind, part, value):
    last = tuple(size - 1 for size in SHAPES[kind])
    where = str(last[0]) if len(last) == 1 else str(list(last))
    refused(
        changed(kind, f"x_{part}", (2, *last), value),
        f"value {where} of sample 2 of x_{part} of made is {value}; values must be finite numbers",
    )


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", NUMBERS)
def test_a_value_out_of_the_range(kind, part):
    first = tuple(0 for _ in SHAPES[kind])
    where = "0" if len(first) == 1 else str(list(first))
    refused(
        changed(kind, f"x_{part}", (1, *first), 1.5) | {"low": 0, "high": 1},
        f"value {where} of sample 1 of x_{part} of made is 1.5; values must be from 0 to 1, as low "
        "and high say",
    )


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_label_out_of_range(kind, part):
    given = fields(kind)
    for label, message in (
        (3, "the label of sample 2 of y_{} of made is 3; labels must be from 0 to 2"),
        (-1, "the label of sample 2 of y_{} of made is -1; labels begin at 0"),
    ):
        labels = given[f"y_{part}"].copy()
        labels[2] = label
        refused(given | {f"y_{part}": labels}, message.format(part))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("values", [1.0 * np.arange(6), np.array([*"abcdef"]), np.arange(6) > 2])
def test_labels_that_are_no_whole_numbers(part, values):
    given = fields("values")
    values = values[: len(given[f"y_{part}"])]
    refused(
        given | {f"y_{part}": values},
        f"y_{part} of made holds {values.dtype} values; labels are whole numbers, and targets that "
        "are values have classes of 0",
    )


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_labels_or_values(kind):
    given: dict[str, Any] = fields("values") | {"classes": None}
    floats: dict[str, Any] = {f"y_{part}": given[f"y_{part}"].astype(kind) for part in PARTS}
    refused(
        given | floats,
        f"y_train of made holds whole numbers as {np.dtype(kind)}; give labels as integers, or say "
        "by classes of 0 that they are values",
    )
    said: dict[str, Any] = given | floats | {"classes": 0}
    assert Task(**said).outputs == 1
    halves: dict[str, Any] = given | {name: values + 0.5 for name, values in floats.items()}
    assert Task(**halves).classes == 0


@pytest.mark.parametrize("absent", range(CLASSES))
def test_a_class_without_a_training_sample(absent):
    given = fields("signal")
    labels = np.where(given["y_train"] == absent, (absent + 1) % CLASSES, given["y_train"])
    refused(
        given | {"y_train": labels},
        f"class {absent} of made has no training sample; classes are 0 to 2, and each needs at "
        "least one" + ("; labels begin at 0" if absent == 0 else ""),
    )
    refused(
        fields("signal") | {"classes": None, "y_train": np.array([0, 1, 10**9] * 2)},
        "class 2 of made has no training sample; classes are 0 to 1000000000, and each needs at "
        "least one",
    )
    given["y_test"] = np.full(3, absent)
    assert Task(**given).classes == CLASSES  # in the test part, any may be absent


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "events"])
def test_a_part_of_another_shape(kind, part):
    given = fields(kind)
    name, shape = f"x_{part}", " × ".join(map(str, SHAPES[kind]))
    count = len(given[name])
    for wrong in (
        given[name][..., :-1], given[name][:0], given[name][:, None], given[name][:, :1],
    ):
        shown = " × ".join(map(str, wrong.shape))
        refused(
            given | {name: wrong},
            f"{name} of made is of shape {shown}; it must be samples × {shape}, and at least one "
            "sample",
        )
    refused(
        given | {f"y_{part}": given[f"y_{part}"][1:]},
        f"y_{part} of made is of shape {count - 1}, but there are {count} samples; each needs a "
        "target",
    )


@pytest.mark.parametrize(("kind", "shape", "wanted"), [
    ("image", (4,), "[height, width] or [height, width, channels]"),
    ("signal", (2, 3, 4), "[time] or [time, channels]"),
    ("spikes", (4,), "[steps, inputs]"),
])
def test_a_kind_has_its_axes(kind, shape, wanted):
    shown = " × ".join(map(str, shape))
    given = fields(kind) | {
        "x_train": np.zeros((6, *shape)), "x_test": np.zeros((3, *shape)), "shape": None
    }
    refused(given, f"x_train of made is {kind}, of shape {shown} a sample; it must be {wanted}")


@pytest.mark.parametrize(("value", "message"), [
    (np.full((6, 5), "1"), "holds <U1 values; it must hold real numbers"),
    (np.full((6, 5), 1j), "holds complex128 values; it must hold real numbers"),
    (np.full((6, 5), None),
     "holds objects; it must hold numbers, and all samples of the same shape"),
    ([[1.0] * 5] * 5 + [[1.0] * 4],
     "is no array: its parts differ in shape; all samples must have the same"),
    (None, "is of shape a single value; it must be samples × 5, and at least one sample"),
])
def test_samples_of_another_type(value, message):
    if value is None:
        value = 3
    refused(fields("values") | {"x_train": value}, f"x_train of made {message}")


@pytest.mark.parametrize(("value", "message"), [
    (2, "value [3, 4] of sample 1 of x_test of made is 2.0; spikes are 0 or 1"),
    (np.nan, "value [3, 4] of sample 1 of x_test of made is nan; spikes are 0 or 1"),
])
def test_spikes_are_0_or_1(value, message):
    refused(changed("spikes", "x_test", (1, 3, 4), value), message)
    assert Task(**changed("spikes", "x_test", (1, 3, 4), 1)).x_test[1, 3, 4]
    refused(fields("spikes") | {"x_train": np.full((6, 4, 5), "1")},
            "x_train of made holds <U1 values; spikes are 0 or 1")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("field", "value", "message"), [
    ("x", 4, "is outside the frame: its x is 4, and there are 4 columns"),
    ("y", 3, "is outside the frame: its y is 3, and there are 3 rows"),
    ("p", 2, "is outside the frame: its p is 2, and there are 2 polarities"),
    ("x", -1, "is outside the frame: its x is -1, and there are 4 columns"),
])
def test_an_event_outside_the_frame(part, field, value, message):
    given = fields("events")
    given[f"x_{part}"][1][field][5] = value
    refused(given, f"event 5 of sample 1 of x_{part} of made {message}")


@pytest.mark.parametrize(("field", "value", "message"), [
    ("x", 1 << 40, f"is outside the frame: its x is {1 << 40}, and there are 4 columns"),
    ("y", 1 << 32, f"is outside the frame: its y is {1 << 32}, and there are 3 rows"),
    ("t", (1 << 63) + 5, f"is at {(1 << 63) + 5} µs; the last time that there is is {2**63 - 1}"),
])
def test_an_event_that_would_wrap_is_judged_as_it_is_given(field, value, message):
    given = fields("events")
    for part in PARTS:
        given[f"x_{part}"] = [
            of_columns(**{one: each[one].astype(np.uint64) for one in "txyp"})
            for each in given[f"x_{part}"]
        ]
    assert {one.dtype for one in Task(**given).x_train} == {EVENT}
    given["x_test"][1][field][6] = value
    refused(given, f"event 6 of sample 1 of x_test of made {message}")


@pytest.mark.parametrize("part", PARTS)
def test_an_event_back_in_time(part):
    given = fields("events")
    given[f"x_{part}"][2]["t"] = [3, 3, 4, 9, 8, 9, 10]
    refused(given, f"event 4 of sample 2 of x_{part} of made is back in time: 8 µs after 9")
    given[f"x_{part}"][2]["t"] = range(-1, 6)
    refused(
        given,
        f"event 0 of sample 2 of x_{part} of made is back in time: -1 µs before the first, which "
        "is 0",
    )


FIELDS = "is no array of events; it must have the fields t, x, y and p, and one axis"


@pytest.mark.parametrize(("value", "message"), [
    (np.arange(6), FIELDS),
    (None, FIELDS),
    ({"t": 1}, FIELDS),
    (np.zeros((2, 2), EVENT), FIELDS),
    (np.zeros(3, [("t", int), ("x", int), ("y", int)]), FIELDS),
    (np.zeros(3, [("t", float), ("x", int), ("y", int), ("p", int)]),
     "holds float64 values; it must hold whole numbers"),
])
def test_objects_that_are_no_events(value, message):
    given = fields("events")
    given["x_test"][1] = value
    if "float" in message:
        message = f"the field t of sample 1 of x_test of made {message}"
    else:
        message = f"sample 1 of x_test of made {message}"
    refused(given, message)


def test_events_of_other_types_and_orders_of_fields():
    task = made("events")
    other = np.dtype([("x", "u1"), ("y", "<i2"), ("t", "u4"), ("p", "?")])
    given = fields("events")
    given["x_test"] = [one.astype(other) for one in _reordered(given["x_test"], other)]
    for one, two in zip(Task(**given).x_test, task.x_test, strict=True):
        assert one.dtype == EVENT and np.array_equal(one, two)


def _reordered(each, kind):
    return [np.array(list(zip(*(one[name] for name in kind.names), strict=True)), kind)
            for one in each]


def test_a_frame_of_events():
    refused(
        fields("events") | {"shape": None},
        "x_train of made holds events, which do not say how large the frame is; give shape= its "
        "height, width and polarities",
    )
    refused(
        fields("events") | {"shape": (3, 4)},
        "x_train of made is events, whose shape is height, width and polarities; it is given as "
        "3 × 4",
    )
    refused(
        fields("events") | {"x_train": []},
        "x_train of made holds no events; it must be an array of events for each sample",
    )


def test_a_range_that_is_none():
    same = fields("values") | {"x_train": np.full((6, 5), 2.0), "x_test": np.full((3, 5), 2.0)}
    refused(same, "the values of made are from 2 to 2; low must be below high")
    for kind in ("spikes", "events"):
        refused(
            fields(kind) | {"high": 2.0},
            f"high is 2, but {kind} are 0 or 1; leave it out", ValueError,
        )


@pytest.mark.parametrize(("field", "value", "message"), [
    ("name", 3, "name is 3; it must be a text"),
    ("kind", "sound", "kind is 'sound'; there are values, image, signal, spikes, events"),
    ("classes", "2", "classes is '2'; it must be a whole number"),
    ("classes", -1, "classes is -1; it must be a whole number of at least 0"),
    ("shape", (5, 0), "shape[1] is 0; it must be a whole number of at least 1"),
    ("low", "0", "low is '0'; it must be a number"),
])
def test_another_field_of_another_kind(field, value, message):
    refused(fields("values") | {field: value}, message, ValueError)


# Targets that are values, or one at each step -----------------------------------------------------


def targets(*axes: int, classes: int | None = 0, kind: str = "signal") -> dict[str, Any]:
    random = np.random.default_rng(0)
    return fields(kind) | {
        "y_train": random.random((6, *axes)), "y_test": random.random((3, *axes)),
        "classes": classes,
    }


@pytest.mark.parametrize("classes", [0, None])
@pytest.mark.parametrize(("axes", "outputs", "each"), [
    ((), 1, False), ((4,), 4, False), ((6, 4), 4, True)
])
def test_values_as_targets(classes, axes, outputs, each):
    task = Task(**targets(*axes, classes=classes))
    assert (task.classes, task.outputs, task.each_step) == (0, outputs, each)
    assert task.y_train.dtype == np.float64
    assert task.y_train.shape == (6, *(axes or (1,)))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_target_that_is_no_number(part, value):
    given = targets(4)
    given[f"y_{part}"][1, 2] = value
    refused(
        given, f"value 2 of sample 1 of y_{part} of made is {value}; targets must be finite numbers"
    )


def test_targets_of_another_shape():
    refused(
        targets(5, 4),
        "y_train of made is of shape 6 × 5 × 4, a target at each step, but a sample has 6 steps",
    )
    refused(
        targets(5, 4, kind="values"),
        "y_train of made is of shape 6 × 5 × 4, a target at each step, but a sample has no steps "
        "in time",
    )
    refused(
        targets(2, 2, 2),
        "y_train of made is of shape 6 × 2 × 2 × 2; values are [samples, outputs], or [samples, "
        "steps, outputs]",
    )
    refused(
        targets(4) | {"y_test": np.zeros((3, 2))},
        "a target of made has the shape 4 in the training part and 2 in the test part; they must "
        "be the same",
    )
    refused(
        targets() | {"y_train": np.full(6, "a")},
        "y_train of made holds <U1 values; targets must be real numbers",
    )


def test_a_label_at_each_step():
    labels = np.arange(36).reshape(6, 6) % CLASSES
    task = Task(**fields("signal") | {"y_train": labels, "y_test": labels[:3]})
    assert task.each_step and task.outputs == CLASSES
    wrong = labels[:3].copy()
    wrong[1, 4] = 3
    refused(
        fields("signal") | {"y_train": labels, "y_test": wrong},
        "the label of step 4 of sample 1 of y_test of made is 3; labels must be from 0 to 2",
    )
    refused(
        fields("spikes") | {"y_train": labels},
        "y_train of made is of shape 6 × 6, a target at each step, but a sample has 4 steps",
    )
    refused(
        fields("spikes") | {"y_train": labels[None].reshape(6, 6, 1)},
        "y_train of made is of shape 6 × 6 × 1; labels are [samples], or [samples, steps]",
    )


def test_a_task_may_be_changed():
    assert replace(made("image"), kind="values").shape == SHAPES["image"]
