"""Spike times in continuous time: by small steps, and gradients by finite differences."""

import re

import numpy as np
import pytest
import torch

import spikewright as spw
from spikewright.network.event_layer import Times, spike_times
from spikewright.network.event_net import EventNet, time_loss

from .made_tasks import patterns

TIMES = Times(membrane=10.0, synapse=5.0, threshold=1.0, end=40.0, most=3)


def drawn(seed: int, *shape: int, low: float, high: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)


ARRIVING = drawn(0, 3, 6, low=0, high=20)
ARRIVING[0, 2] = torch.inf
WEIGHTS = drawn(1, 6, 4, low=-0.4, high=3.6)
ROWS = torch.arange(6)


def stepped(arriving: np.ndarray, weights: np.ndarray, times: Times, *, dt: float) -> list[float]:
    """Return the spikes of one neuron by small steps of its two equations."""
    current = membrane = 0.0
    found = []
    for step in range(round(times.end / dt)):
        now = step * dt
        here = (arriving >= now) & (arriving < now + dt)
        current += float(weights[here].sum())
        membrane += dt * (current - membrane) / times.membrane
        current -= dt * current / times.synapse
        if membrane >= times.threshold and len(found) < times.most:
            found.append(now + dt)
            membrane -= times.threshold
    return found


def test_spikes_come_when_the_equations_reach_the_threshold():
    found = spike_times(ARRIVING, ROWS, WEIGHTS, TIMES).numpy()
    assert np.isfinite(found).sum() > 12 and np.isinf(found).any()
    for sample in range(3):
        for neuron in range(4):
            slow = stepped(ARRIVING[sample].numpy(), WEIGHTS[:, neuron].numpy(), TIMES, dt=0.002)
            fast = found[sample, neuron][np.isfinite(found[sample, neuron])]
            assert len(slow) == len(fast)
            np.testing.assert_allclose(fast, slow, atol=0.03)


def test_gradients_of_weights_are_those_of_finite_differences():
    there = spike_times(ARRIVING, ROWS, WEIGHTS, TIMES).isfinite()
    weights = WEIGHTS.clone().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda one: spike_times(ARRIVING, ROWS, one, TIMES)[there], (weights,), atol=1e-6
    )


def test_gradients_of_times_are_those_of_finite_differences():
    arriving = torch.where(ARRIVING.isinf(), 39.0, ARRIVING).requires_grad_()
    there = spike_times(arriving, ROWS, WEIGHTS, TIMES).isfinite()
    assert torch.autograd.gradcheck(
        lambda one: spike_times(one, ROWS, WEIGHTS, TIMES)[there], (arriving,), atol=1e-6
    )


@pytest.mark.parametrize("most", [1, 3])
def test_gradients_go_through_layers_of_neurons_that_spike_often(most):
    net = EventNet((6, 4, 2), steps=40, most=most)
    with torch.no_grad():
        net.weights[0].copy_(WEIGHTS)
        net.weights[1].copy_(drawn(2, 4, 2, low=0, high=3))
    labels = torch.tensor([0, 1, 1])

    def loss(*weights: torch.Tensor) -> torch.Tensor:
        for name, one in zip(("0", "1"), weights, strict=True):
            net.weights._parameters[name] = one  # pyright: ignore[reportArgumentType]
        return time_loss(net(ARRIVING), labels)

    given = [one.detach().clone().requires_grad_() for one in net.weights]
    assert float(loss(*given).detach()) > 0 and all(
        one[..., 0].isfinite().any() for one in net.spikes
    )
    assert torch.autograd.gradcheck(loss, given, atol=1e-6)


