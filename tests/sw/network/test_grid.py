"""The grid's scales by layer and by channel, and weights that are pruned."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from spikewright.coding.coding import encode
from spikewright.network.activity import network_activity
from spikewright.network.choices import SCALES
from spikewright.network.quantize import threshold
from spikewright.network.reference import run
from spikewright.network.train import Trained, train
from spikewright.network.training_config import TrainingConfig, training_config
from spikewright.quantized import from_training, read, write
from spikewright.task.digits import load
from spikewright.task.task import Task
from spikewright_hw.fixed import Format

from .made_tasks import patterns

TASK = patterns()


def brief(task: Task, *, epochs: int = 10, model: dict | None = None, **given) -> TrainingConfig:
    config = training_config(task, epochs=epochs, **given)
    return replace(config, batch=30, spike_cost=0.0, model=replace(config.model, **(model or {})))


def check_exact(trained: Trained, task: Task) -> None:
    spikes = encode(task.x_test[:60], trained.config.coding)
    expected = run(trained.network, spikes)
    given = torch.from_numpy(spikes).float()
    with torch.no_grad():
        results = [trained.model(given)[1], network_activity(trained.network, given)]
    for result in results:
        for mine, layer in zip(result.membranes, expected.layers, strict=True):
            assert np.array_equal(mine.transpose(0, 1).numpy(), layer.membranes)


@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize("neuron", ["lif", "plif"])
def test_each_kind_of_scale_learns_and_is_exact(tmp_path, scales, neuron):
    config = brief(TASK, hidden=(16,), neuron=neuron, bias=True, weight_bits=3,
                   model={"scales": scales})
    trained = train(config, TASK, seed=0)
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.8
    check_exact(trained, TASK)
    levels = trained.network.layers[0].parameters["threshold"]
    if scales == "channel":
        assert isinstance(levels, tuple) and len(set(levels)) > 4
    else:
        assert isinstance(levels, float)
    if scales == "power_of_two":
        assert np.log2(levels) % 1 == 0
    write(tmp_path / "net.spw", from_training(trained))
    assert read(tmp_path / "net.spw").network == trained.network


def test_channels_of_a_map_have_their_scales():
    task = load()
    small = replace(task, x_train=task.x_train[:300], y_train=task.y_train[:300])
    config = brief(small, network="4C3-P2-10", epochs=1, model={"scales": "channel"})
    trained = train(config, small, seed=0)
    levels = trained.network.layers[0].parameters["threshold"]
    assert isinstance(levels, tuple) and len(levels) == 4
    assert isinstance(trained.network.layers[1].parameters["decay"], float)
    check_exact(trained, task)


def test_a_threshold_that_is_a_power_of_two_fits():
    form = Format(8, 4)
    for scale, wanted in ((1 / 7.26, 128), (1 / 5.5, 64), (1 / 200, 1024), (1000.0, 1)):
        assert threshold(scale, form, power_of_two=True) == wanted


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_pruned_weights_are_zero_and_stay_so(share):
    trained = train(brief(TASK, hidden=(16,), prune=share, weight_bits=6), TASK, seed=0)
    weights = [np.array(layer.weights) for layer in trained.network.layers]
    zero = sum(int((one == 0).sum()) for one in weights) / sum(one.size for one in weights)
    assert zero >= share - 0.01
    assert zero < share + 0.15
    check_exact(trained, TASK)
    if share <= 0.5:
        assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.8


def test_ternary_weights_are():
    trained = train(brief(TASK, hidden=(16,), weight_bits=2), TASK, seed=0)
    assert {weight for layer in trained.network.layers for row in layer.weights for weight in row
            } <= {-1, 0, 1}
