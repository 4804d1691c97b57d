"""Networks with convolutions: trained, quantised, written, and run, in one go."""

import random
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

import spikewright as spw
from spikewright.coding.input_map import input_map
from spikewright.network import product, torch_product
from spikewright.network.fold_coding import fold_coding
from spikewright.network.model_config import ModelConfig
from spikewright.network.post_training import PostTraining, quantize
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork, in_reals
from spikewright.network.real_run import run_real
from spikewright.network.reference import run
from spikewright_hw.connection import Convolution, Dense, FeatureMap, connections_of
from spikewright_hw.fixed import Format

SOURCE = FeatureMap(channels=2, height=5, width=4)
CONVOLUTION = Convolution(source=SOURCE, channels=3, kernel=(3, 3), padding=(1, 1))


@pytest.fixture(scope="module")
def task() -> spw.Task:
    """Bars across images, or down them."""
    random = np.random.default_rng(0)
    images = random.random((700, 6, 7)) * 0.1
    labels = random.integers(0, 2, 700)
    for image, label, place in zip(images, labels, random.integers(0, 6, 700), strict=True):
        image[(place, slice(None)) if label else (slice(None), place)] = 1.0
    return spw.Task(
        name="bars", kind="image", x_train=images[:640], y_train=labels[:640],
        x_test=images[640:], y_test=labels[640:],
    )


def config_for(task: spw.Task) -> spw.TrainingConfig:
    config = spw.training_config(task, hidden="4C3-P2s1-6", bias=True, epochs=30)
    return replace(config, augmentation=None)  # bars that are moved are no bars


@pytest.fixture(scope="module")
def trained(task, tmp_path_factory) -> spw.QuantizedNetwork:
    return spw.train(task, config_for(task), build=tmp_path_factory.mktemp("build"))


def test_a_convolution_is_learned_and_stays_exact(task, trained, tmp_path):
    assert min(trained.provenance.accuracies) > 0.75
    targets = [str(layer.connection.target) for layer in trained.network.layers]
    assert targets == ["4 × 4 × 5", "6", "2"]
    assert len(trained.network.layers[0].bias or ()) in (0, 4)
    spw.write(tmp_path / "bars.spw", trained)
    read = spw.read(tmp_path / "bars.spw")
    assert read == trained
    inputs = spw.encode(task.x_test[:3], read.coding)
    answers, expected = spw.simulate(read, inputs), run(read.network, inputs)
    for its, mine in zip(answers.spikes, expected.traced_spikes, strict=True):
        assert np.array_equal(its, mine)
    assert np.array_equal(answers.membranes, expected.traced_membranes)
    assert np.array_equal(answers.synops, expected.synops)


def test_the_same_training_gives_the_same_network(task, trained, tmp_path):
    assert spw.train(task, config_for(task), build=tmp_path).network == trained.network


def test_whether_it_saturates_is_found(trained):
    found = spw.find_saturation(trained.network, tries=8)
    assert {one.layer for one in found.ends} == {0, 1, 2}
    first_layer = replace(trained.network.layers[0], membrane=Format(4, 2), parameters={})
    narrow = replace(trained.network, layers=(first_layer, *trained.network.layers[1:]))
    found_first, *_ = spw.find_saturation(narrow, tries=8).saturates
    assert (found_first.layer, found_first.state) == (0, "v")


def test_it_is_written_to_nir_and_read_again(trained):
    written = spw.to_nir(trained.network, dt=1.0, accept=("subtract", "at_least"))
    steps = trained.network.steps
    again = spw.from_nir(written, dt=1.0, steps=steps, readout="last")
    for mine, its in zip(again.layers, trained.network.layers, strict=True):
        assert mine.connection == its.connection
        assert np.array_equal(mine.weights, np.array(its.weights) * 2.0**-its.exponent)


def test_settings_name_the_connections(trained):
    first, *_ = trained.provenance.training["model"]["connections"]
    assert (first["kind"], first["kernel"]) == ("convolution", [3, 3])


