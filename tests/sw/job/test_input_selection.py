"""Learned input selection: what is kept, what is trained, and that gateware computes it."""

import re
from dataclasses import replace

import numpy as np
import pytest

import spikewright as spw
from spikewright.device.simulation import simulate
from spikewright.gateware.design import run_reference
from spikewright.job.compare import compare
from spikewright.job.input_selection import kept_inputs
from spikewright_hw.engine.design import EventDesign


@pytest.fixture(scope="module")
def task():
    return spw.load_task("digits")


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return tmp_path_factory.mktemp("build")


def config(task, **settings):
    return spw.training_config(task, **{"hidden": (12,), "epochs": 2, **settings})


@pytest.mark.parametrize("layers", [{}, {"hidden": (12,)}, {"hidden": "12"}])
def test_the_inputs_that_do_most_are_kept_and_trained_alone(task, build, layers, tmp_path):
    whole = config(task, **layers)
    made = spw.select_inputs(task, whole, inputs_kept=40, build=build)
    assert made.model.sizes == (40, *whole.model.sizes[1:])
    assert replace(made, coding=whole.coding, model=whole.model) == whole
    assert isinstance(made.coding, spw.Selected) and made.coding.coding == whole.coding

    first = spw.train(task, whole, build=build)
    spikes = spw.encode(task.x_train, whole.coding).sum(axis=(0, 1))
    does = spikes * np.abs(first.network.layers[0].weights).sum(axis=1)
    left_out = sorted(set(range(64)) - set(made.coding.kept))
    assert does[list(made.coding.kept)].min() >= does[left_out].max()
    assert kept_inputs(first, task, inputs_kept=40) == made.coding.kept

    network = spw.train(task, made, build=build)
    assert network.network.inputs == 40 and network.coding == made.coding
    file = tmp_path / "net.spw"
    spw.write(file, network)
    assert spw.read(file) == network
    few = spw.encode(task.x_test[:3], network.coding)
    design = EventDesign(share=4)
    assert compare(
        simulate(network, few, design=design), run_reference(network, few)
    ).equal


def test_nothing_is_chosen_on_the_test_part(task, build):
    other = replace(task, x_test=task.x_test[::-1][:50], y_test=task.y_test[::-1][:50])
    network = spw.train(task, config(task), build=build)
    kept = kept_inputs(network, task, inputs_kept=20)
    assert kept_inputs(network, other, inputs_kept=20) == kept


def test_what_cannot_be_selected_is_said_before_anything_is_trained(task, tmp_path):
    dense = "the first layer is not dense, or has delays; inputs are selected of a dense layer"
    for settings, kept, error, message in (
        ({}, 64, ValueError, "inputs_kept is 64, but the coding has 64 inputs; keep fewer"),
        ({}, 0, ValueError, "inputs_kept is 0; it must be a whole number of at least 1"),
        ({"hidden": "4C3-P2"}, 9, ValueError, dense),
        ({"hidden": "8@0,2"}, 9, ValueError, dense),
        ({"coding": "direct"}, 9, spw.DataError, "inputs cannot be selected: coding is direct, "),
    ):
        with pytest.raises(error, match=f"^{re.escape(message)}"):
            spw.select_inputs(task, config(task, **settings), inputs_kept=kept, build=tmp_path)
    assert not list(tmp_path.iterdir())