def test_in_steps_a_spike_falls_into_its_step():
    net = EventNet((6, 4, 2), steps=40)
    with torch.no_grad():
        net.weights[0].copy_(WEIGHTS / 4)
        net.weights[1].copy_(drawn(2, 4, 2, low=0, high=3))
    spikes = np.zeros((1, 40, 6), bool)
    spikes[0, [0, 2, 3, 7, 8, 9], range(6)] = True
    times = net.times_of(torch.from_numpy(spikes))
    assert times.tolist() == [[0, 2, 3, 7, 8, 9]]
    net(times)
    ran = spw.run_real(net.real_network(), spikes)
    exact = net.spikes[0][0].detach().numpy()
    for neuron in range(4):
        steps = np.flatnonzero(ran.spikes[0][0, :, neuron])
        first = exact[neuron, 0]
        assert (len(steps) == 0 and np.isinf(first)) or steps[0] == np.ceil(first) - 1


def test_it_learns_and_ends_in_integers():
    task, coding = patterns(), spw.Spikes(inputs=12, steps=6)
    net = EventNet((12, 8, 3), steps=6, membrane=6.0, synapse=3.0, most=2, seed=1)
    times = net.times_of(torch.from_numpy(task.x_train))
    labels = torch.from_numpy(task.y_train)
    optimizer = torch.optim.Adam(net.parameters(), 0.1)
    for _ in range(12):
        for part in torch.arange(len(labels)).split(60):
            loss = time_loss(net(times[part]), labels[part], scale=0.5)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            net.wake()
    found = net(net.times_of(torch.from_numpy(task.x_test))).argmin(dim=1).numpy()
    assert np.mean(found == task.y_test) > 0.6  # chance is 1/3
    made, _ = spw.quantize_on_task(
        net.real_network(), task, coding=coding, options=spw.PostTraining(margin=8)
    )
    assert made.network.readout == "first" and made.network.layers[0].neuron == "cuba_lif"


def test_silent_neurons_are_woken():
    net = EventNet((2, 3, 1), steps=4)
    with torch.no_grad():
        net.weights[0].zero_()
    assert net(torch.zeros(2, 2)).tolist() == [[4.0], [4.0]]
    assert net.wake(0.5) == 4
    assert net.weights[0].tolist() == [[0.5] * 3] * 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sizes": (3,)}, "sizes is (3,); it needs inputs and outputs"),
        ({"sizes": (3, 10**9)}, "sizes[1] is 1000000000; it must be a whole number from 1 to"),
        ({"steps": 0}, "steps is 0; "),
        ({"most": 0}, "most is 0; "),
        ({"membrane": 5.0}, "synapse is 5; it must be below membrane, 5"),
        ({"threshold": 0.0}, "threshold is 0; it must be above 0"),
        ({"seed": -1}, "seed is -1; "),
    ],
)
def test_a_wrong_argument_is_a_sentence(given, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        EventNet(**{"sizes": (3, 2), "steps": 4, **given})


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (torch.zeros(2, 4), "times is of shape [2, 4]; it must be [samples, 3]"),
        (torch.full((2, 3), -1.0), "times has a time that is no number, or below 0"),
        (torch.full((2, 3), torch.nan), "times has a time that is no number, or below 0"),
        ([0], "times is [0]; it must be of the class Tensor"),
    ],
)
def test_times_that_are_none_are_refused(times, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        EventNet((3, 2), steps=4)(times)


def test_a_loss_of_times_takes_labels_and_a_scale():
    times = torch.tensor([[1.0, 3.0], [2.0, 2.0]])
    expected = -np.log(1 / (1 + np.exp(-1))), -np.log(0.5)
    assert float(time_loss(times, torch.tensor([0, 1]), scale=2.0)) == pytest.approx(
        np.mean(expected)
    )
    for given, said in (
        ((times, torch.tensor([0, 2])), "labels has 2; "),
        ((times[0], torch.tensor([0])), "times must be a tensor [samples, classes]"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
            time_loss(*given)
    with pytest.raises(ValueError, match=r"^scale is 0; it must be above 0$"):
        time_loss(times, torch.tensor([0, 1]), scale=0)
