"""Conversion of networks of values to networks of spikes."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import snntorch
import torch
from torch import nn

import spikewright as spw


def dense(
    *sizes: int, activation: Callable[[], nn.Module] = nn.ReLU, normalised: bool = False
) -> nn.Sequential:
    """Return a random network of values whose biases and normalisations are not their defaults."""
    layers = []
    for before, after in pairwise(sizes):
        layers.append(nn.Linear(before, after))
        if normalised:
            layers.append(nn.BatchNorm1d(after))
        layers.append(activation())
    return shifted(nn.Sequential(*layers[:-1])).eval()


def shifted(module):
    """Draw what batch normalisations have learned."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            for name, low, high in (
                ("running_mean", -0.5, 0.5), ("running_var", 0.5, 2.0), ("weight", 0.5, 1.5),
                ("bias", -0.5, 0.5),
            ):
                nn.init.uniform_(getattr(part, name), low, high)
    return module


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(20)


def outputs(module, samples):
    with torch.no_grad():
        return module.double()(samples.double()).numpy()


def test_outputs_come_near_those_of_the_module_with_more_steps():
    module, samples = dense(12, 24, 16, 5, normalised=True), torch.rand(60, 12)
    expected = outputs(module, samples)
    errors = []
    for steps in (8, 64, 512):
        made = spw.convert(module, samples, steps=steps, method="maximum")
        run = spw.run_real(made.network, np.repeat(samples.numpy()[:, None], steps, axis=1))
        found = run.states[-1]["v"][:, -1] / steps
        errors.append(np.abs(found - expected).max())
    assert errors[0] > 4 * errors[1] > 16 * errors[2]
    assert errors[2] < 0.02


def test_the_first_layer_makes_the_nearest_number_of_spikes():
    module, samples = dense(6, 9, 3), torch.randn(50, 6)
    for steps, share in ((1, 100), (5, 90), (32, 90)):
        made = spw.convert(module, samples, steps=steps, percentile=share)
        run = spw.run_real(made.network, np.repeat(samples.double().numpy()[:, None], steps, 1))
        current = outputs(module[0], samples)
        bound = made.layers[0].bound
        expected = np.clip(np.floor(current * steps / bound + 0.5), 0, steps)
        assert np.array_equal(run.spikes[0].sum(axis=1), expected)
        assert made.layers[0].unevenness < 1e-12


def test_bounds_follow_from_the_samples():
    module, samples = dense(6, 9, 3), torch.randn(200, 6)
    active = outputs(module[:2], samples)
    most = spw.convert(module, samples, steps=4, method="maximum").layers[0]
    some = spw.convert(module, samples, steps=4, percentile=80).layers[0]
    assert most.bound == pytest.approx(active.max())
    assert some.bound == pytest.approx(np.percentile(active[active > 0], 80))
    assert most.clipping == 0 < some.clipping
    assert most.quantisation > some.quantisation


def test_levels_that_were_trained_are_the_spikes_of_as_many_steps():
    module = dense(6, 9, 3, activation=lambda: spw.QCFS(8, bound=0.8))
    samples = torch.randn(50, 6)
    made = spw.convert(module, samples, steps=8)
    run = spw.run_real(made.network, np.repeat(samples.double().numpy()[:, None], 8, axis=1))
    sent = outputs(module[:2], samples)
    assert made.layers[0].bound == pytest.approx(0.8)
    assert np.allclose(run.spikes[0].sum(axis=1) * made.layers[0].bound / 8, sent)
    assert np.allclose(run.states[-1]["v"][:, -1] / 8, outputs(module, samples))
    assert made.agreement == 1


@pytest.mark.parametrize("value", [-1.0, 0.11, 0.33, 0.52, 0.79, 3.0])
def test_the_gradient_goes_straight_through_the_levels(value):
    activation = spw.QCFS(4, bound=0.8)
    given = torch.tensor(value, requires_grad=True)
    made = activation(given)
    slope, of_bound = torch.autograd.grad(made, [given, activation.bound])
    level = min(4, max(0, int(value / 0.8 * 4 + 0.5) if value > 0 else 0)) / 4
    share = min(1.0, max(0.0, value / 0.8))
    inside = 0 < value < 0.8
    assert made.item() == pytest.approx(0.8 * level)
    assert slope.item() == pytest.approx(float(inside))
    assert of_bound.item() == pytest.approx(level - share * inside, abs=1e-6)


def test_a_map_is_converted_with_its_pooling_and_normalisation():
    module = shifted(nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 5),
    )).eval()
    samples = torch.rand(20, 1, 8, 8)
    made = spw.convert(module, samples, steps=256, method="maximum")
    run = spw.run_real(made.network, np.repeat(samples.flatten(1).numpy()[:, None], 256, axis=1))
    assert np.abs(run.states[-1]["v"][:, -1] / 256 - outputs(module, samples)).max() < 0.02
    assert [layer.neurons for layer in made.network.layers] == [256, 24, 5]


def test_a_skip_between_values_is_kept():
    class Skipped(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.last = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)
            self.relu = nn.ReLU()  # one for both layers, as a module of values may have it

        def forward(self, values):
            values = self.relu(self.first(values))
            return self.last(self.relu(self.second(values) + values))

    module, samples = Skipped(), torch.rand(30, 6)
    made = spw.convert(module, samples, steps=256, method="maximum")
    run = spw.run_real(made.network, np.repeat(samples.numpy()[:, None], 256, axis=1))
    assert np.abs(run.states[-1]["v"][:, -1] / 256 - outputs(module, samples)).max() < 0.02


