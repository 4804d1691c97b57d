"""Losses of spikes and membranes: against their equations, and in a training."""

import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from spikewright.network.choices import LOSSES, OF_MEMBRANES, OF_SPIKES, SURROGATE_NAMES
from spikewright.network.losses import (
    first_spike_loss,
    first_spikes,
    l1_activity,
    l2_activity,
    membrane_loss,
    spike_count_loss,
    spike_rate_loss,
    tet_loss,
)
from spikewright.network.surrogate import SURROGATES
from spikewright.network.train import train
from spikewright.network.training_config import TrainingConfig, training_config

from .made_tasks import latest, patterns, sums

STEPS, SAMPLES, OUTPUTS = 5, 4, 3
SPIKES = (torch.rand(STEPS, SAMPLES, OUTPUTS, generator=torch.Generator().manual_seed(0)) > 0.6
          ).double()
MEMBRANES = torch.randn(
    STEPS, SAMPLES, OUTPUTS, generator=torch.Generator().manual_seed(1), dtype=torch.float64
)
LABELS = torch.tensor([0, 2, 1, 2])


def entropy(logits, label: int) -> float:
    shares = np.exp(logits) / np.exp(logits).sum()
    return -float(np.log(shares[label]))


def mean_entropy(logits) -> float:
    return float(np.mean([
        entropy(one, int(label)) for one, label in zip(logits, LABELS, strict=True)
    ]))


def test_the_count_of_spikes():
    counts = np.array([[sum(SPIKES[:, n, k]) for k in range(OUTPUTS)] for n in range(SAMPLES)])
    assert float(spike_count_loss(SPIKES, LABELS)) == pytest.approx(
        mean_entropy(counts * 8 / STEPS)
    )


def test_the_rate_of_spikes():
    total = 0.0
    for n, label in enumerate(LABELS.tolist()):
        for k in range(OUTPUTS):
            wanted = 0.9 if k == label else 0.1
            total += (float(SPIKES[:, n, k].mean()) - wanted) ** 2
    found = spike_rate_loss(SPIKES, LABELS, right=0.9, wrong=0.1)
    assert float(found) == pytest.approx(total / (SAMPLES * OUTPUTS))


def test_the_first_spike():
    early = np.zeros((SAMPLES, OUTPUTS))
    for n in range(SAMPLES):
        for k in range(OUTPUTS):
            times = np.flatnonzero(SPIKES[:, n, k].numpy())
            early[n, k] = STEPS - times[0] if len(times) else 0
    assert np.array_equal(first_spikes(SPIKES).numpy(), early)
    assert float(first_spike_loss(SPIKES, LABELS)) == pytest.approx(
        mean_entropy(early * 8 / STEPS)
    )


def test_a_first_spike_has_the_gradient_of_what_it_changes():
    spikes = torch.tensor([0.0, 1.0, 0.0, 1.0]).view(4, 1, 1).requires_grad_()
    first_spikes(spikes).sum().backward()
    assert spikes.grad is not None
    # A spike in the first step is one step earlier; without that of step 1 it would be step 3.
    assert spikes.grad.flatten().tolist() == [1, 2, 0, 0]


def test_membranes_of_labels_and_of_values():
    one_hot = np.eye(OUTPUTS)[LABELS]
    assert float(membrane_loss(MEMBRANES, LABELS)) == pytest.approx(
        np.mean((MEMBRANES.numpy() - one_hot) ** 2)
    )
    values = MEMBRANES[0] + 0.5
    assert float(membrane_loss(MEMBRANES, values)) == pytest.approx(
        np.mean((MEMBRANES - values).numpy() ** 2)
    )


