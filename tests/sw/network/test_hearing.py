"""Delays, skips and layers that hear themselves: trained, quantised, written, and run."""

import re
from dataclasses import replace

import numpy as np
import pytest

import spikewright as spw
from spikewright.errors import DataError
from spikewright.network.fold_coding import fold_coding
from spikewright.network.hearing import arriving_at, delayed
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork, in_reals
from spikewright.network.real_run import run_real
from spikewright.network.reference import run
from spikewright_hw.connection import FeatureMap
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.network_name import named_layers
from spikewright_hw.origin import Origin


@pytest.fixture(scope="module")
def task() -> spw.Task:
    """Images whose upper half is brighter, or whose lower half is."""
    random = np.random.default_rng(0)
    images, labels = random.random((320, 6, 6)), random.integers(0, 2, 320)
    for image, label in zip(images, labels, strict=True):
        image[3 * label : 3 * label + 3] *= 0.3
    return spw.Task(
        name="halves", kind="image", x_train=images[:256], y_train=labels[:256],
        x_test=images[256:], y_test=labels[256:],
    )


@pytest.mark.parametrize("hidden", ["12r@0,1,3-8+2", "3C3p1r-3C3p1+2-P2-6@0,2"])
def test_a_network_that_hears_more_is_learned_and_stays_exact(task, hidden, tmp_path):
    config = spw.training_config(task, hidden=hidden, epochs=4)
    made = spw.train(task, replace(config, augmentation=None), build=tmp_path / "build")
    origins = [origin for layer in made.network.layers for origin in layer.origins]
    assert {origin.back for origin in origins} == {0, 1, 2}
    assert max(max(origin.each) for origin in origins) >= 2
    spw.write(tmp_path / "halves.spw", made)
    assert spw.read(tmp_path / "halves.spw") == made
    inputs = spw.encode(task.x_test[:2], made.coding)
    answers, expected = spw.simulate(made, inputs), run(made.network, inputs)
    for its, mine in zip(answers.spikes, expected.traced_spikes, strict=True):
        assert np.array_equal(its, mine)
    assert np.array_equal(answers.membranes, expected.traced_membranes)
    for counter in ("synops", "input_events", "layer_spikes", "predictions"):
        assert np.array_equal(getattr(answers, counter), getattr(expected, counter))


@pytest.mark.parametrize("hidden", ["8r@0,1-6r+2", "3C3p1r-3C3p1+2"])
def test_graded_inputs_and_spikes_are_learned_in_one_layer(task, hidden, tmp_path):
    config = spw.training_config(task, hidden=hidden, coding="direct", steps=3, epochs=4)
    assert config.model.bits == (4, 1 + 3 * ("+2" in hidden), 1)
    made = spw.train(task, replace(config, augmentation=None), build=tmp_path / "build")
    inputs = spw.encode(task.x_test[:2], made.coding)
    expected = run(made.network, inputs)
    assert spw.compare(spw.simulate(made, inputs), expected).equal
    assert all(spikes.any() for spikes in expected.traced_spikes)
    on = spw.retraining_config(task, in_reals(made.network), coding=made.coding, epochs=1)
    assert on.model.bits == config.model.bits
    again = spw.train(task, on, build=tmp_path / "again")
    assert [layer.input_bits for layer in again.network.layers] == [*config.model.bits]


def test_a_delay_that_is_longer_than_the_sequence_is_told_before_training(task):
    message = (
        "hidden is '8@0,40': 8@0,40 hears spikes 40 steps later, and there are 10 steps, so they "
        "never arrive; take more steps, or delays of at most 9"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        spw.training_config(task, hidden="8@0,40", steps=10)


def whole_network() -> Network:
    """Make a network in which nothing is rounded and nothing saturates."""
    rng = np.random.default_rng(1)
    named = named_layers("3C3p1r@0,2-3C3p1+2-7r+2-2@1", FeatureMap(channels=2, height=4, width=3))
    layers = []
    for connection, origins in named:
        last = len(layers) == len(named) - 1
        layers.append(Layer(
            tuple(map(tuple, rng.integers(-7, 8, (connection.rows, connection.lanes)).tolist())), 4,
            "li" if last else "if_neuron", {"decay": 1} if last else {"threshold": 6},
            Format(16, 1), connection=connection, origins=origins,
        ))
    return Network(tuple(layers), 6)


def test_real_numbers_do_what_integers_do():
    network = whole_network()
    inputs = np.random.default_rng(2).random((5, network.steps, network.inputs)) < 0.3
    found, expected = run_real(in_reals(network), inputs), run(network, inputs)
    assert all(spikes.any() for spikes in expected.spikes[:-1])
    for mine, its in zip(found.spikes, expected.spikes, strict=True):
        assert np.array_equal(mine, its)
    assert np.array_equal(found.states[-1]["v"] * 2, expected.membranes)


def test_spikes_arrive_as_late_as_they_are_sent():
    spikes = np.random.default_rng(3).random((7, 4)) < 0.5
    for origin in (Origin(delays=2), Origin(delays=(0, 3, 6, 1)), Origin()):
        later = delayed(spikes, origin)
        each = np.broadcast_to(origin.each, 4)
        for step in range(7):
            by_hand = [step >= d and spikes[step - d, n] for n, d in enumerate(each)]
            assert later[step].tolist() == by_hand
            assert arriving_at(spikes, origin, step).tolist() == by_hand


def test_values_are_folded_into_all_that_hear_them():
    rng = np.random.default_rng(5)
    named = named_layers("5r-4+2-3", FeatureMap(channels=6))
    network = RealNetwork(
        layers=tuple(
            RealLayer(
                weights=rng.normal(size=(one.connection.rows, one.connection.lanes)),
                neuron="lif" if index < 2 else "li", connection=one.connection, origins=one.origins,
            )
            for index, one in enumerate(named)
        ),
        steps=3,
    )
    coding = spw.Direct(inputs=6, steps=3, low=-1.0, high=1.0, bits=3)
    folded = fold_coding(network, coding)
    assert [layer.input_bits for layer in folded.layers] == [3, 3, 1]
    graded = spw.encode(rng.uniform(-1, 1, (4, 6)), coding)
    plain = run_real(network, graded * coding.step - 1)
    found = run_real(folded, graded)
    for mine, its in zip(plain.currents, found.currents, strict=True):
        assert np.allclose(mine["i"], its["i"])
    assert any(spikes.any() for spikes in plain.spikes[:2])


def test_delayed_values_below_zero_are_not_folded(task):
    network = in_reals(whole_network())
    coding = spw.Direct(inputs=network.inputs, steps=network.steps, low=-1.0, high=1.0, bits=3)
    message = (
        "layers[0].origins has a delay of the inputs, and an input of 0 stands for -1; give values "
        "from 0 on"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        fold_coding(network, coding)