def trained(task, activation):
    """Train a small network of values on a task."""
    samples = torch.tensor(task.x_train).float().reshape(len(task.x_train), -1)
    labels = torch.tensor(task.y_train)
    module = dense(64, 32, 10, activation=activation).train()
    optimizer = torch.optim.Adam(module.parameters(), 0.01)
    for _ in range(25):
        for part in torch.randperm(len(samples)).split(256):
            loss = nn.functional.cross_entropy(module(samples[part] / 16), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return module.eval(), samples / 16


@pytest.mark.filterwarnings("ignore::spikewright.SpikewrightWarning")
def test_a_converted_network_runs_in_integers_and_in_gateware():
    task = spw.load_task("digits")
    module, samples = trained(task, lambda: spw.QCFS(8, bound=2.0))
    coding = spw.coding_of(task, name="direct", steps=8)
    made = spw.convert(module, samples[:300], steps=8)
    # The values of the task are 0 to 16, and the module was given 0 to 1.
    first, *rest = made.network.layers
    network = spw.RealNetwork(
        layers=(spw.RealLayer(
            weights=first.weights / 16, neuron=first.definition, parameters=first.parameters,
            bias=first.bias,
        ), *rest), steps=8,
    )
    quantized, _ = spw.quantize_on_task(
        network, task, coding=coding, options=spw.PostTraining(weight_bits=6)
    )
    real, integer = quantized.provenance.accuracies
    right = (outputs(module, torch.tensor(task.x_test).reshape(-1, 64) / 16).argmax(axis=1)
             == task.y_test).mean()
    assert right > 0.9
    assert real > right - 0.02
    assert integer > right - 0.04
    inputs = spw.encode(task.x_test[:2], coding)
    expected = spw.run_reference(quantized, inputs)
    assert spw.compare(spw.simulate(quantized, inputs), expected).equal
    # In integers, too, the first layer makes the nearest number of spikes of its current.
    layer = quantized.network.layers[0]
    run = spw.run_reference(quantized, spw.encode(task.x_test, coding))
    given = spw.encode(task.x_test, coding)[:, 0].astype(np.int64)
    current = (given @ np.array(layer.weights)) << layer.shift
    current = current + (0 if layer.bias is None else np.array(layer.bias))
    (level,) = np.atleast_1d(layer.fixed.parameters["threshold"])
    threshold = int(level * layer.membrane.one + 0.5)
    start = layer.fixed.start("v", neuron=0)
    assert np.array_equal(
        run.layers[0].spikes.sum(axis=1), np.clip((8 * current + start) // threshold, 0, 8)
    )


class Called(nn.Module):
    def forward(self, values):
        return nn.functional.relu(values)


@pytest.mark.parametrize(("module", "sentence"), [
    (lambda: nn.Sequential(nn.Linear(4, 3)),
     "the module has no ReLU and no QCFS, so there is nothing to convert"),
    (lambda: nn.Sequential(nn.Linear(4, 3), nn.ReLU()),
     ("the module ends in 1; leave the last activation out, for outputs are read by their "
      "membranes")),
    (lambda: nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2)),
     "1 is a Sigmoid, which is not imported; docs/import.md lists what is"),
    (lambda: nn.Sequential(
        nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3),
        snntorch.Leaky(beta=0.9, init_hidden=True), nn.Linear(3, 2)),
     "3 spikes already; convert() takes networks of values, and from_torch() those of spikes"),
    (lambda: nn.Sequential(nn.Linear(4, 3), spw.QCFS(4, bound=-1 + 2), nn.Linear(3, 2)), None),
])
def test_what_cannot_be_converted_is_refused(module, sentence):
    if sentence is None:
        made = module()
        made[1].bound.data.fill_(-0.5)
        sentence = (
            "1 has learned the bound -0.5; it must be above 0, so train with a lower learning rate"
        )
    else:
        made = module()
    with pytest.raises(spw.DataError) as caught:
        spw.convert(made, torch.rand(5, 4), steps=4)
    assert str(caught.value) == sentence


def test_a_function_in_the_place_of_a_module_is_told():
    module = nn.Sequential(nn.Linear(4, 3), Called(), nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2))
    with pytest.raises(spw.DataError, match=r"^1 is a Called, which is not imported; "):
        spw.convert(module, torch.rand(5, 4), steps=4)


def test_a_layer_that_is_never_active_is_told():
    module = dense(4, 3, 2)
    module[0].load_state_dict({"weight": torch.zeros(3, 4), "bias": torch.full((3,), -100.0)})
    with pytest.raises(spw.DataError) as caught:
        spw.convert(module, torch.rand(5, 4), steps=4)
    assert str(caught.value) == (
        "1 is never active on the samples, so layer 0 has no threshold; give samples that the "
        "module was trained on"
    )


@pytest.mark.parametrize(("change", "kind", "sentence"), [
    ({"steps": 0}, ValueError, "steps is 0; it must be a whole number of at least 1"),
    ({"method": "mean"}, ValueError, "method is 'mean'; there are percentile, maximum"),
    ({"percentile": 0}, ValueError, "percentile is 0; it must be above 0"),
    ({"samples": torch.rand(4)}, spw.DataError,
     "samples is of shape [4]; it must be samples × values, at least one"),
    ({"samples": torch.full((2, 4), torch.nan)}, spw.DataError,
     "samples hold values that are no finite numbers"),
])
def test_arguments_that_are_none_are_refused(change, kind, sentence):
    given = {"samples": torch.rand(5, 4), "steps": 4} | change
    with pytest.raises(kind) as caught:
        spw.convert(dense(4, 3, 2), **given)
    assert str(caught.value) == sentence
