"""What quantisation made of the layers of a trained network, in its file and as a table."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

import spikewright as spw
from spikewright.coding.coding import encode
from spikewright.errors import DataError
from spikewright.network.model_config import ModelConfig
from spikewright.network.reference import run
from spikewright.network.train import train
from spikewright.network.training_config import Phase, TrainingConfig
from spikewright.quantized import from_training, read, write

from ..network.made_tasks import patterns

TASK = patterns()
CODING = spw.Spikes(inputs=12, steps=6)
CONFIG = TrainingConfig(
    model=ModelConfig(sizes=(12, 9, 3), scales="channel", normalisation="batch"), coding=CODING,
    augmentation=None, real=Phase(epochs=3, learning_rate=0.02), batch=60,
    quantized=Phase(epochs=1, learning_rate=0.002),
)


@pytest.fixture(scope="module")
def network() -> spw.QuantizedNetwork:
    return from_training(train(CONFIG, TASK, seed=0))


def test_a_file_has_what_the_integers_do(network, tmp_path):
    write(tmp_path / "net.spw", network)
    fits = spw.layer_fits(read(tmp_path / "net.spw"))
    ran = run(network.network, encode(TASK.x_train[:100], CODING))
    assert [one.neuron for one in fits] == ["lif", "li"]
    rates = ran.spikes[0].mean(axis=(0, 1))
    assert fits[0].rate_integer == pytest.approx(rates.mean())
    assert fits[0].dead == (rates == 0).sum() and fits[1].dead == 0
    assert 0 < fits[0].rate_real < 1 and 0 < fits[0].distance < 0.3
    assert fits[0].distance >= abs(fits[0].rate_real - fits[0].rate_integer) - 1e-12
    assert fits[0].membrane == network.network.layers[0].membrane and fits[0].scale > 0
    assert all(0 <= one.clipped <= 1 and 0 <= one.saturated <= 1 for one in fits)


def test_it_prints_as_a_table(network):
    printed = io.StringIO()
    spw.print_layers(network, console=Console(file=printed, width=120))
    fit = spw.layer_fits(network)[0]
    assert f"{fit.rate_real:.3f} → {fit.rate_integer:.3f}" in printed.getvalue()
    assert "In integers, beside real numbers" in printed.getvalue()


def test_a_network_that_is_quantised_has_it_too():
    net = spw.SpikingNet("6-3", inputs=12)
    made, report = spw.quantize_on_task(
        net.real_network(steps=6), TASK, coding=CODING, options=spw.PostTraining(margin=8)
    )
    assert spw.layer_fits(made) == report.layers
    assert report.layers[0].rate_integer > 0 and np.isfinite(report.layers[0].scale)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (None, "^the network says nothing of its layers in real numbers; it was trained or"),
        ([{"neuron": "lif"}], "^provenance.training.layers is no report of layers: "),
        ([3], "^provenance.training.layers is no report of layers: "),
    ],
)
def test_a_file_without_it_is_told(network, layers, said):
    training = {**network.provenance.training, "layers": layers}
    other = replace(network, provenance=replace(network.provenance, training=training))
    with pytest.raises(DataError, match=said):
        spw.layer_fits(other)
