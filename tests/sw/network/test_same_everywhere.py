"""A training that is the same on every processor: exact sums, plain functions, what is refused."""

import hashlib
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import spikewright as spw
from spikewright.errors import DataError
from spikewright.network.augment import augment
from spikewright.network.augmentation import Augmentation
from spikewright.network.exact_sums import exact_product, exact_sum
from spikewright.network.plain_steps import (
    PlainAdamW,
    bell,
    cosine_and_sine,
    cosine_schedule,
    cross_entropy,
    exponential,
)
from spikewright.network.plain_steps import augment as plain_augment
from spikewright.network.train import train
from spikewright.network.training_config import Phase, training_config

from .made_tasks import sums

#: What holds libraries to what processors without wide vectors do.
NARROW = {
    "ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "ONEDNN_MAX_CPU_ISA": "SSE41", "SPIKEWRIGHT_COMPILED": "0",
}


def trained(*, same: bool) -> str:
    """Return a digest of the weights of a brief training."""
    drawn = np.random.default_rng(0).integers(0, 17, (300, 64)).astype(np.float32)
    labels = drawn.reshape(300, 4, 16).sum(axis=2).argmax(axis=1)
    drawn = drawn.reshape(300, 8, 8)
    task = spw.Task(
        name="drawn", kind="image", x_train=drawn[:250], y_train=labels[:250], x_test=drawn[250:],
        y_test=labels[250:], shape=(8, 8), low=0, high=16, classes=4,
    )
    config = training_config(task, hidden=(32,), same_everywhere=same, bias=True)
    brief = [Phase(epochs=4, learning_rate=rate) for rate in (0.03, 0.002)]
    made = train(replace(config, real=brief[0], quantized=brief[1]), task, seed=0)
    digest = hashlib.sha256()
    for one in made.model.parameters():
        digest.update(one.detach().numpy().tobytes())
    return digest.hexdigest()


def test_vectors_and_libraries_change_nothing():
    """The second half is the test of the test: without exact sums the weights differ."""
    run = (
        "from network.test_same_everywhere import trained; "
        "print(trained(same=True), trained(same=False))"
    )
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    made = subprocess.run(
        [sys.executable, "-c", run], env={**os.environ, **NARROW, "PYTHONPATH": paths},
        capture_output=True, text=True, check=True, timeout=120,
    )
    same, usual = made.stdout.split()
    assert trained(same=True) == same
    wide = torch.backends.cpu.get_cpu_capability() != "DEFAULT"
    assert (trained(same=False) != usual) == wide


def test_the_order_of_a_sum_changes_nothing():
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(30, 700, generator=generator) * 10.0 ** torch.arange(-15, 15)[:, None] / 1e15
    b = torch.randn(700, 20, generator=generator)
    order = torch.randperm(700, generator=generator)
    assert torch.equal(exact_product(a, b), exact_product(a[:, order], b[order]))
    assert not torch.equal(a @ b, a[:, order] @ b[order])
    values = torch.randn(10_000, generator=generator)
    assert exact_sum(values) == exact_sum(values.flip(0))
    assert math.isclose(exact_sum(values), math.fsum(values.tolist()), rel_tol=1e-6)


def test_products_and_gradients_are_those_of_matrices():
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(4, 9, 50, generator=generator, requires_grad=True)
    b = torch.randn(50, 6, generator=generator, requires_grad=True)
    each = []
    for made in (exact_product(a, b), a @ b):
        each.append([made, *torch.autograd.grad(made.square().sum(), (a, b))])
    for one, other in zip(*each, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-4)
    whole = torch.randint(-7, 8, (50, 6), generator=generator).float()
    spikes = (a > 0).float()
    assert torch.equal(exact_product(spikes, whole), spikes @ whole)


def test_a_sum_of_nothing_and_of_what_is_not_finite():
    assert exact_sum(torch.zeros(0)) == exact_sum(torch.zeros(3)) == 0
    assert math.isnan(exact_sum(torch.tensor([1.0, math.nan])))


