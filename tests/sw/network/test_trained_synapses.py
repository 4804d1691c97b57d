"""Training on bitstreams: the forward pass is the engine's, and the gradient that of sums."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from spikewright.coding.coding import encode
from spikewright.errors import DataError
from spikewright.network.cell import Cell
from spikewright.network.model import Model
from spikewright.network.model_config import ModelConfig
from spikewright.network.train import train
from spikewright.network.trained_synapses import StreamedWeights
from spikewright.network.training_config import Phase, TrainingConfig
from spikewright.quantized import from_training, read, write
from spikewright.stochastic_models.engine import run
from spikewright.task.digits import load
from spikewright_hw.engine.streams import ENCODINGS, Streams
from spikewright_hw.fixed import Format

BRIEF = TrainingConfig(
    model=ModelConfig(sizes=(64, 16, 10), weight_bits=6, membrane=Format(10, 4)),
    real=Phase(epochs=2, learning_rate=3e-2),
    quantized=Phase(epochs=1, learning_rate=2e-3),
    augmentation=None,
)


def brief(streams: Streams, neuron: str = "lif") -> TrainingConfig:
    parameters = {"decay": 0.9} if neuron == "lif" else {}
    model = replace(BRIEF.model, neuron=neuron, parameters=parameters)
    return replace(BRIEF, model=model, streams=streams)


@pytest.mark.parametrize("neuron", ["lif", "recurrent_lif"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("length", "source"), [(16, "sobol"), (64, "lfsr")])
def test_pytorch_equals_the_engine_on_the_whole_test_set(encoding, length, source, neuron):
    streams = Streams(length=length, source=source, encoding=encoding)
    trained = train(brief(streams, neuron), load(), seed=0)
    spikes = encode(load().x_test, BRIEF.coding)
    expected = run(trained.network, spikes, streams=streams)
    with torch.no_grad():
        _, result = trained.model(torch.from_numpy(spikes.astype(np.float32)))
    for layer, mine, membranes in zip(
        expected.layers, result.spikes, result.membranes, strict=True
    ):
        assert np.array_equal(mine.transpose(0, 1).numpy(), layer.spikes)
        assert np.array_equal(membranes.transpose(0, 1).numpy(), layer.membranes)
    assert expected.layer_spikes[:, 0].sum() > 0  # something was compared
    assert trained.accuracy_integer == expected.accuracy(load().y_test)


def test_excitatory_and_inhibitory_inputs_train_on_bitstreams():
    streams = Streams(length=32)
    trained = train(brief(streams, "alpha"), load(), seed=0)
    spikes = encode(load().x_test, BRIEF.coding)
    with torch.no_grad():
        _, result = trained.model(torch.from_numpy(spikes.astype(np.float32)))
    expected = run(trained.network, spikes, streams=streams)
    assert np.array_equal(result.predictions.numpy(), expected.predictions)


def test_the_gradient_is_that_of_the_sum_of_the_weights():
    streams = Streams(length=16, encoding="bipolar")
    model = Model(BRIEF.model, generator=torch.Generator().manual_seed(0), streams=streams)
    model.quantize()
    layer = model.network(steps=4).layers[0]
    weights = torch.tensor(layer.weights, dtype=torch.float32, requires_grad=True)
    cell = model.cells[0]
    assert isinstance(cell, Cell)
    synapses = StreamedWeights(layer, streams=streams, name="layers[0]")
    wired = synapses.wired(cell, weights, None, None)
    spikes = torch.zeros(1, 64)
    spikes[0, 5] = 1
    assert wired.current is not None
    wired.current(spikes @ wired.weights).sum().backward()
    assert weights.grad is not None
    assert weights.grad[5].unique().tolist() == [layer.membrane.one]  # a weight step, stored
    assert weights.grad[6].unique().tolist() == [0]


def test_the_file_says_what_it_was_trained_for(tmp_path):
    streams = Streams(length=16, encoding="unipolar")
    write(tmp_path / "net.spw", from_training(train(brief(streams), load(), seed=0)))
    training = read(tmp_path / "net.spw").provenance.training
    assert training["streams"] == {"length": 16, "source": "sobol", "encoding": "unipolar"}


NO_SIGN = (
    "layers[0]: the input exc of alpha takes excitatory weights alone, and bipolar streams do not "
    "tell a weight's sign; use sign_magnitude"
)
TOO_LONG = (
    "layers[0]: 300 streams of 65536 bits count to 19660800, more than training computes exactly; "
    "take shorter streams"
)
WIDE = replace(BRIEF, model=replace(BRIEF.model, sizes=(64, 300, 10)))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            brief(Streams(encoding="bipolar"), "alpha"),
            f"this network cannot be trained: {NO_SIGN}",
        ),
        (
            replace(WIDE, streams=Streams(length=65536)),
            f"this network cannot be trained: {TOO_LONG}",
        ),
    ],
)
def test_refuses(config, message):
    begun: list[object] = []
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        train(config, load(), seed=0, progress=begun.append)
    assert not begun
