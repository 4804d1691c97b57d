"""The picture of a sample on the page of a run: of an image, of a signal, of neither."""

import dataclasses
from xml.etree import ElementTree

import numpy as np
import pytest

from spikewright.record import sample_plots
from spikewright.record.run_report import report

from .test_run_record import synthetic


def pictures(values, *, signal=False, graded=False) -> dict[str, str]:
    """Return the pictures of one inference with these values, each with its caption."""
    record = synthetic()
    sample = dataclasses.replace(record.sample, values=values, signal=signal, graded=graded)
    made = report(dataclasses.replace(record, sample=sample))
    return {one.name: one.caption for section in made.sections for one in section.pictures}


@pytest.mark.parametrize(("shape", "signal", "name", "caption"), [
    ((8, 8), False, "coding", "The sample and its code."),
    ((28, 28), False, "sample", "The sample, an image."),
    ((8, 8, 3), False, "sample", "The sample, an image."),
    ((40,), True, "sample", "The sample: a signal over time, low to high."),
    ((8, 8), True, "sample", "The sample: a signal over time, low to high."),
])
def test_a_sample_is_drawn_as_what_it_is(undrawn, shape, signal, name, caption):
    found = pictures(np.random.default_rng(0).random(shape), signal=signal)
    assert found[name].startswith(caption)
    assert len(found.keys() & {"coding", "sample"}) == 1


def test_what_its_spikes_alone_show_is_not_drawn_again(undrawn):
    found = pictures(None)
    assert not found.keys() & {"coding", "sample"} and "raster" in found


def test_graded_inputs_are_no_spikes_and_not_drawn_as_such(undrawn):
    found = pictures(np.zeros((8, 8)), graded=True)
    assert found["sample"].startswith("The sample, an image.") and "coding" not in found
    assert found["raster"] == "Spikes reported by the board. One mark is one spike."
    assert pictures(np.zeros((8, 8)))["raster"].startswith("Spikes sent to the board (input) and")


def shapes(svg: str) -> int:
    """Return how many shapes and lines a picture has, its frame and ticks among them."""
    return sum(one.tag.endswith("}path") for one in ElementTree.fromstring(svg).iter())


def test_every_pixel_is_drawn_up_to_a_limit():
    few, many = (shapes(sample_plots.picture(np.ones((side, side)))) for side in (3, 6))
    assert many - few == 6 * 6 - 3 * 3
    for shape, drawn in (((480, 3), 48 * 3), ((3, 96), 3 * 48)):
        assert shapes(sample_plots.picture(np.ones(shape))) - few == drawn - 9
    assert shapes(sample_plots.picture(np.ones((6, 6, 3)))) == many


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_each_channel_is_a_line(channels):
    values = np.random.default_rng(0).random((30, channels))
    svg = sample_plots.signal(values)
    assert f"a signal of 30 values in {channels} channel" in svg
    assert len([one for one in ElementTree.fromstring(svg).iter()
                if one.get("id", "").startswith("sample-axes_")]) == channels
    if channels == 1:
        assert sample_plots.signal(values[:, 0]) == svg
    assert sample_plots.signal(1 - values) != svg


def test_many_channels_are_a_picture_of_time_and_channel():
    values = np.zeros((20, 9))
    svg = sample_plots.signal(values)
    assert shapes(svg) - shapes(sample_plots.picture(np.zeros((2, 2)))) == 20 * 9 - 4
