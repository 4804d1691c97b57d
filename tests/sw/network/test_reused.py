"""Memory of large arrays: taken again when nothing holds it, and never before."""

import gc

import pytest
import torch

from spikewright.network import reused
from spikewright.network.model import Model
from spikewright.network.reused import empty, empty_like
from spikewright.network.training_config import training_config
from spikewright.task.digits import load


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(reused, "LEAST", 1 << 10)
    monkeypatch.setattr(reused, "MOST", 1 << 20)
    reused._kept.clear()
    yield
    reused._kept.clear()


def test_memory_is_taken_again():
    first = empty((16, 32), torch.zeros(1))
    address = first.data_ptr()
    assert first.shape == (16, 32) and first.is_contiguous() and address % 64 == 0
    del first
    gc.collect()
    assert reused._kept
    again = empty_like(torch.zeros(32, 16).t())
    assert again.data_ptr() == address and again.shape == (16, 32) and again.is_contiguous()
    assert again.dtype == torch.float32 and not again._is_view()
    del again
    gc.collect()
    reused.release()
    assert not reused._kept


@pytest.mark.parametrize("holds", [
    lambda made: made[3:5], lambda made: made.numpy(), lambda made: made.detach().view(-1),
    lambda made: torch.nn.Parameter(made),
])
def test_memory_that_something_holds_stays_as_it_is(holds):
    made = empty((16, 32), torch.zeros(1)).fill_(1)
    held = holds(made)
    del made
    gc.collect()
    others = [empty((16, 32), torch.zeros(1)).fill_(2) for _ in range(3)]
    assert (held == 1).all() and all((one == 2).all() for one in others)


def test_small_ones_are_pytorchs_and_as_much_is_kept_as_may_be():
    assert not reused._kept and empty((4,), torch.zeros(1)).shape == (4,) and not reused._kept
    several = [empty((1 << 17,), torch.zeros(1)) for _ in range(3)]
    del several
    gc.collect()
    assert [len(each) for each in reused._kept.values()] == [2]  # of 512 kB: 1 MB may be kept
    other = empty((1 << 16,), torch.zeros(1))
    assert {size: len(each) for size, each in reused._kept.items()} == {1 << 18: 0}
    assert other.data_ptr()


@pytest.mark.parametrize("neuron", ["lif", "recurrent_lif", "alpha"])
@pytest.mark.parametrize("event_products", [False, True])
def test_gradients_are_the_same_to_the_last_bit(neuron, event_products, monkeypatch):
    config = training_config(load(), hidden=(24,), neuron=neuron, steps=9)
    spikes = (torch.rand(30, 9, 64, generator=torch.Generator().manual_seed(0)) < 0.2).float()

    def gradients() -> list[torch.Tensor]:
        model = Model(
            config.model, generator=torch.Generator().manual_seed(1), steps=9, compiled=True,
            event_products=event_products,
        )
        outputs, made = model(spikes)
        loss = outputs.square().sum() + made.spikes[0].sum()
        return [outputs.detach(), *torch.autograd.grad(loss, list(model.parameters()))]

    lent = [gradients() for _ in range(3)]
    assert reused._kept
    monkeypatch.setattr(reused, "LEAST", 1 << 40)
    for each in zip(*lent, gradients(), strict=True):
        assert all(torch.equal(one, each[-1]) for one in each)
