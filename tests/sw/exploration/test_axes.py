"""Axes and the points that they span."""

import random

import pytest

from spikewright.exploration.axes import AXES, Range, points, value_of


def test_a_grid_has_each_combination_once():
    found = points({"weight_bits": [2, 4], "share": [1, 2, 1]})
    assert found == [
        {"weight_bits": bits, "share": share} for bits in (2, 4) for share in (1, 2)
    ]


def test_what_does_not_apply_to_a_point_is_not_in_it():
    found = points({"engine": ["event", "stochastic"], "lanes": [2, 4], "length": [64]})
    assert found == [
        {"engine": "event"},
        {"engine": "stochastic", "lanes": 2, "length": 64},
        {"engine": "stochastic", "lanes": 4, "length": 64},
    ]
    assert points({"coding": ["ttfs", "direct"], "input_bits": [2]}) == [
        {"coding": "ttfs"}, {"coding": "direct", "input_bits": 2},
    ]
    assert points({"coding": ["ttfs", "log_latency", "rate"], "silent": [0.4]}) == [
        {"coding": "ttfs", "silent": 0.4}, {"coding": "log_latency", "silent": 0.4},
        {"coding": "rate"},
    ]


def test_values_of_equal_text_and_other_kinds_are_the_same_point():
    assert points({"weight_bits": [2, 2]}) == [{"weight_bits": 2}]


def test_random_points_follow_from_their_seed_and_stay_in_their_ranges():
    axes = {"learning_rate": [Range(0.001, 0.1)], "epochs": [Range(2, 5)], "share": [1, 4]}
    found = points(axes, draws=200, seed=7)
    assert found == points(axes, draws=200, seed=7) != points(axes, draws=200, seed=8)
    assert all(0.001 <= point["learning_rate"] <= 0.1 for point in found)
    assert {point["epochs"] for point in found} == {2, 3, 4, 5}
    below = sum(point["learning_rate"] < 0.01 for point in found)
    assert 0.35 < below / len(found) < 0.65  # half of the logarithms


@pytest.mark.parametrize(("axis", "text", "value"), [
    ("weight_bits", "4", 4),
    ("weight_bits", "8-4", (8, 4)),
    ("learning_rate", "0.03", 0.03),
    ("bias", "yes", True),
    ("coding", "ttfs", "ttfs"),
    ("hidden", "128-64", (128, 64)),
    ("hidden", "128", (128,)),
    ("hidden", "16C3-P2-24", "16C3-P2-24"),
    ("learning_rate", "0.01:0.1", Range(0.01, 0.1)),
    ("epochs", "2:9", Range(2, 9)),
])
def test_values_are_read(axis, text, value):
    assert value_of(axis, text) == value


@pytest.mark.parametrize(("text", "sentence"), [
    ("", "share is ''; give values parted by commas, such as 2,4,8"),
    ("a:b", "share is 'a:b'; a range is two numbers, such as 0.01:0.1"),
    ("4:2", "a range is from a number above 0 to a larger one, not 4:2"),
    ("0:2", "a range is from a number above 0 to a larger one, not 0:2"),
])
def test_values_that_are_none_are_refused(text, sentence):
    with pytest.raises(ValueError) as caught:
        value_of("share", text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(("axes", "sentence"), [
    ({"bits": [2]}, f"there is no axis 'bits'; there are {', '.join(AXES)}"),
    ({"share": []}, "share is []; it must be a list of at least one value"),
    ({"share": "4"}, "share is '4'; it must be a list of at least one value"),
    ({"epochs": [Range(1, 3)]},
     "epochs is 1:3; a range is for a random search, so give draws, too, or list its values"),
    ({"epochs": range(1000), "share": range(1, 1000)},
     ("axes span 999000 points; at most 100000 are compared, so leave values out or draw some of "
      "them by draws")),
])
def test_axes_that_are_none_are_refused(axes, sentence):
    with pytest.raises(ValueError) as caught:
        points(axes)
    assert str(caught.value) == sentence


def test_a_drawn_number_keeps_the_ends():
    rng = random.Random(1)
    assert all(0.0123456 <= Range(0.0123456, 0.012346).draw(rng) <= 0.012346 for _ in range(50))