def test_targets_of_each_step():
    labels = torch.arange(STEPS * SAMPLES).view(SAMPLES, STEPS) % OUTPUTS
    wanted = np.eye(OUTPUTS)[labels.T.numpy()]
    assert float(membrane_loss(MEMBRANES, labels)) == pytest.approx(
        np.mean((MEMBRANES.numpy() - wanted) ** 2)
    )
    assert float(membrane_loss(MEMBRANES, MEMBRANES.transpose(0, 1))) == 0.0
    assert float(tet_loss(MEMBRANES, MEMBRANES.transpose(0, 1))) == 0.0
    each = [
        entropy(MEMBRANES[t, n].numpy(), int(labels[n, t]))
        for t in range(STEPS) for n in range(SAMPLES)
    ]
    assert float(tet_loss(MEMBRANES, labels, share=0.0)) == pytest.approx(np.mean(each))


def test_temporal_efficient_training():
    each = [mean_entropy(MEMBRANES[step].numpy()) for step in range(STEPS)]
    distance = np.mean((MEMBRANES.numpy() - 1) ** 2)
    assert float(tet_loss(MEMBRANES, LABELS, share=0.25)) == pytest.approx(
        0.75 * np.mean(each) + 0.25 * distance
    )


def test_what_spikes_cost():
    layers = [SPIKES, torch.ones(STEPS, SAMPLES, 1, dtype=torch.float64)]
    assert float(l1_activity(layers)) == pytest.approx((float(SPIKES.mean()) + 1) / 2)
    rates = SPIKES.numpy().mean(axis=0)
    assert float(l2_activity(layers)) == pytest.approx((np.mean(rates**2) + 1) / 2)


def brief(task, **given) -> TrainingConfig:
    config = training_config(task, hidden=(16,), epochs=12, **given)
    return replace(config, batch=30, spike_cost=0.0)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_network_learns_by_each_of_them(loss):
    task = patterns()
    readout = "count" if loss in OF_SPIKES else "last"
    trained = train(brief(task, readout=readout, loss=loss), task, seed=0)
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.6  # chance is 1/3


@pytest.mark.parametrize("loss", OF_MEMBRANES)
@pytest.mark.parametrize("each_step", [False, True])
def test_values_are_learned_too(each_step, loss):
    task = sums(each_step=each_step)
    trained = train(brief(task, loss=loss), task, seed=0)
    apart = float(np.std(task.y_test - task.y_test.mean(axis=0)))  # the error of the mean
    assert trained.error_integer is not None and trained.error_integer < 0.8 * apart


@pytest.mark.parametrize("loss", OF_MEMBRANES)
def test_sequences_of_labels_are_learned_too(loss):
    task = latest()
    trained = train(brief(task, loss=loss), task, seed=0)
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.42  # chance is 1/3


@pytest.mark.parametrize("cost", ["l1", "l2"])
def test_spikes_that_cost_are_fewer(cost):
    task = patterns()
    config = brief(task)
    spikes = {}
    for weight in (0.0, 3.0):
        trained = train(replace(config, **{cost: weight}), task, seed=0)
        given = torch.from_numpy(config.coding.encode(task.x_test)).float()
        with torch.no_grad():
            spikes[weight] = float(trained.model(given)[1].spikes[0].sum())
    assert spikes[3.0] < 0.9 * spikes[0.0]


