"""Networks for a training loop of one's own, from spikes to a file."""

import re

import numpy as np
import pytest
import torch
from torch.nn import functional

import spikewright as spw
from spikewright.coding.coding import encode
from spikewright.network.reference import run
from spikewright.network.spiking_net import SpikingNet
from spikewright.quantized import read, write
from spikewright.quantized.from_net import from_net
from spikewright_hw.neuron import DEFINITIONS

from .made_tasks import patterns

TASK = patterns()
CODING = spw.Spikes(inputs=12, steps=6)


def fit(net: SpikingNet, task: spw.Task, coding: spw.Coding, *, epochs: int) -> float:
    """Train in a loop as anyone would write it; return the last loss."""
    spikes = torch.from_numpy(encode(task.x_train, coding)).float()
    labels = torch.from_numpy(task.y_train)
    optimizer = torch.optim.Adam(net.parameters(), 0.02)
    loss = torch.zeros(())
    for _ in range(epochs):
        for part in torch.arange(len(spikes)).split(50):
            loss = functional.cross_entropy(net(spikes[part]), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return float(loss.detach())


def check_exact(net: SpikingNet, task: spw.Task, coding: spw.Coding) -> None:
    spikes = encode(task.x_test, coding)
    expected = run(net.network(steps=coding.steps), spikes)
    with torch.no_grad():
        net(torch.from_numpy(spikes).float())
    for membranes, layer in zip(net.activity.membranes, expected.layers, strict=True):
        assert np.array_equal(membranes.transpose(0, 1).numpy(), layer.membranes)


def test_a_loop_of_ones_own_ends_in_a_file(tmp_path):
    net = SpikingNet("16-12-3", inputs=12, neuron=["alif", "lif"], bias=True, seed=3)
    assert fit(net, TASK, CODING, epochs=12) < 0.5
    net.quantize()
    assert net.is_quantized
    fit(net, TASK, CODING, epochs=3)
    check_exact(net, TASK, CODING)
    made = from_net(net, TASK, coding=CODING)
    assert made.provenance.accuracy_integer is not None
    assert made.provenance.accuracy_integer > 0.7  # chance is 1/3
    assert made.provenance.seed == 3
    assert [layer.neuron for layer in made.network.layers] == ["alif", "lif", "li"]
    write(tmp_path / "net.spw", made)
    assert read(tmp_path / "net.spw") == made


@pytest.mark.parametrize("neuron", DEFINITIONS)
def test_it_takes_every_neuron(neuron):
    definition = DEFINITIONS[neuron]
    if not definition.spikes:
        with pytest.raises(ValueError, match="which never spikes; hidden layers do"):
            SpikingNet("4-3", inputs=12, neuron=neuron)
        return
    net = SpikingNet("4-3", inputs=12, neuron=definition)
    spikes = torch.from_numpy(TASK.x_train[:8]).float()
    net(spikes).sum().backward()
    assert all(one.grad is not None and one.grad.isfinite().all() for one in net.parameters())
    net.quantize()
    assert net.network(steps=6).layers[0].definition == definition


def test_a_convolution_takes_maps_as_pytorch_has_them():
    net = SpikingNet("3C3-P2-4", inputs=(2, 6, 6), readout="count")
    maps = (torch.rand(5, 4, 2, 6, 6, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    outputs = net(maps)
    assert outputs.shape == (5, 4)
    assert torch.equal(outputs, net(maps.permute(0, 1, 3, 4, 2).flatten(2)))
    assert net.activity.spikes[0].shape == (4, 5, 3 * 4 * 4)


def test_recurrent_layers_and_learned_delays():
    net = SpikingNet("8r-6@0,1,2-3", inputs=12, delays="linear")
    assert fit(net, TASK, CODING, epochs=2) < 2
    assert net.model.delays["1"].grad is not None
    net.quantize()
    check_exact(net, TASK, CODING)


def test_it_is_the_network_in_real_numbers_that_runs():
    net = SpikingNet("8-3", inputs=12, neuron="plif")
    fit(net, TASK, CODING, epochs=1)
    spikes = encode(TASK.x_test, CODING)
    found = spw.run_real(net.real_network(steps=6), spikes).predictions
    with torch.no_grad():
        wanted = net(torch.from_numpy(spikes).float()).argmax(dim=1).numpy()
    assert np.mean(found == wanted) > 0.98
    made, _ = spw.quantize_on_task(
        net.real_network(steps=6), TASK, coding=CODING, options=spw.PostTraining(margin=4)
    )
    assert made.network.layers[0].neuron == "plif"


def test_a_batch_of_one_and_outputs_of_each_step():
    net = SpikingNet("8-3", inputs=12)
    spikes = torch.from_numpy(TASK.x_test[:3]).float()
    assert torch.allclose(net(spikes[:1]), net(spikes)[:1], atol=1e-6)
    each = net(spikes, each_step=True)
    assert each.shape == (3, 6, 3) and torch.equal(each[:, -1], net(spikes))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"inputs": 0}, "inputs is 0; "),
        ({"inputs": (1, 8)}, "inputs is (1, 8); it must be a number, or channels, height and "),
        ({"neuron": "nosuch"}, "neuron is 'nosuch'; "),
        ({"neuron": ["lif"]}, "neuron has 1 entries; there are 2 hidden layers"),
        ({"parameters": [{}] * 3}, "parameters has 3 entries; there are 2 hidden layers"),
        ({"parameters": {"nosuch": 1.0}}, "lif has no parameter nosuch"),
        ({"readout_neuron": "lif"}, "readout_neuron is lif, which spikes; the readout 'last' is"),
        ({"readout": "nosuch"}, "readout is 'nosuch'; "),
        ({"surrogate": "nosuch"}, "surrogate is 'nosuch'; "),
        ({"network": "8-x"}, "'x' is no part"),
    ],
)
def test_a_wrong_argument_is_a_sentence(given, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        SpikingNet(**{"network": "8-6-3", "inputs": 12, **given})


@pytest.mark.parametrize("shape", [(2, 6, 11), (2, 0, 12), (6, 12), (2, 6, 1, 3, 4)])
def test_spikes_of_another_shape_are_refused(shape):
    message = (
        f"spikes is of shape {list(shape)}; the network takes [samples, steps, 12] or [samples, "
        "steps, 12, 1, 1], of at least one step"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SpikingNet("8-3", inputs=12)(torch.zeros(shape))


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_spikes_that_are_no_numbers_are_refused(value):
    spikes = torch.zeros(2, 3, 4)
    spikes[1, 2, 0] = float(value)
    message = f"spikes[1, 2, 0] is {value}; inputs must be finite numbers"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SpikingNet("8-3", inputs=4)(spikes)


def test_what_is_not_quantised_has_no_file():
    with pytest.raises(ValueError, match="the model has real weights; quantize"):
        from_net(SpikingNet("8-3", inputs=12), TASK, coding=CODING)


def test_spikes_that_are_no_tensor_are_refused():
    with pytest.raises(ValueError, match=r"^spikes is \[0, 1\]; it must be of the class Tensor$"):
        SpikingNet("3-2", inputs=2)([0, 1])  # pyright: ignore[reportArgumentType]
