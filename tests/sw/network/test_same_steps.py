"""Inputs that are the same in every step: one product for all of them, and the same gradients."""

from dataclasses import replace

import pytest
import torch

from spikewright.coding.coding import encode
from spikewright.network import wiring
from spikewright.network.exact_sums import exact_product
from spikewright.network.model import Model
from spikewright.network.steps import TrainingSpikes, _given
from spikewright.network.training_config import training_config
from spikewright.task.digits import load

STEPS, SAMPLES = 6, 20


def spikes_of(config) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return TrainingSpikes(config, load(), generator=generator).epoch()


def test_an_epoch_has_one_of_the_steps():
    config = training_config(load(), coding="direct", steps=STEPS, augmentation=False)
    made = spikes_of(config)
    assert made.shape == (1437, STEPS, 64) and made.stride(1) == 0
    assert torch.equal(made, torch.from_numpy(encode(load().x_train, config.coding)))
    batch = torch.tensor([3, 1, 2])
    assert torch.equal(_given(made, batch, torch.device("cpu")), made[batch].float())


@pytest.mark.parametrize("given", [
    {}, {"hidden": "8C3-P2-16"}, {"bias": True, "normalisation": "tebn"},
    {"event_products": True}, {"recompute": True}, {"neuron": "alpha"},
])
@pytest.mark.parametrize("on_grid", [False, True])
def test_gradients_are_those_of_products_of_all_steps(given, on_grid, monkeypatch):
    config = training_config(load(), coding="direct", steps=STEPS, augmentation=False, **given)
    # Inputs of 0 and 1 and weights of few bits, whose sums do not round: no spike is another.
    once = 15 * (spikes_of(config)[:SAMPLES, :1] > 7)
    expanded = once.expand(-1, STEPS, -1)
    products = []
    dense = wiring._product
    monkeypatch.setattr(wiring, "_product", lambda *given: products.append(len(given[1])) or dense(
        *given
    ))
    found = []
    for inputs in (_given(expanded, torch.arange(SAMPLES), torch.device("cpu")),
                   expanded.float().contiguous()):
        model = Model(
            config.model, generator=torch.Generator().manual_seed(1), steps=STEPS,
            event_products=config.event_products, recompute=config.recompute,
        )
        with torch.no_grad():
            for weights in model.weights:
                weights.copy_((weights * 256).round() / 256)
        if on_grid:
            model.quantize()
        products.clear()
        outputs, _ = model(inputs)
        found.append([outputs.detach(), *torch.autograd.grad(
            outputs.square().sum(), list(model.parameters()), allow_unused=True
        )])
        assert (1 in products) == (inputs.stride(1) == 0)
    for one, other in zip(*found, strict=True):
        if one is not None:
            assert torch.allclose(one, other, rtol=1e-4, atol=1e-5 * float(other.abs().max()))


def test_exact_sums_are_of_all_steps(monkeypatch):
    config = training_config(
        load(), coding="direct", steps=STEPS, augmentation=False, same_everywhere=True
    )
    made = _given(spikes_of(config), torch.arange(SAMPLES), torch.device("cpu"))
    lengths = []
    exact = exact_product
    monkeypatch.setattr(
        wiring, "exact_product", lambda a, b: lengths.append(len(a)) or exact(a, b)
    )
    model = Model(
        replace(config.model), generator=torch.Generator().manual_seed(1), steps=STEPS,
        exact_sums=True,
    )
    model(made)
    assert set(lengths) == {STEPS}