def test_a_loss_that_does_not_fit_the_readout_is_refused():
    message = (
        "loss is 'spike_rate', but the readout 'last' is one of membranes; take outputs, membrane "
        "or tet, or another readout"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        training_config(patterns(), loss="spike_rate")
    with pytest.raises(ValueError, match="loss is 'tet', but the readout 'count' is one of spikes"):
        training_config(patterns(), loss="tet", readout="count")


@pytest.mark.parametrize("name", SURROGATES)
def test_a_network_learns_with_each_surrogate(name):
    task = patterns()
    config = brief(task, surrogate=name)
    assert config.settings()["model"]["surrogate"] == name
    trained = train(config, task, seed=0)
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.6


def test_the_surrogates_are_those_that_are_named():
    assert tuple(SURROGATES) == SURROGATE_NAMES


@pytest.mark.parametrize("given", [
    {"surrogate": "asgl"}, {"learn_surrogate": True},
    {"surrogate": "multi_gaussian", "learn_surrogate": True},
], ids=["asgl", "arc_tangent", "multi_gaussian"])
def test_a_slope_that_is_learned_is_learned_from_the_seed(given):
    task = patterns()
    one, again = (train(brief(task, **given), task, seed=0) for _ in range(2))
    slope, other = (float(made.model.slope.detach()) for made in (one, again))
    assert slope != pytest.approx(1 / 0.33) and slope == other
    assert one.network == again.network


def test_a_width_that_is_not_there_is_not_learned():
    with pytest.raises(ValueError, match=r"^surrogate is 'straight_through', which has no width"):
        brief(patterns(), surrogate="straight_through", learn_surrogate=True)


def test_batches_of_one_are_trained_on():
    task = patterns()
    small = replace(task, x_train=task.x_train[:12], y_train=task.y_train[:12])
    trained = train(replace(brief(small), batch=1), small, seed=0)
    assert trained.accuracy_integer is not None


@pytest.mark.parametrize("loss", [
    spike_count_loss, spike_rate_loss, first_spike_loss, membrane_loss, tet_loss,
])
@pytest.mark.parametrize(
    ("did", "labels", "message"),
    [
        (SPIKES, LABELS[:2], "labels is of shape [2] and of torch.int64; it must be of shape [4]"),
        (SPIKES, LABELS + 1, " has the classes 0 to 2"),
        (SPIKES, LABELS - 1, "labels has -1; "),
        (SPIKES, LABELS.int(), "labels is of shape [4] and of torch.int32; it must be of shape"),
        (SPIKES, LABELS.tolist(), "labels is [0, 2, 1, 2]; it must be of the class Tensor"),
        (SPIKES[0], LABELS, " is of shape [4, 3]; it must be a tensor [steps, samples, neurons]"),
        (SPIKES[:0], LABELS, " is of shape [0, 4, 3]; it must be a tensor"),
        (None, LABELS, " is None; it must be a tensor [steps, samples, neurons]"),
    ],
)
def test_what_a_loss_cannot_be_of_is_refused(loss, did, labels, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        loss(did, labels)


@pytest.mark.parametrize("loss", [membrane_loss, tet_loss])
def test_values_of_another_shape_are_refused(loss):
    with pytest.raises(ValueError, match=re.escape(
        "targets is of shape [4]; values are [4, 3] or [4, 5, 3] of these membranes"
    )):
        loss(MEMBRANES, torch.zeros(4))


@pytest.mark.parametrize("loss", [spike_count_loss, spike_rate_loss, first_spike_loss, tet_loss])
@pytest.mark.parametrize("value", [-0.5, 1.5, float("nan"), "all"])
def test_a_share_is_from_0_to_1(loss, value):
    shares = [name for name in inspect.signature(loss).parameters
              if name in ("smoothing", "share", "right", "wrong")]
    assert shares
    for name in shares:
        with pytest.raises(ValueError, match=f"^{name} is "):
            loss(MEMBRANES, LABELS, **{name: value})


@pytest.mark.parametrize("loss", [l1_activity, l2_activity])
@pytest.mark.parametrize(
    ("spikes", "said"),
    [
        ([], "spikes is []; it must be a list of tensors, one a layer"),
        (SPIKES, "; it must be a list of tensors, one a layer"),
        ([SPIKES, SPIKES[0]], "spikes[1] is of shape [4, 3]; it must be a tensor [steps, samples"),
    ],
)
def test_activity_is_of_layers(loss, spikes, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        loss(spikes)


def test_first_spikes_are_of_what_a_layer_did():
    with pytest.raises(ValueError, match=r"^spikes is of shape \[4, 3\]; it must be a tensor"):
        first_spikes(SPIKES[0])
