"""Normalised currents: what they are, and that they go into the weights without a trace."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import spikewright as spw
from spikewright.coding.coding import encode
from spikewright.errors import DataError
from spikewright.network.model_config import ModelConfig
from spikewright.network.normalisation import Normalisation, weight_channels
from spikewright.network.reference import run
from spikewright.network.spiking_net import SpikingNet
from spikewright.network.train import train
from spikewright.network.training_config import Phase, TrainingConfig, training_config
from spikewright_hw.connection import Convolution, FeatureMap
from spikewright_hw.definition.gains import with_gains
from spikewright_hw.definition.serial import from_data, to_data
from spikewright_hw.neuron import DEFINITIONS

from .made_tasks import patterns

TASK = patterns()
#: Short names of networks with their inputs: dense, with skips and delays, with maps and groups.
NETWORKS = {
    "16-12-3": 12,
    "8-6@0,1-6+2-3": 12,
    "6C3-P2-D3p1-5": (2, 8, 8),
    "4C3p1-4C3g2p1+2-P2-5": (2, 6, 6),
}


def trained(name: str, kind: str, **given) -> tuple[SpikingNet, torch.Tensor]:
    """Return a net after some steps of an optimiser, and samples."""
    inputs = NETWORKS[name]
    net = SpikingNet(
        name, inputs=inputs, normalisation=kind, steps=6, seed=1, membrane="Q10.4", **given
    )
    count = int(np.prod(inputs))
    generator = torch.Generator().manual_seed(0)
    samples = (torch.rand(40, 6, count, generator=generator) < 0.3).float()
    optimizer = torch.optim.Adam(net.parameters(), 0.02)
    for _ in range(15):
        optimizer.zero_grad()
        net(samples).square().sum().backward()
        optimizer.step()
    net.eval()
    return net, samples


@pytest.mark.parametrize("kind", ["batch", "tdbn", "tebn"])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_folded_and_the_network_stays_the_same(name, kind):
    net, samples = trained(name, kind)
    with torch.no_grad():
        outputs = net(samples).numpy()
    did = net.activity
    assert all(0 < float(spikes.mean()) < 0.6 for spikes in did.spikes[:-1])
    real = spw.run_real(net.real_network(steps=6), samples.numpy())
    np.testing.assert_allclose(real.states[-1]["v"][:, -1], outputs, atol=1e-3)
    for spikes, expected in zip(did.spikes, real.spikes, strict=True):
        assert np.array_equal(spikes.transpose(0, 1).numpy(), expected)
    net.quantize()
    assert not net.model.norms
    with torch.no_grad():
        net(samples)
    expected = run(net.network(steps=6), samples.numpy().astype(bool))
    for membranes, layer in zip(net.activity.membranes, expected.layers, strict=True):
        assert np.array_equal(membranes.transpose(0, 1).numpy(), layer.membranes)


def test_a_batch_has_mean_0_and_variance_1_and_each_channel_a_gain():
    norm = Normalisation("batch", channels=3, gain=2.0)
    current = torch.randn(4, 50, 6, generator=torch.Generator().manual_seed(0)) * 5 + 7
    made = norm(current).reshape(-1, 3)
    assert torch.allclose(made.mean(dim=0), torch.zeros(3), atol=1e-5)
    assert torch.allclose(made.var(dim=0, correction=0), torch.full((3,), 4.0), atol=1e-3)
    expected = torch.nn.BatchNorm1d(3)
    torch.nn.init.constant_(expected.weight, 2.0)
    assert torch.allclose(expected(current.reshape(-1, 3)), made, atol=1e-5)
    expected.eval()
    factor, shift = norm.folded()
    flat = current.reshape(-1, 3)
    assert torch.allclose(flat * factor + shift, expected(flat), atol=1e-4)


def test_layer_normalisation_is_pytorchs_and_cannot_be_folded():
    norm = Normalisation("layer", channels=6)
    current = torch.randn(4, 5, 6)
    assert torch.allclose(norm(current), torch.nn.LayerNorm(6)(current), atol=1e-6)
    net, samples = trained("16-12-3", "layer")
    assert net(samples).isfinite().all()
    for what in (net.quantize, lambda: net.real_network(steps=6)):
        with pytest.raises(ValueError, match=r"^normalisation is 'layer', .* it cannot be folded;"):
            what()


def test_gains_multiply_the_currents_of_their_steps_and_are_part_of_a_file():
    definition = with_gains(DEFINITIONS["lif"], steps=3)
    given = {"gain_0": 2.0, "gain_1": 0.5, "gain_2": 3.0, "decay": 0.5, "threshold": 2.0}
    layer = spw.RealLayer(weights=np.eye(1), neuron=definition, parameters=given)
    out = spw.RealLayer(weights=np.eye(1), neuron="li", parameters={"decay": 0.5})
    ran = spw.run_real(spw.RealNetwork(layers=(layer, out), steps=5), np.full((1, 5, 1), 0.5))
    assert ran.states[0]["v"][0, :, 0].tolist() == [1.0, 0.75, 1.875, 0.4375, 1.71875]
    assert from_data(to_data(definition)) == definition
    with pytest.raises(ValueError, match=r"^there are 33 steps; gains are of 1 to 32 steps$"):
        with_gains(DEFINITIONS["lif"], steps=33)
    with pytest.raises(ValueError, match=r"^lif_gains has at already, "):
        with_gains(definition, steps=3)


def test_the_gains_of_tebn_are_learned():
    net, _ = trained("16-12-3", "tebn")
    values = net.model.neurons()[0].values()
    assert not np.allclose([values[f"gain_{step}"] for step in range(6)], 1.0, atol=0.01)


def test_every_weight_of_a_group_has_the_channel_it_adds_to():
    connection = Convolution(
        source=FeatureMap(channels=4, height=5, width=5), channels=6, kernel=(3, 3), groups=2
    )
    found = weight_channels(connection)
    assert found.shape == (connection.rows, 3)
    for row in range(connection.rows):
        assert found[row].tolist() == ([0, 1, 2] if row % 4 < 2 else [3, 4, 5])


@pytest.mark.parametrize("kind", ["tdbn", "tebn"])
def test_a_training_ends_in_integers_and_goes_on_from_a_checkpoint(tmp_path, kind):
    coding = spw.Spikes(inputs=12, steps=6)
    config = TrainingConfig(
        model=ModelConfig(sizes=(12, 10, 3), normalisation=kind), coding=coding, augmentation=None,
        real=Phase(epochs=4, learning_rate=0.02), quantized=Phase(epochs=2, learning_rate=0.002),
        batch=60, prune=0.25,
    )
    made = train(config, TASK, seed=0)
    assert made.accuracy_integer is not None and made.accuracy_integer > 0.6  # chance is 1/3
    assert made.network.layers[0].bias is not None and made.network.layers[1].bias is None
    predictions = run(made.network, encode(TASK.x_test, coding)).predictions
    assert np.mean(predictions == TASK.y_test) == made.accuracy_integer
    for stop in (2, 5):
        file, told = tmp_path / f"{stop}.checkpoint", []

        def tell(at, told=told, stop=stop):
            told.append(at)
            if len(told) == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(config, TASK, seed=0, checkpoint=file, progress=tell)
        assert train(config, TASK, seed=0, checkpoint=file).network == made.network


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"normalisation": "nosuch"}, "normalisation is 'nosuch'; "),
        ({"normalisation": "tebn", "steps": None},
         "normalisation is 'tebn', which has a gain of each of 1 to 32 steps, and steps is not"),
        ({"normalisation": "tebn", "steps": 33}, "of 1 to 32 steps, and there are 33 steps"),
        ({"neuron": "alpha"}, "alpha takes positive and negative weights apart, which a"),
        ({"network": "8r-3"}, "layer 0 hears itself by its connection, step by step,"),
        ({"network": "3"}, "normalisation is 'batch', and there are no hidden layers"),
    ],
)
def test_what_cannot_be_normalised_is_refused(given, said):
    given = {"network": "8-3", "inputs": 12, "steps": 6, "normalisation": "batch", **given}
    with pytest.raises(ValueError, match=re.escape(said)):
        SpikingNet(**given)


def test_a_batch_of_one_step_has_no_variance():
    net = SpikingNet("8-3", inputs=12, normalisation="batch")
    message = "normalisation is 'batch', and one sample of one step has no variance; train on"
    with pytest.raises(ValueError, match=f"^{message}"):
        net(torch.zeros(1, 1, 12))
    assert net.eval()(torch.zeros(1, 1, 12)).shape == (1, 3)


def test_a_training_for_a_file_refuses_what_cannot_be_folded_before_it_begins():
    config = training_config(spw.load_task("digits"), normalisation="layer")
    with pytest.raises(DataError, match=r"^this network cannot be trained: normalisation is 'laye"):
        train(config, spw.load_task("digits"), seed=0)
    network = SpikingNet("8-10", inputs=64).real_network(steps=4)
    base = spw.retraining_config(spw.load_task("digits"), network)
    with pytest.raises(ValueError, match=r"^normalisation is 'batch', and there are no hidden lay"):
        ModelConfig(sizes=(12, 3), normalisation="batch")
    with pytest.raises(ValueError, match=r"^model.normalisation is 'tdbn', and network is trained"):
        replace(base, model=replace(base.model, normalisation="tdbn"))


def test_recurrent_spikes_are_not_normalised():
    net = SpikingNet("8-3", inputs=12, neuron="recurrent_lif", normalisation="batch")
    spikes = torch.from_numpy(TASK.x_train[:20]).float()
    net(spikes).sum().backward()
    net.eval()
    with torch.no_grad():
        net(spikes)
    real = spw.run_real(net.real_network(steps=6), spikes.numpy())
    assert np.array_equal(net.activity.spikes[0].transpose(0, 1).numpy(), real.spikes[0])
