"""The grid's scales by layer and by channel, and weights that are pruned."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import spikewright as spw
from spikewright.coding.coding import encode
from spikewright.network.activity import network_activity
from spikewright.network.choices import SCALES
from spikewright.network.post_training import PostTraining, quantize
from spikewright.network.quantize import threshold
from spikewright.network.real_network import in_reals
from spikewright.network.reference import run
from spikewright.network.retraining import retraining_config
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


def test_each_layer_has_bits_and_a_format_of_its_own(tmp_path):
    config = brief(TASK, network="12-9r-3", neuron="lif", bias=True, weight_bits=(2, 7, 4),
                   membrane="Q6.4-Q11.4-Q8.3", readout="count")
    trained = train(config, TASK, seed=0)
    made = from_training(trained)
    write(tmp_path / "net.spw", made)
    network = read(tmp_path / "net.spw").network
    assert [layer.weight_bits for layer in network.layers] == [2, 7, 4]
    assert [str(layer.membrane) for layer in network.layers] == ["Q6.4", "Q11.4", "Q8.3"]
    largest = [int(np.abs(layer.weights).max()) for layer in network.layers]
    assert largest[0] == 1 and 7 < largest[1] <= 63 and 1 < largest[2] <= 7
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.8
    check_exact(trained, TASK)
    spikes = encode(TASK.x_test[:2], config.coding)
    assert spw.compare(spw.simulate(made, spikes), run(network, spikes)).equal


def test_bits_of_another_number_of_layers_are_refused():
    sentence = (
        "weight_bits is 8-4-2, and there are 2 layers after the inputs; give one value for all of "
        "them, or one for each"
    )
    real = in_reals(train(brief(TASK, hidden=(16,), epochs=0), TASK, seed=0).network)
    for refused in (
        lambda: training_config(TASK, hidden=(16,), weight_bits=(8, 4, 2)),
        lambda: retraining_config(TASK, real, weight_bits=(8, 4, 2)),
        lambda: quantize(real, TASK.x_test, options=PostTraining(weight_bits=(8, 4, 2))),
        lambda: spw.SpikingNet("16-3", inputs=20, weight_bits=(8, 4, 2)),
    ):
        with pytest.raises(ValueError) as caught:
            refused()
        assert str(caught.value) == sentence
    with pytest.raises(ValueError, match=r"^membrane is Q8\.4-Q8\.4-Q8\.4, and there are 2 layers"):
        training_config(TASK, hidden=(16,), membrane="Q8.4-Q8.4-Q8.4")
    with pytest.raises(ValueError, match=r"^membrane\[1\]: a number format is written like"):
        training_config(TASK, hidden=(16,), membrane="Q8.4-Q8")


def test_a_network_is_quantised_and_trained_on_with_the_bits_of_each_layer():
    real = in_reals(train(brief(TASK, hidden=(16,)), TASK, seed=0).network)
    made = quantize(real, TASK.x_test, options=PostTraining(weight_bits=[3, 8])).network
    assert [layer.weight_bits for layer in made.layers] == [3, 8]
    again = train(retraining_config(TASK, real, weight_bits=(3, 8), epochs=1), TASK, seed=0)
    assert [layer.weight_bits for layer in again.network.layers] == [3, 8]
    check_exact(again, TASK)


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
