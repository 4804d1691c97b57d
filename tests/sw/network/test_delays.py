"""Delays that are learned: their gradients, batches, and what they round to."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from spikewright.coding.coding import encode
from spikewright.network.activity import network_activity
from spikewright.network.choices import SPREADS
from spikewright.network.delays import DelayLinear, spread_weights
from spikewright.network.reference import run
from spikewright.network.train import train
from spikewright.network.training_config import training_config
from spikewright.quantized import from_training, read, write
from spikewright.task.task import Task

STEPS, SAMPLES, INPUTS, NEURONS, MOST = 7, 3, 4, 2, 3


def layer(spread: str = "linear") -> DelayLinear:
    return DelayLinear(
        INPUTS, NEURONS, most=MOST, spread=spread, generator=torch.Generator().manual_seed(0)
    ).double()


def drawn() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return (torch.rand(STEPS, SAMPLES, INPUTS, generator=generator) < 0.4).double()


def test_whole_delays_are_what_arrives_so_much_later():
    one, spikes = layer(), drawn()
    one.round()
    assert torch.equal(one.delays, one.delays.round())
    weights, delays, currents = one.weights.tolist(), one.delays.tolist(), one(spikes).tolist()
    for step in range(STEPS):
        for sample in range(SAMPLES):
            for neuron in range(NEURONS):
                wanted = sum(
                    weights[i][neuron] * float(spikes[step - late, sample, i])
                    for i in range(INPUTS)
                    if (late := int(delays[i][neuron])) <= step
                )
                assert currents[step][sample][neuron] == pytest.approx(wanted)


def test_a_delay_between_two_steps_is_shared_by_them():
    weights, delays = torch.tensor([[2.0]]), torch.tensor([[1.25]])
    assert spread_weights(weights, delays, most=3).flatten().tolist() == [0, 1.5, 0.5, 0]
    shares = spread_weights(weights, delays, most=3, spread="gaussian", sigma=0.5).flatten()
    plain = np.exp(-((np.arange(4) - 1.25) ** 2) / 0.5)
    assert np.allclose(shares, 2 * plain / plain.sum())
    narrow = spread_weights(weights, delays, most=3, spread="gaussian", sigma=0.01).flatten()
    assert narrow.tolist() == pytest.approx([0, 2, 0, 0])


@pytest.mark.parametrize("spread", SPREADS)
def test_gradients_are_those_of_finite_differences(spread):
    one, spikes = layer(spread), drawn().requires_grad_()

    def currents(weights, delays, given):
        return torch.func.functional_call(one, {"weights": weights, "delays": delays}, given)

    assert torch.autograd.gradcheck(
        currents, (one.weights, one.delays, spikes), eps=1e-7, atol=1e-5
    )


def test_samples_of_a_batch_do_not_meet():
    one, spikes = layer(), drawn()
    each = torch.cat([one(spikes[:, n : n + 1]) for n in range(SAMPLES)], dim=1)
    assert torch.allclose(one(spikes), each, rtol=0, atol=1e-15)
    assert torch.allclose(one(spikes[:2]), one(spikes)[:2])  # fewer steps than the longest delay


def late(most: int = 4, steps: int = 8) -> Task:
    """Return a task that only delays can do: by how much one input spikes before the other."""
    rng = np.random.default_rng(0)
    count = 300
    labels = np.arange(count) % (most + 1)
    spikes = np.zeros((count, steps, 2), bool)
    first = rng.integers(0, steps - most, count)
    rows = np.arange(count)
    spikes[rows, first, 0] = True
    spikes[rows, first + labels, 1] = True
    return Task(name="late", kind="spikes", x_train=spikes[:200], y_train=labels[:200],
                x_test=spikes[200:], y_test=labels[200:])


@pytest.mark.parametrize("spread", SPREADS)
def test_a_network_learns_them_and_its_integers_are_exact(tmp_path, spread):
    task = late()
    config = training_config(
        task, network="24@0,1,2,3,4-5", readout="maximum", epochs=20, learning_rate=0.03
    )
    config = replace(config, model=replace(config.model, delays=spread), batch=25, spike_cost=0.0)
    trained = train(config, task, seed=0)
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.45  # chance 0.2
    network = trained.network
    each = np.array(network.layers[0].weights).reshape(5, 2, 24)
    assert ((each != 0).sum(axis=0) <= 1).all()  # one delay of each synapse
    assert len({int(at) for at in np.argwhere(each)[:, 0]}) > 2
    spikes = encode(task.x_test, config.coding)
    expected = run(network, spikes)
    with torch.no_grad():
        given = torch.from_numpy(spikes).float()
        results = [trained.model(given)[1], network_activity(network, given)]
    for result in results:
        for mine, layer in zip(result.membranes, expected.layers, strict=True):
            assert np.array_equal(mine.transpose(0, 1).numpy(), layer.membranes)
    write(tmp_path / "net.spw", from_training(trained))
    assert read(tmp_path / "net.spw").network == network


def test_delays_that_are_learned_are_learned():
    task = late()
    config = training_config(task, network="8@0,1,2,3,4-5", epochs=2)
    config = replace(config, model=replace(config.model, delays="linear"), batch=25)
    trained = train(config, task, seed=0)
    model = trained.model
    assert list(model.delays) == ["0"] and model.weights[0].shape == (2, 8)
    again = train(replace(config, model=replace(config.model, delays="gaussian")), task, seed=0)
    assert not torch.equal(model.delays["0"], again.model.delays["0"])


@pytest.mark.parametrize("network", ["8-5", "8@0,2-5", "8@1-5"])
def test_a_network_without_every_delay_is_refused(network):
    config = training_config(late(), network=network)
    message = (
        "delays is 'linear', but no layer hears the layer before by every delay from 0 on, such "
        "as 64@0,1,2,3"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(config.model, delays="linear")


@pytest.mark.parametrize(
    ("given", "said"),
    [({"most": 0}, "most is 0; "), ({"most": 2, "spread": "nosuch"}, "spread is 'nosuch'; "),
     ({"most": 2, "sigma": -1.0}, "sigma is -1"),
     ({"most": 2, "generator": 4}, "generator is 4; it must be of the class Generator")],
)
def test_a_layer_of_wrong_arguments_is_refused(given, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        DelayLinear(3, 2, **given)


@pytest.mark.parametrize(
    ("spikes", "said"),
    [(torch.zeros(4, 3), "spikes is of shape [4, 3]; it must be [steps, samples, 3]"),
     (torch.zeros(4, 2, 5), "spikes is of shape [4, 2, 5]; it must be [steps, samples, 3]"),
     (None, "spikes is None; it must be of the class Tensor")],
)
def test_spikes_that_a_layer_does_not_take_are_refused(spikes, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        DelayLinear(3, 2, most=2)(spikes)