def test_a_network_in_reals_with_a_convolution_is_pytorchs():
    random = np.random.default_rng(1)
    weights = random.normal(size=(CONVOLUTION.rows, CONVOLUTION.lanes))
    bias = random.normal(size=3)
    layer = RealLayer(weights=weights, neuron="li", bias=bias, connection=CONVOLUTION)
    inputs = random.random((2, 1, len(SOURCE))) < 0.5
    currents = run_real(RealNetwork(layers=(layer,), steps=1), inputs).currents[0]["i"][:, 0]
    kernel = weights.reshape(3, 3, 2, 3).transpose(3, 2, 0, 1)
    planes = inputs.reshape(2, 5, 4, 2).transpose(0, 3, 1, 2).astype(float)
    expected = functional.conv2d(
        torch.tensor(planes), torch.tensor(kernel.copy()), torch.tensor(bias), padding=1
    )
    assert np.allclose(currents.reshape(2, 5, 4, 3), expected.permute(0, 2, 3, 1).numpy())


def real_network(**fields) -> RealNetwork:
    random = np.random.default_rng(2)
    first = RealLayer(
        weights=random.normal(size=(18, 3)), neuron="lif", connection=CONVOLUTION, **fields
    )
    last = RealLayer(weights=random.normal(size=(60, 4)), neuron="li")
    return RealNetwork(layers=(first, last), steps=3)


def test_a_map_of_one_channel_has_the_product_of_arrays_in_float32():
    """PyTorch computes it wrongly of a map that it takes for one with the channels last."""
    seed = random.SystemRandom().getrandbits(32)
    print("seed", seed)
    rng = random.Random(seed)
    generator = np.random.default_rng(seed)
    # The first is one that PyTorch 2.13 had wrong.
    kernels: list[tuple] = [((3, 2), (1, 2), (2, 0), (2, 1), (2, 3))]
    for _ in range(200):
        kernel, stride, padding, dilation = (
            (rng.randint(low, high), rng.randint(low, high))
            for low, high in ((1, 3), (1, 3), (0, 2), (1, 2))
        )
        sides = tuple(
            max(1, (size - 1) * apart + 1 - 2 * more) + rng.randint(0, 4)
            for size, apart, more in zip(kernel, dilation, padding, strict=True)
        )
        kernels.append((kernel, stride, padding, dilation, sides))
    for kernel, stride, padding, dilation, (height, width) in kernels:
        connection = Convolution(
            source=FeatureMap(channels=1, height=height, width=width), channels=3,
            kernel=kernel, stride=stride, padding=padding, dilation=dilation,
        )
        heard = generator.integers(0, 2, (15, height * width)).astype(np.float32)
        weights = generator.integers(-2, 3, (connection.rows, 3)).astype(np.float32)
        found = torch_product.connected(
            connection, torch.from_numpy(heard), torch.from_numpy(weights)
        )
        assert np.array_equal(found.numpy(), product.connected(connection, heard, weights))


def test_a_network_in_reals_is_quantised():
    network = real_network(bias=np.array([0.1, 0.0, -0.2]))
    inputs = np.random.default_rng(3).random((20, 3, len(SOURCE))) < 0.4
    made = quantize(network, inputs, options=PostTraining(weight_bits=8)).network
    assert made.layers[0].connection == CONVOLUTION
    back = in_reals(made)
    assert back.layers[0].connection == CONVOLUTION
    assert np.mean(run_real(back, inputs).spikes[0] != run(made, inputs).spikes[0]) < 0.02
    assert real_network().digest() != network.digest()


def test_values_below_zero_are_folded_also_at_the_borders():
    network = real_network()
    values = np.random.default_rng(4).uniform(-1, 1, (5, len(SOURCE)))
    coding = spw.Direct(inputs=len(SOURCE), steps=3, low=-1.0, high=1.0, bits=8)
    graded = spw.encode(values, coding)
    plain = run_real(network, np.repeat((graded[:, :1] * coding.step - 1), 3, axis=1))
    folded = run_real(fold_coding(network, coding), graded)
    assert np.allclose(plain.currents[0]["i"], folded.currents[0]["i"])


