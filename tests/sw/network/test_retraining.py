"""A network that is there already is trained on, with quantisation in the loop."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from spikewright.coding.coding import encode
from spikewright.coding.direct import Direct
from spikewright.errors import DataError
from spikewright.network.activity import network_activity
from spikewright.network.first_weights import given_layers
from spikewright.network.post_training import PostTraining, quantize
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork, in_reals
from spikewright.network.real_run import run_real
from spikewright.network.reference import run
from spikewright.network.retraining import retraining_config
from spikewright.network.train import Trained, train
from spikewright.network.training_config import TrainingConfig, training_config
from spikewright.quantized import from_training, read, write
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS

from .made_tasks import patterns, sums

TASK = patterns()


def small(config: TrainingConfig) -> TrainingConfig:
    return replace(config, batch=30, spike_cost=0.0)


@pytest.fixture(scope="module")
def trained() -> Trained:
    config = training_config(TASK, hidden=(16,), epochs=12, weight_bits=6, bias=True)
    return train(small(config), TASK, seed=0)


@pytest.fixture(scope="module")
def real(trained) -> RealNetwork:
    """Return the network in real numbers, as a framework has it: not on any grid."""
    layers = given_layers(in_reals(trained.network))
    rng = np.random.default_rng(0)
    return RealNetwork(
        layers=tuple(
            replace(layer, weights=layer.weights * rng.uniform(0.95, 1.05, layer.weights.shape))
            for layer in layers
        ),
        steps=6,
    )


def test_few_bits_cost_less_with_quantisation_in_the_loop(real):
    spikes = TASK.x_train
    without = quantize(real, spikes, options=PostTraining(weight_bits=2)).network
    config = small(retraining_config(TASK, real, weight_bits=2, epochs=10))
    again = train(config, TASK, seed=0)
    assert again.network.layers[0].weight_bits == 2
    assert again.accuracy_integer is not None
    assert again.accuracy_integer > run(without, TASK.x_test).accuracy(TASK.y_test)
    assert again.accuracy_float == np.mean(run_real(real, TASK.x_test).predictions == TASK.y_test)
    # What is trained is exact.
    expected = run(again.network, TASK.x_test)
    with torch.no_grad():
        result = network_activity(again.network, torch.from_numpy(TASK.x_test).float())
    for layer, mine in zip(expected.layers, result.membranes, strict=True):
        assert np.array_equal(mine.transpose(0, 1).numpy(), layer.membranes)


def test_a_network_from_its_file_keeps_what_it_knows(trained, tmp_path):
    write(tmp_path / "net.spw", from_training(trained))
    quantized = read(tmp_path / "net.spw")
    config = retraining_config(
        TASK, in_reals(quantized.network), coding=quantized.coding, epochs=0
    )
    again = train(small(config), TASK, seed=5)
    before, after = (run(one, TASK.x_test) for one in (quantized.network, again.network))
    assert np.mean(before.predictions == after.predictions) > 0.95
    assert all(layer.bias for layer in again.network.layers)
    training = from_training(again).provenance.training
    assert training["network"]["neurons"] == ["lif", "li"]
    assert "neuron" not in training["model"]


@pytest.mark.parametrize("readout", ["maximum", "count", "first"])
def test_the_readout_is_the_networks(readout):
    config = training_config(TASK, hidden=(16,), epochs=2, readout=readout)
    network = in_reals(train(small(config), TASK, seed=0).network)
    again = train(small(retraining_config(TASK, network, epochs=3)), TASK, seed=0)
    assert again.network.readout == readout
    assert again.accuracy_integer is not None and again.accuracy_integer > 0.5


def test_neurons_of_its_own_and_parameters_of_each_neuron_are_kept():
    rng = np.random.default_rng(0)
    own = replace(DEFINITIONS["lif"], name="mine")
    decay = tuple(rng.uniform(0.8, 0.95, 16).tolist())
    network = RealNetwork(
        layers=(
            RealLayer(
                weights=rng.normal(size=(12, 16)), neuron=own,
                parameters={"decay": decay, "threshold": 2.0},
            ),
            RealLayer(weights=rng.normal(size=(16, 3)), neuron="li"),
        ),
        steps=6,
    )
    trained = train(small(retraining_config(TASK, network, epochs=25)), TASK, seed=0)
    hidden = trained.network.layers[0]
    assert hidden.definition.name == "mine"
    assert np.allclose(hidden.parameters["decay"], decay, atol=1e-6)
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.6


def test_units_change_no_spike_and_suit_the_learning_rate():
    rng = np.random.default_rng(1)
    layers = (
        RealLayer(
            weights=rng.normal(size=(12, 16)) * 40, neuron="lif", parameters={"threshold": 50.0},
            bias=rng.normal(size=16) * 5,
        ),
        RealLayer(weights=rng.normal(size=(16, 3)) * 1000, neuron="li"),
    )
    network = RealNetwork(layers=layers, steps=6)
    hidden, last = given_layers(network)
    assert hidden.parameters["threshold"] == 1.0
    assert np.isclose(np.sqrt(np.mean(last.weights**2)), 2 / 16**0.5)
    before, after = (
        run_real(one, TASK.x_test) for one in (network, replace(network, layers=(hidden, last)))
    )
    assert np.array_equal(before.spikes[0], after.spikes[0]) and before.spikes[0].any()
    assert np.array_equal(before.predictions, after.predictions)


def test_the_format_has_room_for_every_layer(real):
    config = retraining_config(TASK, real, weight_bits=4)
    made = quantize(real, TASK.x_train, options=PostTraining(weight_bits=4)).network
    assert isinstance(config.model.membrane, Format)
    assert config.model.membrane.integer == max(one.membrane.integer for one in made.layers)
    given = retraining_config(TASK, real, membrane="Q9.3")
    assert given.model.membrane == Format(9, 3)


def test_another_network_is_another_training(real):
    layers = (replace(real.layers[0], weights=real.layers[0].weights + 0.5), real.layers[1])
    one, other = (
        retraining_config(TASK, network).settings()
        for network in (real, replace(real, layers=layers))
    )
    assert json.dumps(one) != json.dumps(other)
    assert one == retraining_config(TASK, real).settings()


def test_what_is_not_trained_on(real):
    config = retraining_config(TASK, real)
    message = "model.sizes is (12, 9, 3), but network has (12, 16, 3)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(config, model=replace(config.model, sizes=(12, 9, 3)))
    values = replace(
        TASK, classes=0, y_train=np.zeros((180, 3)), y_test=np.zeros((60, 3))
    )
    message = (
        "the targets of patterns are values, and a network that is given is trained on for labels "
        "alone"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        train(config, values, seed=0)
    task = sums(each_step=False)
    message = "spikes makes 8 inputs, and the network takes 12"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        retraining_config(task, real)
    assert encode(TASK.x_test, config.coding).shape[1:] == (6, 12)
    message = "direct makes 5 steps, and the network takes 6"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        retraining_config(TASK, real, coding=Direct(inputs=12, steps=5, low=0, high=1))
