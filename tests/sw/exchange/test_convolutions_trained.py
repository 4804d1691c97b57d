"""Convolutional networks of frameworks on the digits, imported, in integers, and in gateware."""

# The frameworks have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportAttributeAccessIssue=false

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import snntorch as snn
import torch
from torch import Tensor, nn

from spikewright.coding.ttfs import Ttfs
from spikewright.device.simulation import simulate
from spikewright.exchange.from_torch import from_torch
from spikewright.gateware.design import run_reference
from spikewright.job.compare import compare
from spikewright.network.fast import Predictor
from spikewright.network.post_training import PostTraining, quantize
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_real
from spikewright.task.digits import load

from .drawn_modules import Drawn, channels_first, sent_by_neurons
from .frameworks import functional, layer, neuron

STEPS = 8
EPOCHS = 25
#: Share of the test part that a trained network must have right, in real numbers.
LEAST = 0.95


def _snntorch() -> Drawn:
    def leaky() -> nn.Module:
        return snn.Leaky(beta=0.9, init_hidden=True)

    return Drawn(nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), leaky(),
        nn.AvgPool2d(2), nn.Conv2d(8, 16, 3), leaky(),
        nn.Flatten(), nn.Linear(64, 10), leaky(),
    ), (1, 8, 8), sequence=False)


def _spikingjelly() -> Drawn:
    module = nn.Sequential(
        layer.Conv2d(1, 8, 3, padding=1, bias=False), layer.BatchNorm2d(8),
        neuron.LIFNode(tau=3.0, decay_input=False),
        layer.Conv2d(8, 16, 3, groups=2), layer.AvgPool2d(2),
        neuron.IFNode(v_reset=None), layer.Dropout(0.1), layer.Flatten(),
        layer.Linear(144, 10), neuron.LIFNode(tau=4.0, decay_input=False),
    )
    functional.set_step_mode(module, "m")
    return Drawn(module, (1, 8, 8), sequence=True)


MADE: dict[str, Callable[[], Drawn]] = {"snntorch": _snntorch, "spikingjelly": _spikingjelly}


def coding() -> Ttfs:
    return Ttfs(inputs=64, steps=STEPS, high=16.0, silent=2.0)


def _restart(made: Drawn) -> None:
    functional.reset_net(made.module)
    for part in made.module.modules():
        if isinstance(part, snn.Leaky):
            part.mem = torch.zeros(0)


def _sent(made: Drawn, spikes: Tensor) -> Tensor:
    """Return what the last neurons send, ``[steps, samples, outputs]``."""
    _restart(made)
    return made.module(spikes) if made.sequence else torch.stack([made.module(x) for x in spikes])


@cache
def trained(name: str, epochs: int) -> Drawn:
    """Return a module after some epochs on the digits; without any, one with large weights."""
    task = load()
    print("seed 0")
    torch.manual_seed(0)
    made = MADE[name]()
    if not epochs:
        for weight in made.module.parameters():
            weight.data *= 3
        return made
    optimiser = torch.optim.Adam(made.module.parameters(), lr=1e-2)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    spikes = torch.from_numpy(_images(task.x_train).swapaxes(0, 1)).float()
    labels = torch.from_numpy(task.y_train)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for _ in range(epochs):
        for batch in torch.randperm(len(labels)).split(64):
            loss = nn.functional.cross_entropy(_sent(made, spikes[:, batch]).sum(0), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        rate.step()
    torch.set_num_threads(threads)
    _restart(made)
    return made


def _images(samples: np.ndarray) -> np.ndarray:
    """Return spikes ``[samples, steps, 1, 8, 8]``."""
    return coding().encode(samples).reshape(len(samples), STEPS, 1, 8, 8)


def imported(made: Drawn) -> RealNetwork:
    example = torch.zeros((STEPS, 1, 1, 8, 8) if made.sequence else (1, 1, 8, 8))
    return from_torch(
        made.module, example, steps=None if made.sequence else STEPS, readout="count"
    )


def check_spikes(name: str, epochs: int, samples: np.ndarray) -> None:
    """Hold every layer of a network to the framework's own neurons."""
    made = trained(name, epochs)
    network = imported(made)
    run = run_real(network, coding().encode(samples))
    expected = sent_by_neurons(made, _images(samples))
    assert len(expected) == len(network.layers) == 3
    for mine, one, its in zip(run.spikes, network.layers, expected, strict=True):
        np.testing.assert_array_equal(channels_first(mine, one.connection.target), its)
        assert 0.005 < its.mean() < 0.995


def check_gateware(network: RealNetwork, spikes: np.ndarray, *, samples: int) -> None:
    """Hold the simulated gateware of a network in integers to the reference."""
    made = quantize(network, spikes, options=PostTraining(weight_bits=4))
    expected = run_reference(made.network, spikes[:samples])
    comparison = compare(simulate(made.network, spikes[:samples]), expected)
    assert comparison.equal, comparison.mismatches
    assert expected.outputs.any()


@pytest.mark.parametrize("name", MADE)
def test_untrained_it_sends_the_same_spikes(name):
    check_spikes(name, 0, load().x_test[:100])


def _small_recurrent() -> nn.Module:
    return snn.RLeaky(beta=0.5, conv2d_channels=2, kernel_size=3, init_hidden=True)


@pytest.mark.parametrize("neurons", [
    lambda: snn.Leaky(beta=0.5, init_hidden=True), _small_recurrent,
], ids=["Leaky", "RLeaky"])
def test_a_small_one_is_exact_in_gateware(neurons):
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(2, 2, 3, stride=2, padding=1), neurons(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(2, 3), snn.Leaky(beta=0.5, init_hidden=True),
    )
    for weight in module.parameters():
        weight.data *= 4
    network = from_torch(module, torch.zeros(1, 2, 4, 4), steps=3, readout="count")
    spikes = np.random.default_rng(0).random((20, 3, 32)) < 0.5
    check_gateware(network, spikes, samples=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_trained_it_keeps_its_spikes_in_integers_and_in_gateware(name):
    task = load()
    check_spikes(name, EPOCHS, task.x_test)
    network, spikes = imported(trained(name, EPOCHS)), coding().encode(task.x_test)
    before = np.mean(run_real(network, spikes).predictions == task.y_test)
    made = quantize(network, coding().encode(task.x_train[:500]))
    after = np.mean(Predictor(made.network)(spikes) == task.y_test)
    print(f"{name}: {before:.4f} in real numbers, {after:.4f} in integers")
    assert before >= LEAST
    assert after >= before - 0.02
    check_gateware(network, coding().encode(task.x_train[:100]), samples=3)
