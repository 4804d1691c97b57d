"""Gradient checkpointing over time: the same network, gradients and outputs, in less memory."""

import re
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

import spikewright as spw
from spikewright.network.losses import l1_activity, l2_activity
from spikewright.network.spiking_net import SpikingNet
from spikewright.network.train import train
from spikewright.network.training_config import Phase, training_config
from spikewright_hw.neuron import DEFINITIONS

from .made_tasks import patterns

STEPS, SAMPLES, INPUTS = 23, 6, 8  # segments of 5 steps, and of 3
SPIKES = (torch.rand(SAMPLES, STEPS, INPUTS, generator=torch.Generator().manual_seed(0)) < 0.4)


def results(net: SpikingNet, *, each_step: bool = False) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return outputs, and the gradients of a loss of them and of what spikes cost."""
    outputs = net(SPIKES.float(), each_step=each_step)
    last = outputs[:, -1] if each_step else outputs
    loss = functional.cross_entropy(last, torch.arange(SAMPLES) % 3)
    hidden = net.activity.hidden
    loss = loss + l1_activity(hidden) + l2_activity(hidden) + outputs.square().mean()
    wanted = list(net.parameters())
    gradients = torch.autograd.grad(loss, wanted, allow_unused=True)
    return outputs.detach(), [
        torch.zeros_like(one) if made is None else made
        for one, made in zip(wanted, gradients, strict=True)
    ]


def check_alike(name: str = "12-9-3", *, each_step: bool = False, **given) -> None:
    """Hold a network that recomputes to the same one that does not."""
    nets = [SpikingNet(name, inputs=INPUTS, recompute=one, **given) for one in (False, True)]
    assert not any(net.is_quantized for net in nets)
    for quantized in (False, True):
        if quantized:
            for net in nets:
                net.quantize()
        (outputs, gradients), (again, recomputed) = (
            results(net, each_step=each_step) for net in nets
        )
        assert torch.equal(outputs, again)
        assert any(one.any() for one in gradients)
        for one, other in zip(gradients, recomputed, strict=True):
            assert torch.allclose(one, other, rtol=1e-5, atol=1e-6 * float(one.abs().max()))
        assert torch.equal(nets[0].activity.spikes[-1], nets[1].activity.spikes[-1])
        for spikes, rate in zip(nets[0].activity.hidden, nets[1].activity.hidden, strict=True):
            assert torch.allclose(spikes.mean(dim=0), rate[0], rtol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("neuron", ["lif", "recurrent_lif", "adlif", "plif", "alpha"])
def test_outputs_are_equal_and_gradients_to_rounding(neuron, compiled):
    assert DEFINITIONS[neuron].spikes
    check_alike(neuron=neuron, compiled=compiled)


@pytest.mark.parametrize("readout", ["last", "maximum", "count", "first"])
def test_every_readout_goes_on_from_segment_to_segment(readout):
    check_alike(readout=readout, bias=True)


def test_outputs_of_each_step_layers_that_hear_several_and_layer_norm():
    check_alike(each_step=True)
    check_alike("6-9-3+2")
    net = SpikingNet("9-3", inputs=INPUTS, normalisation="layer", recompute=True)
    plain = SpikingNet("9-3", inputs=INPUTS, normalisation="layer")
    assert torch.equal(results(net)[0], results(plain)[0])


def saved_bytes(net: SpikingNet, spikes: torch.Tensor) -> int:
    """Return how much is kept for the gradients of a call, each storage once."""
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda one: one):
        outputs = net(spikes)
    assert outputs.requires_grad
    return sum(kept.values())


def test_what_is_kept_grows_with_the_root_of_the_steps():
    kept = {}
    for recompute in (False, True):
        net = SpikingNet(
            "64-3", inputs=1, neuron="recurrent_lif", recompute=recompute, compiled=True
        )
        for steps in (100, 400):
            kept[recompute, steps] = saved_bytes(net, torch.ones(16, steps, 1))
    assert kept[False, 400] > 3.5 * kept[False, 100]
    assert kept[True, 400] < kept[False, 400] / 8
    assert kept[True, 400] < 3 * kept[True, 100]  # the last layer's steps are there, too


def test_a_training_that_recomputes():
    task = patterns()
    config = training_config(task, hidden=(8,), recompute=True)
    short = Phase(epochs=2, learning_rate=0.02)
    config = replace(config, real=short, quantized=short)
    assert config.settings()["recompute"] is True
    made = train(config, task, seed=0)
    again = train(replace(config, recompute=False), task, seed=0)
    assert made.accuracy_integer == pytest.approx(again.accuracy_integer, abs=0.1)


@pytest.mark.parametrize(("change", "what"), [
    ({"normalisation": "tdbn"}, "normalisation='tdbn', whose means are over all steps at once"),
    ({"surrogate": "asgl"}, "surrogate='asgl', which draws anew each time"),
    ({"network": "8r-10"},
     "a layer that hears itself by r, which reaches back beyond a segment; recurrent_lif may"),
    ({"network": "8@0,2-10"},
     "a layer that hears delayed spikes, which reach back beyond a segment"),
])
def test_what_cannot_be_recomputed_is_named(change, what):
    message = f"recompute=True does not go with {what}; change that, or leave recompute= out"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        training_config(spw.load_task("digits"), recompute=True, **change)
    network = change.pop("network", "8-10")
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SpikingNet(network, inputs=64, recompute=True, **change)
