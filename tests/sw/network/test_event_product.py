"""Products of spikes and weights, event by event: values, gradients, and what they train."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from spikewright import native
from spikewright.network import event_product as products
from spikewright.network import wiring
from spikewright.network.event_product import event_product
from spikewright.network.train import train
from spikewright.network.training_config import Phase, training_config
from spikewright.task import digits


def drawn(samples: int, inputs: int, neurons: int, share: float, *, graded: bool) -> list[Tensor]:
    generator = torch.Generator().manual_seed(samples + inputs)
    there = torch.rand(3, samples, inputs, generator=generator) < share
    size = torch.rand(there.shape, generator=generator) if graded else torch.ones(there.shape)
    given = (there * size, torch.randn(inputs, neurons, generator=generator))
    return [one.double().requires_grad_() for one in given]


def results(heard: Tensor, weights: Tensor, made: Tensor) -> list[Tensor]:
    given = torch.randn(made.shape, generator=torch.Generator().manual_seed(1), dtype=made.dtype)
    return [made.detach(), *torch.autograd.grad(made, (heard, weights), given)]


@pytest.mark.parametrize("graded", [False, True])
@pytest.mark.parametrize("share", [0, 0.1, 1])
@pytest.mark.parametrize(("samples", "inputs", "neurons"), [
    (1, 1, 1), (5, 17, 10), (70, 33, 128), (29, 100, 300),
])
def test_it_is_the_product_of_matrices(samples, inputs, neurons, share, graded):
    given = drawn(samples, inputs, neurons, share, graded=graded)
    for kind, near in ((torch.float64, 1e-12), (torch.float32, 1e-4)):
        heard, weights = (one.detach().to(kind).requires_grad_() for one in given)
        made = event_product(heard, weights)
        assert made is not None
        for one, other in zip(
            results(heard, weights, made), results(heard, weights, heard @ weights), strict=True
        ):
            assert one.dtype == kind and torch.allclose(one, other, atol=near, rtol=near)


def test_sums_are_in_the_order_of_the_events():
    heard, weights = drawn(9, 50, 21, 0.4, graded=False)
    heard, weights = heard.detach().float(), weights.detach().float()
    expected = torch.zeros(3, 9, 21)
    for place in range(50):  # one after the other, whatever else a processor would do
        expected += heard[..., place, None] * weights[place]
    made = event_product(heard, weights)
    assert made is not None and torch.equal(made, expected)


def test_integers_are_exact_whatever_the_order():
    heard = (torch.rand(2, 64, 200) < 0.3).float()
    weights = torch.randint(-7, 8, (200, 30)).float()
    made = event_product(heard, weights)
    assert made is not None and torch.equal(made, heard @ weights)


def test_other_types_and_no_compiler_are_left_to_matrices(monkeypatch):
    assert event_product(torch.ones(2, 3).bfloat16(), torch.ones(3, 4).bfloat16()) is None
    assert event_product(torch.ones(2, 3), torch.ones(3, 4).double()) is None
    monkeypatch.setenv(native.SWITCH, "0")
    native.library.cache_clear()
    products._functions.cache_clear()
    assert event_product(torch.ones(2, 3), torch.ones(3, 4)) is None
    products._functions.cache_clear()


def test_a_training_by_events_is_as_good(monkeypatch):
    called = []

    def noted(heard: Tensor, weights: Tensor) -> Tensor | None:
        called.append(heard.shape)
        return event_product(heard, weights)

    monkeypatch.setattr(wiring, "event_product", noted)
    task = digits.load()
    config = training_config(task, hidden=(32,), event_products=True)
    assert config.settings()["event_products"] is True
    real, grid = (Phase(epochs=n, learning_rate=rate) for n, rate in ((12, 0.03), (3, 0.002)))
    config = replace(config, real=real, quantized=grid)
    found = [
        train(replace(config, event_products=events), task, seed=0).accuracy_integer
        for events in (True, False)
    ]
    batches = len(task.x_train) // config.batch
    assert len(called) == 2 * (batches * (12 + 3) + 1)  # two layers; and once for the test part
    assert all(one is not None and one > 0.9 for one in found)
