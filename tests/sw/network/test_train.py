"""Training: it learns, it repeats itself, and what it trains is exactly the integers."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from spikewright.coding.coding import encode
from spikewright.coding.ttfs import Ttfs
from spikewright.errors import DataError
from spikewright.network.activity import network_activity
from spikewright.network.augment import augment
from spikewright.network.augmentation import Augmentation
from spikewright.network.model import Model
from spikewright.network.model_config import ModelConfig
from spikewright.network.phases import Progress
from spikewright.network.quantize import best_scale, bound, quantize, threshold
from spikewright.network.reference import run
from spikewright.network.train import Trained, train
from spikewright.network.training_config import Phase, TrainingConfig
from spikewright.quantized import from_training, read, write
from spikewright.task.digits import load
from spikewright_hw.fixed import Format

SHORT = TrainingConfig(
    real=Phase(epochs=12, learning_rate=8e-3), quantized=Phase(epochs=4, learning_rate=2e-3)
)
BRIEF = replace(
    SHORT,
    real=Phase(epochs=1, learning_rate=8e-3),
    quantized=Phase(epochs=1, learning_rate=2e-3),
)


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(SHORT, load(), seed=0)


@pytest.fixture(scope="module")
def test_spikes() -> np.ndarray:
    return encode(load().x_test, SHORT.coding)


def test_it_learns(trained):
    # Chance is 0.10; the full training is held to its own figures by the main job.
    assert trained.accuracy_float > 0.8
    assert trained.accuracy_integer > 0.8


def test_network_is_as_configured(trained):
    first, last = trained.network.layers
    assert (first.inputs, first.neurons, last.neurons) == (64, 128, 10)
    assert (first.neuron, last.neuron) == ("lif", "li")
    assert first.weight_bits == last.weight_bits == 4
    assert trained.network.steps == SHORT.coding.steps
    assert first.parameters["threshold"] > 1  # several weight steps


@pytest.mark.parametrize("of", ["model", "network"])
def test_pytorch_equals_the_integers_on_the_whole_test_set(trained, test_spikes, of):
    expected = run(trained.network, test_spikes)
    spikes = torch.from_numpy(test_spikes.astype(np.float32))
    with torch.no_grad():
        if of == "model":
            _, result = trained.model(spikes)
        else:
            result = network_activity(trained.network, spikes)
    for layer, mine, membranes in zip(
        expected.layers, result.spikes, result.membranes, strict=True
    ):
        assert np.array_equal(mine.transpose(0, 1).numpy(), layer.spikes)
        assert np.array_equal(membranes.transpose(0, 1).numpy(), layer.membranes)
    assert np.array_equal(result.predictions.numpy(), expected.predictions)
    assert expected.layer_spikes[:, 0].min() > 0  # something was compared


def test_membranes_rarely_saturate(trained, test_spikes):
    for layer, of in zip(
        run(trained.network, test_spikes).layers, trained.network.layers, strict=True
    ):
        ends = (layer.membranes == of.membrane.min) | (layer.membranes == of.membrane.max)
        assert ends.mean() < 1e-3


def test_same_seed_same_network_and_another_seed_another():
    task = load()
    one, again, other = (train(BRIEF, task, seed=seed) for seed in (3, 3, 4))
    assert one.network == again.network
    assert one.accuracy_float == again.accuracy_float
    assert one.network != other.network


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_global_random_state_and_threads_are_left_alone(two_threads):
    state = torch.get_rng_state()
    train(BRIEF, load(), seed=0)
    assert torch.get_num_threads() == 2
    assert torch.equal(torch.get_rng_state(), state)


def test_the_test_part_decides_nothing():
    task = load()
    blind = replace(task, x_test=np.zeros_like(task.x_test), y_test=np.zeros_like(task.y_test))
    assert train(BRIEF, task, seed=0).network == train(BRIEF, blind, seed=0).network


def test_progress_is_told_each_epoch():
    seen: list[Progress] = []
    train(BRIEF, load(), seed=0, progress=seen.append)
    assert [(step.phase, step.epoch, step.epochs) for step in seen] == [
        ("float", 1, 1),
        ("quantised", 1, 1),
    ]
    assert all(step.loss > 0 for step in seen)


def test_interrupt_ends_training_and_restores_threads(two_threads):
    def interrupt(_: Progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(BRIEF, load(), seed=0, progress=interrupt)
    assert torch.get_num_threads() == 2


def test_trained_network_goes_through_its_file(trained, test_spikes, tmp_path):
    quantized = from_training(trained)
    write(tmp_path / "net.spw", quantized)
    again = read(tmp_path / "net.spw")
    assert again == quantized
    assert again.provenance.data_set == "digits" and again.provenance.seed == 0
    assert again.provenance.versions["torch"] == torch.__version__
    labels = load().y_test
    assert run(again.network, test_spikes).accuracy(labels) == again.provenance.accuracy_integer


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            replace(BRIEF, coding=Ttfs(inputs=63)),
            "the coding makes 63 inputs and the network has 64; they must be the same",
        ),
        (
            replace(BRIEF, model=ModelConfig(sizes=(64, 9))),
            "digits has 10 classes, but the network has 9 outputs",
        ),
        (
            replace(BRIEF, coding=Ttfs(high=8.0)),
            "values must be numbers from 0 to 8",
        ),
    ],
)
def test_task_that_does_not_fit_is_refused(config, message):
    with pytest.raises(DataError, match=re.escape(message)):
        train(config, load(), seed=0)


def test_augmenting_what_is_no_image_is_refused():
    message = "digits holds no images of one channel, so it cannot be augmented"
    with pytest.raises(DataError, match=message):
        train(BRIEF, replace(load(), kind="values"), seed=0)


def test_without_augmentation_it_trains_too():
    trained = train(replace(BRIEF, augmentation=None), load(), seed=0)
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.5


def test_two_hidden_layers_train_and_stay_exact():
    config = replace(BRIEF, model=ModelConfig(sizes=(64, 24, 16, 10), weight_bits=6))
    trained = train(config, load(), seed=0)
    spikes = encode(load().x_test[:40], config.coding)
    result = network_activity(trained.network, torch.from_numpy(spikes.astype(np.float32)))
    for layer, mine in zip(run(trained.network, spikes).layers, result.membranes, strict=True):
        assert np.array_equal(mine.transpose(0, 1).numpy(), layer.membranes)


@pytest.mark.parametrize("bits", range(2, 9))
def test_quantised_weights_are_integers_in_range(bits):
    weights = torch.randn(50, 40, generator=torch.Generator().manual_seed(bits))
    integers = quantize(weights, scale=best_scale(weights, bits=bits), bits=bits)
    assert torch.equal(integers, integers.round())
    assert integers.abs().max() == bound(bits) == 2 ** (bits - 1) - 1


def test_quantisation_passes_the_gradient_inside_the_range_only():
    weights = torch.tensor([0.3, -3.4, 3.6, 40.0], requires_grad=True)
    integers = quantize(weights, scale=0.5, bits=4)
    assert integers.tolist() == [1, -7, 7, 7]
    integers.sum().backward()
    assert weights.grad is not None and weights.grad.tolist() == [2, 2, 0, 0]


def test_best_scale_is_no_worse_than_the_largest_weight():
    weights = torch.randn(64, 128, generator=torch.Generator().manual_seed(0))

    def error(scale: float) -> float:
        return float((quantize(weights, scale=scale, bits=4) * scale - weights).square().mean())

    assert error(best_scale(weights, bits=4)) < 0.6 * error(float(weights.abs().max()) / 7)
    assert best_scale(torch.zeros(3), bits=4) == 1.0


def test_bits_out_of_range_are_refused():
    with pytest.raises(ValueError, match="weights have 2 to 8 bits, not 9"):
        quantize(torch.zeros(1), scale=1.0, bits=9)


def test_threshold_is_a_whole_number_of_membrane_units():
    assert threshold(1 / 7.26, Format(8, 4)) == 116
    assert threshold(1000.0, Format(8, 4)) == 1


def test_a_threshold_that_would_not_fit_is_the_largest_that_does():
    assert threshold(1 / 200, Format(8, 4)) == 2047
    assert threshold(1 / 200, Format(8, 4), largest=1.6) == 1279  # 1.6 * 1279 = 2046.4
    with pytest.raises(ValueError) as caught:
        threshold(1 / 200, Format(2, 0), largest=1.6)
    assert str(caught.value) == (
        "a level of 1.6 thresholds does not fit into Q2.0, whatever a weight step is; give the "
        "membrane more bits"
    )


def test_model_without_grid_gives_no_integers():
    model = Model(ModelConfig(), generator=torch.Generator())
    with pytest.raises(ValueError, match="quantize\\(\\) it first"):
        model.network(steps=4)


def test_sizes_out_of_range_are_refused():
    with pytest.raises(ValueError, match=re.escape("sizes is (64,); it needs inputs and outputs")):
        ModelConfig(sizes=(64,))


def test_no_augmentation_is_the_same_image():
    still = Augmentation(shift=0, rotation=0, scale=0, shear=0, noise=0)
    images = torch.from_numpy(load().x_train[:20]).view(-1, 8, 8)
    same = augment(images, still, high=16, generator=torch.Generator())
    assert torch.allclose(same, images, atol=1e-3)


@pytest.mark.parametrize("block", [1, 7, 20])
def test_images_are_changed_alike_in_blocks_of_any_length(monkeypatch, block):
    images = torch.from_numpy(load().x_train[:20]).view(-1, 8, 8)
    whole, parts = (
        augment(images, Augmentation(), high=16, generator=torch.Generator().manual_seed(0))
        for length in (1000, block)
        for _ in [monkeypatch.setattr("spikewright.network.augment._BLOCK", length)]
    )
    assert torch.allclose(whole, parts, atol=1e-4) and not torch.allclose(whole, images, atol=0.1)


def test_augmented_images_stay_in_range_and_differ():
    images = torch.from_numpy(load().x_train[:200]).view(-1, 8, 8)
    changed = augment(images, Augmentation(), high=16, generator=torch.Generator().manual_seed(0))
    assert changed.min() >= 0 and changed.max() <= 16
    assert (changed != images).flatten(1).any(dim=1).all()
    assert (changed.mean() - images.mean()).abs() < 0.5