def test_functions():
    x = torch.linspace(-80, 0, 1001, dtype=torch.float64)
    assert torch.allclose(exponential(x), x.exp(), rtol=1e-11, atol=0)
    angle = torch.linspace(-6.2, 6.2, 1001, dtype=torch.float64)
    cosine, sine = cosine_and_sine(angle)
    assert torch.allclose(cosine, angle.cos(), rtol=0, atol=1e-12)
    assert torch.allclose(sine, angle.sin(), rtol=0, atol=1e-12)
    drawn = bell(100_000, generator=torch.Generator().manual_seed(0))
    assert abs(drawn.mean()) < 0.02 and abs(drawn.std() - 1) < 0.02


@pytest.mark.parametrize("smoothing", [0.0, 0.05])
def test_cross_entropy(smoothing):
    generator = torch.Generator().manual_seed(0)
    logits = (torch.randn(20, 10, generator=generator) * 5).requires_grad_()
    labels = torch.randint(0, 10, (20,), generator=generator)
    ours = cross_entropy(logits, labels, smoothing=smoothing)
    usual = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    assert torch.allclose(ours, usual, rtol=1e-5)
    for one, other in zip(*(torch.autograd.grad(loss, logits) for loss in (ours, usual)),
                          strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-7)


def test_steps_of_the_optimiser_and_its_schedule():
    ended = []
    for kind, schedule in (
        (PlainAdamW, cosine_schedule),
        (torch.optim.AdamW, torch.optim.lr_scheduler.CosineAnnealingLR),
    ):
        weights = torch.nn.Parameter(torch.linspace(-1, 1, 7))
        optimizer = kind([weights], lr=0.1, weight_decay=0.01)
        rates = schedule(optimizer, 10)
        for _ in range(10):
            optimizer.zero_grad()
            (weights - 0.3).square().sum().backward()
            optimizer.step()
            rates.step()
        ended.append(weights.detach())
    assert torch.allclose(*ended, rtol=1e-4, atol=1e-5)


def test_images_are_changed_as_ever():
    """Noise aside, which is drawn otherwise."""
    task = spw.load_task("digits")
    images = torch.from_numpy(task.x_train[:20]).view(-1, 8, 8)
    ours, usual = (
        one(images, Augmentation(noise=0), high=16, generator=torch.Generator().manual_seed(1))
        for one in (plain_augment, augment)
    )
    assert torch.allclose(ours, usual, atol=1e-3) and not torch.allclose(ours, images, atol=1)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"network": "8C3-10"}, "a layer that is a convolution, or hears several layers or delays"),
        ({"neuron": "clif", "membrane": "Q10.8"}, "clif, which computes sigmoid"),
        ({"neuron": "adlif"}, "adlif, which learns parameters"),
        ({"neuron": "recurrent_lif"}, "recurrent_lif, which hears its own layer"),
        ({"prune": 0.5}, "prune=0.5"),
        ({"loss": "tet"}, "loss='tet'"),
        ({"surrogate": "sigmoid"}, "surrogate='sigmoid'"),
        ({"precision": "bf16"}, "precision='bf16'"),
        ({"learn_surrogate": True}, "learn_surrogate=True"),
        ({"normalisation": "batch"}, "normalisation='batch'"),
        ({"event_products": True}, "event_products=True"),
    ],
)
def test_what_differs_between_processors_is_refused(change, what):
    message = f"^same_everywhere=True does not go with {re.escape(what)}, whose "
    with pytest.raises(ValueError, match=message):
        training_config(spw.load_task("digits"), same_everywhere=True, **change)


def test_values_are_refused():
    task = sums(each_step=False)
    message = (
        "the targets of sums are values, whose errors are summed otherwise on other processors; "
        "leave same_everywhere= out"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        train(training_config(task, same_everywhere=True), task, seed=0)


def test_it_is_in_the_settings_and_off_unless_given():
    task = spw.load_task("digits")
    assert training_config(task, same_everywhere=True).settings()["same_everywhere"] is True
    assert training_config(task).settings()["same_everywhere"] is False
