"""What is trained beside one label read from the last membrane: readouts, biases, targets."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from spikewright.coding.coding import encode
from spikewright.coding.output_scale import OutputScale
from spikewright.device.simulation import simulate
from spikewright.errors import DataError
from spikewright.network.activity import Activity, network_activity
from spikewright.network.model import Model
from spikewright.network.model_config import ModelConfig
from spikewright.network.objective import Objective
from spikewright.network.reference import run
from spikewright.network.train import Trained, train
from spikewright.network.training_config import TrainingConfig, training_config
from spikewright.quantized import from_training, read, write
from spikewright.task.metrics import accuracy, error
from spikewright.task.task import Task
from spikewright_hw.engine.streams import Streams
from spikewright_hw.readout import READOUTS, output_after

from .made_tasks import latest, patterns, sums


def brief(task: Task, *, epochs: int = 12, **given) -> TrainingConfig:
    config = training_config(task, hidden=(16,), epochs=epochs, **given)
    return replace(config, batch=30, spike_cost=0.0)


def check_exact(trained: Trained, task: Task) -> None:
    """Hold PyTorch, in its model and of the finished network, to the integers."""
    spikes = encode(task.x_test, trained.config.coding)
    expected = run(trained.network, spikes)
    given = torch.from_numpy(spikes).float()
    with torch.no_grad():
        results = [trained.model(given)[1], network_activity(trained.network, given)]
    for result in results:
        for layer, mine, membranes in zip(
            expected.layers, result.spikes, result.membranes, strict=True
        ):
            assert np.array_equal(mine.transpose(0, 1).numpy(), layer.spikes)
            assert np.array_equal(membranes.transpose(0, 1).numpy(), layer.membranes)
        assert np.array_equal(result.outputs.numpy(), expected.outputs)
        assert np.array_equal(result.outputs_each_step.numpy(), expected.membranes)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("readout", READOUTS)
def test_each_readout_learns_and_is_exact(readout, bias):
    task = patterns()
    trained = train(brief(task, readout=readout, bias=bias), task, seed=0)
    assert trained.network.readout == readout
    assert [layer.bias is not None for layer in trained.network.layers] == [bias, bias]
    assert trained.accuracy_float is not None and trained.accuracy_float > 0.8  # chance is 1/3
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.8
    check_exact(trained, task)


@pytest.mark.parametrize("readout", READOUTS)
def test_outputs_in_training_are_those_of_the_definition(readout):
    generator = torch.Generator().manual_seed(1)
    model = Model(ModelConfig(sizes=(5, 6, 4), readout=readout, bias=True), generator=generator)
    model.quantize()
    spikes = (torch.rand(30, 7, 5, generator=generator) < 0.4).float()
    with torch.no_grad():
        _, result = model(spikes)
    given = (result.spikes if readout in ("count", "first") else result.membranes)[-1].int()
    for sample in range(30):
        for neuron in range(4):
            output = 0
            for step in range(7):
                now = int(given[step, sample, neuron])
                output = output_after(readout, output, now, step=step, steps=7)
            assert result.outputs[sample, neuron] == output
    assert len(result.outputs.unique()) > 2


def test_an_earlier_spike_has_a_gradient_in_the_steps_that_it_wins():
    spikes = torch.tensor([0.0, 0, 1, 0, 1])[:, None, None].requires_grad_()
    result = Activity((spikes,), (spikes,), "first")
    assert result.outputs.item() == 3
    result.outputs.sum().backward()
    assert spikes.grad is not None
    assert spikes.grad.flatten().tolist() == [2, 1, 2, 0, 0]


def test_a_trained_readout_and_bias_are_the_same_in_gateware():
    task = patterns()
    trained = train(brief(task, epochs=2, readout="first", bias=True), task, seed=0)
    quantized = from_training(trained)
    spikes = encode(task.x_test[:6], quantized.coding)
    answers = simulate(quantized, spikes)
    expected = run(trained.network, spikes)
    assert np.array_equal(answers.outputs, expected.outputs)
    assert np.array_equal(answers.predictions, expected.predictions)
    assert np.array_equal(answers.layer_spikes, expected.layer_spikes)


def test_biases_are_learned_on_the_membranes_grid():
    task = patterns()
    real = train(brief(task, epochs=3, bias=True), task, seed=0)
    model, (hidden, last) = real.model, real.network.layers
    assert model.grid is not None and hidden.bias is not None and last.bias is not None
    step = model.grid[0].step(hidden.membrane)
    assert np.allclose(np.array(hidden.bias) * step, model.biases["0"].detach(), atol=step / 2)
    assert any(one % hidden.membrane.one for one in hidden.bias)  # finer than a weight step
    with torch.no_grad():
        model.biases["0"].fill_(1e6)
    assert set(model.network(steps=6).layers[0].bias or ()) == {hidden.membrane.max}


def test_biases_are_learned_on_bitstreams():
    task = patterns()
    config = brief(task, epochs=2, bias=True, streams=Streams(length=64), membrane="Q10.4")
    trained = train(config, task, seed=0)
    assert all(layer.bias for layer in trained.network.layers)
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.5


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("each_step", [False, True])
def test_values_are_learned_and_come_back_in_their_unit(each_step, bias, tmp_path):
    task = sums(each_step=each_step)
    trained = train(brief(task, epochs=25, bias=bias), task, seed=0)
    assert trained.accuracy_float is None and trained.accuracy_integer is None
    chance = float(np.sqrt(np.mean((task.y_test - task.y_test.mean(axis=0)) ** 2)))
    assert trained.error_float is not None and trained.error_float < 0.7 * chance
    assert trained.error_integer is not None and trained.error_integer < 0.7 * chance
    check_exact(trained, task)
    write(tmp_path / "net.spw", from_training(trained))
    again = read(tmp_path / "net.spw")
    assert again == from_training(trained)
    assert again.output_scale is not None
    made = run(again.network, encode(task.x_test, again.coding))
    values = again.output_scale.values(made.membranes if each_step else made.outputs)
    assert error(values, task.y_test) == trained.error_integer == again.provenance.error_integer
    # The largest values of the training part have room in the last membranes.
    membrane = again.network.layers[-1].membrane
    high = again.output_scale.values([membrane.max, membrane.max])
    low = again.output_scale.values([membrane.min, membrane.min])
    targets = task.y_train.reshape(-1, 2)
    assert (low < targets.min(axis=0)).all() and (high > targets.max(axis=0)).all()


def test_labels_of_each_step_are_learned():
    task = latest()
    trained = train(brief(task, epochs=40), task, seed=0)
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.6  # chance is 1/3
    check_exact(trained, task)
    made = run(trained.network, encode(task.x_test, trained.config.coding))
    assert accuracy(made.membranes, task.y_test) == trained.accuracy_integer


def test_a_value_that_never_differs_is_learned_too():
    task = sums(each_step=False)
    constant = replace(task, y_train=np.full((180, 1), 7.5), y_test=np.full((60, 1), 7.5))
    objective = Objective(constant, brief(constant))
    assert objective.scale(0.5) == OutputScale(offset=(7.5,), scale=(0.5,))
    assert not objective.targets.any()


@pytest.mark.parametrize(
    ("task", "given", "message"),
    [
        (sums(each_step=False), {"readout": "count"},
         ("the targets of sums are values, and the readout 'count' counts spikes or steps; take "
          "'last' or 'maximum', which read a membrane")),
        (latest(), {"readout": "maximum"},
         ("the targets of latest are at each step, and the readout 'maximum' gives one output for "
          "a sample; take 'last', whose membranes are read after each step")),
        (replace(latest(), kind="signal"), {"steps": 5},
         "the targets of latest are at each of 10 steps, and the coding has 5; take as many"),
    ],
)
def test_targets_that_the_network_cannot_give(task, given, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        train(training_config(task, epochs=1, **given), task, seed=0)


def test_outputs_that_are_not_those_of_the_targets():
    task = sums(each_step=False)
    config = brief(task)
    config = replace(config, model=replace(config.model, sizes=(8, 16, 3)))
    message = "sums has 2 values to a target, but the network has 3 outputs"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        train(config, task, seed=0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"readout": "count", "readout_neuron": "li"},
         "readout_neuron is 'li'; the readout 'count' needs a neuron that spikes, such as lif"),
        ({"readout": "maximum", "readout_neuron": "lif"},
         ("readout_neuron is 'lif'; the readout 'maximum' needs a neuron that never spikes, such "
          "as li")),
    ],
)
def test_a_neuron_that_does_not_fit_the_readout(given, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ModelConfig(**given)


@pytest.mark.parametrize(
    ("offset", "scale", "message"),
    [
        ((0.0,), (1.0, 1.0),
         "offset has 1 values and scale has 2; each output needs one of both"),
        ((0.0,), (0.0,), "scale[0] is 0; it must be above 0"),
        (0.0, (1.0,), "offset is 0.0; it must be a list of numbers, one for each output"),
    ],
)
def test_a_scale_that_says_nothing(offset, scale, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        OutputScale(offset=offset, scale=scale)


def test_a_scale_is_of_its_outputs():
    message = "outputs is of shape [4, 3]; its last number must be that of the outputs, 2"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        OutputScale(offset=(0, 0), scale=(1, 1)).values(np.zeros((4, 3)))