@pytest.mark.parametrize("readout", ["last", "count"])
def test_a_map_at_the_end_is_trained_and_stays_exact(readout, task, tmp_path):
    config = spw.training_config(task, network="3C3-P2s1-1C3", readout=readout, epochs=2)
    made = spw.train(task, config, build=tmp_path)
    last = made.network.layers[-1].connection
    assert (str(last.target), last.words, made.network.outputs) == ("1 × 1 × 2", 2, 2)
    spw.write(tmp_path / "bars.spw", made)
    inputs = spw.encode(task.x_test[:3], made.coding)
    read = spw.read(tmp_path / "bars.spw")
    answers, expected = spw.simulate(made, inputs), run(read.network, inputs)
    assert spw.compare(answers, expected).equal


def test_outputs_may_hear_more_than_the_layer_before(task):
    config = spw.training_config(task, network="3-2@0,1+2", readout="count")
    assert [str(one) for one in config.model.heard[1]] == [
        "the layer before", "the layer before 1 step later", "2 layers back"
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"network": "4C3-12"}, (
            "network is '4C3-12': its last layer has 12 neurons, and bars has 2 outputs, one for "
            "each"
        )),
        ({"network": "4C3"}, (
            "network is '4C3': its last layer has 80 neurons, a map of 4 × 4 × 5, and bars has 2 "
            "outputs, one for each"
        )),
        ({"network": "4C9-2"}, (
            "network is '4C9-2': 4C9: kernel reaches over 9 along the height, and the map has 6 "
            "there"
        )),
        ({"network": "4@0,9-2", "steps": 3}, (
            "network is '4@0,9-2': 4@0,9 hears spikes 9 steps later, and there are 3 steps, so "
            "they never arrive; take more steps, or delays of at most 2"
        )),
        ({"network": "4-2", "hidden": "4"}, "hidden and network are both given; give one of them"),
        ({"network": 4}, "network is 4; it must be a text"),
    ],
)
def test_a_network_that_does_not_fit_the_task_is_refused(given, message, task):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        spw.training_config(task, **given)


def test_maps_of_inputs(task):
    assert input_map(task, spw.training_config(task).coding) == FeatureMap(
        channels=1, height=6, width=7
    )
    events = spw.Events(height=5, width=7, polarities=2, steps=3, duration=10, factor=2)
    assert input_map(task, events) == FeatureMap(channels=2, height=3, width=4)
    spikes = spw.Spikes(inputs=9, steps=2)
    assert input_map(task, spikes) == FeatureMap(channels=9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: RealLayer(weights=np.ones((4, 3)), neuron="lif", connection=CONVOLUTION),
            "weights is of shape [4, 3]; the connection has 18 rows of 3",
        ),
        (
            lambda: RealLayer(
                weights=np.ones((18, 3)), neuron="lif", connection=CONVOLUTION, bias=np.ones(4)
            ),
            "bias is of shape [4]; the layer has 60 neurons",
        ),
        (
            lambda: replace(
                real_network(), layers=(
                    real_network().layers[0],
                    RealLayer(
                        weights=np.ones((60, 2)), neuron="li", connection=Dense(
                            source=FeatureMap(channels=5, height=4, width=3), neurons=2
                        ),
                    ),
                ),
            ),
            (
                "layers[1].connection takes a map of 5 × 4 × 3, but layers[0] has a map of "
                "3 × 5 × 4"
            ),
        ),
        (
            lambda: ModelConfig(sizes=(40, 10), connections=connections_of("4C3-10", SOURCE)),
            "connections are of sizes (40, 24, 10), and sizes is (40, 10)",
        ),
        (
            lambda: ModelConfig(sizes=(40, 10), connections=()),
            "connections is (); it must be a list of connections",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        make()


def test_a_short_name_that_does_not_fit_the_task_is_refused(task):
    message = (
        "hidden is '4C9': 4C9: kernel reaches over 9 along the height, and the map has 6 there"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        spw.training_config(task, hidden="4C9")
