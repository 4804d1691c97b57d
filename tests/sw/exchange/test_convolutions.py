"""Modules with convolutions and poolings against the frameworks' own forward, in float64."""

# The frameworks have types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false, reportAttributeAccessIssue=false

import numpy as np
import pytest
import snntorch as snn
import torch
from torch import nn

from spikewright.errors import DataError
from spikewright.exchange.from_torch import from_torch
from spikewright.network.product import connected
from spikewright.network.real_run import run_real
from spikewright_hw.connection import Convolution, Dense, FeatureMap, Pooled
from spikewright_hw.origin import Origin

from .drawn_modules import (
    FRAMEWORKS,
    SAMPLES,
    STEPS,
    Drawn,
    channels_first,
    drawn,
    sent_by_neurons,
)
from .frameworks import functional, layer, neuron


def check(made: Drawn, seed: int = 0) -> list[float]:
    """Hold a module to its network; return the rates of its layers."""
    print(f"seed {seed}: {made.module}")
    network = from_torch(made.module, made.example, steps=made.steps, readout="count")
    random = np.random.default_rng(seed)
    spikes = random.random((SAMPLES, STEPS, *made.axes)) < 0.4
    run = run_real(network, spikes.reshape(SAMPLES, STEPS, -1))
    expected = sent_by_neurons(made, spikes)
    assert len(run.spikes) == len(expected)
    for mine, one, its in zip(run.spikes, network.layers, expected, strict=True):
        np.testing.assert_array_equal(channels_first(mine, one.connection.target), its != 0)
    return [float((one != 0).mean()) for one in expected]


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_drawn_modules_send_the_same_spikes(name):
    rates = [check(drawn(name, seed), seed) for seed in range(8)]
    lively = [all(0.01 < one < 0.99 for one in several) for several in rates]
    assert sum(lively) >= len(rates) // 2, rates


@pytest.mark.slow
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_many_drawn_modules_send_the_same_spikes(name):
    for seed in range(100, 200):
        check(drawn(name, seed), seed)


def leaky(**given) -> nn.Module:
    return snn.Leaky(**{"beta": 0.8, "init_hidden": True, "threshold": 0.5} | given)


def loud(module: nn.Module) -> nn.Module:
    """Return a module with larger weights, so that neurons spike."""
    for weight in module.parameters():
        if weight.dim() > 1:
            weight.data *= 4
    return module


def convolution(*given, **named) -> nn.Module:
    return loud(nn.Conv2d(*given, **named))


IMAGES = (2, 6, 8)
KEPT = {
    "a threshold for each channel": lambda: nn.Sequential(
        convolution(2, 4, 3), leaky(threshold=torch.linspace(0.3, 1, 4).view(4, 1, 1))),
    "a threshold for each neuron": lambda: nn.Sequential(
        convolution(2, 4, 3), leaky(threshold=torch.linspace(0.3, 1, 96).view(4, 4, 6))),
    "a decay along the width": lambda: nn.Sequential(
        convolution(2, 4, 3), leaky(beta=torch.linspace(0.3, 0.9, 6))),
    "neurons on a flattened map": lambda: nn.Sequential(
        convolution(2, 4, 3), nn.Flatten(), leaky(threshold=torch.linspace(0.3, 1, 96))),
    "recurrence one to one": lambda: nn.Sequential(
        convolution(2, 2, 3), snn.RLeaky(
            beta=0.8, all_to_all=False, V=torch.linspace(-1, 1, 48).view(2, 4, 6),
            init_hidden=True)),
    "recurrence of a flattened map": lambda: nn.Sequential(
        convolution(2, 2, 3), nn.Flatten(), loud(snn.RLeaky(
            beta=0.8, linear_features=48, init_hidden=True))),
    "recurrence by a convolution": lambda: nn.Sequential(
        convolution(2, 3, 3), loud(snn.RLeaky(
            beta=0.8, conv2d_channels=3, kernel_size=(3, 1), init_hidden=True)),
        nn.Flatten(), loud(nn.Linear(72, 4)), leaky()),
    "recurrence by a convolution in other groups": lambda: nn.Sequential(
        convolution(2, 4, 3, groups=2), loud(snn.RLeaky(
            beta=0.8, conv2d_channels=4, kernel_size=3, init_hidden=True))),
    "recurrence by a convolution after a pooling": lambda: nn.Sequential(
        nn.AvgPool2d(2), convolution(2, 3, 2), loud(snn.RSynaptic(
            alpha=0.5, beta=0.8, conv2d_channels=3, kernel_size=3, reset_mechanism="zero",
            init_hidden=True))),
    "neurons right after a pooling": lambda: nn.Sequential(
        nn.AvgPool2d(2), leaky(threshold=0.4)),
    "neurons right after neurons": lambda: nn.Sequential(
        convolution(2, 4, 3), leaky(), leaky(graded_spikes_factor=2.0), nn.Flatten(),
        loud(nn.Linear(96, 3)), leaky()),
    "a factor of spikes before a pooling": lambda: nn.Sequential(
        convolution(2, 4, 3), leaky(graded_spikes_factor=0.5), nn.AvgPool2d(2),
        convolution(4, 2, 2), leaky(threshold=0.1)),
    "a factor of spikes for each place": lambda: nn.Sequential(
        convolution(2, 4, 3), leaky(graded_spikes_factor=torch.linspace(0.5, 2, 6)),
        nn.Flatten(), loud(nn.Linear(96, 3)), leaky()),
    "an average by another number": lambda: nn.Sequential(
        nn.AvgPool2d(2, divisor_override=3), convolution(2, 2, 2), leaky()),
    "inputs that are flattened": lambda: nn.Sequential(
        nn.Flatten(), loud(nn.Linear(96, 5)), leaky()),
    "inputs that are pooled and flattened": lambda: nn.Sequential(
        nn.AvgPool2d(2), nn.Flatten(), loud(nn.Linear(24, 5)), leaky()),
    "a flat input that becomes a map": lambda: nn.Sequential(
        nn.Flatten(), nn.BatchNorm1d(96), nn.Unflatten(1, (4, 4, 6)), convolution(4, 2, 3),
        leaky()),
    "padding 'same'": lambda: nn.Sequential(
        convolution(2, 2, (3, 5), padding="same", dilation=(2, 1)), leaky()),
    "padding 'valid'": lambda: nn.Sequential(convolution(2, 2, 3, padding="valid"), leaky()),
    "more values than neurons may be, before a pooling": lambda: nn.Sequential(
        convolution(2, 400, 3, padding=(8, 9)), nn.AvgPool2d((10, 12)), leaky()),
}


@pytest.mark.parametrize("case", KEPT)
def test_kept(case):
    torch.manual_seed(0)
    made = Drawn(KEPT[case](), IMAGES, sequence=False)
    assert all(0.005 < rate < 0.995 for rate in check(made))


class Flattening(nn.Module):
    """A module that flattens by a method, as many do."""

    def __init__(self):
        super().__init__()
        self.conv, self.lif = convolution(2, 3, 3), leaky()
        self.fc, self.out = loud(nn.Linear(72, 5)), leaky()

    def forward(self, x):
        return self.out(self.fc(self.lif(self.conv(x)).flatten(1)))


def test_a_module_that_flattens_by_a_method():
    torch.manual_seed(0)
    assert min(check(Drawn(Flattening(), IMAGES, sequence=False))) > 0.005


class Static(nn.Module):
    """A convolution of an image, and the same current in all steps, as SpikingJelly shows it."""

    def __init__(self):
        super().__init__()
        self.conv = layer.Conv2d(2, 3, 3)
        self.rest = nn.Sequential(
            neuron.IFNode(), layer.Flatten(), layer.Linear(72, 5), neuron.IFNode()
        )
        functional.set_step_mode(self.rest, "m")

    def forward(self, x):
        return self.rest(self.conv(x).unsqueeze(0).repeat(STEPS, 1, 1, 1, 1))


def test_a_convolution_once_for_all_steps():
    torch.manual_seed(0)
    module = loud(Static())
    network = from_torch(module, torch.zeros(2, *IMAGES), readout="count")
    assert network.steps == STEPS
    images = torch.rand(3, *IMAGES)
    with torch.no_grad():
        sent = module.double()(images.double()).numpy()
    same = np.repeat(images.double().numpy().reshape(3, 1, -1), STEPS, axis=1)
    np.testing.assert_array_equal(
        run_real(network, same).spikes[-1].swapaxes(0, 1), sent.astype(bool)
    )
    assert 0.05 < sent.mean() < 0.95


@pytest.mark.parametrize("mode", ["s", "m"])
def test_a_delay_of_spikingjelly(mode):
    torch.manual_seed(0)
    module = nn.Sequential(
        layer.Delay(1), layer.Conv2d(2, 3, 3), neuron.IFNode(), layer.Delay(2), layer.Flatten(),
        layer.Linear(72, 5, bias=False), neuron.IFNode(),
    )
    functional.set_step_mode(loud(module), mode)
    made = Drawn(module, IMAGES, sequence=mode == "m")
    assert min(check(made)) > 0.005
    network = from_torch(module, made.example, steps=made.steps, readout="count")
    assert [one.origins for one in network.layers] == [(Origin(delays=1),), (Origin(delays=2),)]


def test_a_map_that_hears_itself_is_not_read_by_its_membrane():
    module = KEPT["recurrence by a convolution after a pooling"]()
    with pytest.raises(DataError) as error:
        from_torch(module, torch.zeros(1, *IMAGES), steps=3, readout="last")
    assert str(error.value) == (
        "2 takes its own spikes, and a last layer that is read by its membrane sends none; pass "
        "readout='count' or 'first', or add a layer without recurrence"
    )


def test_what_becomes_of_it():
    """Connections as the project has them, with the factors in the weights."""
    module = nn.Sequential(
        nn.AvgPool2d(2), nn.Conv2d(2, 4, 2, groups=2, bias=False), leaky(),
        nn.AvgPool2d(2, 1), nn.Flatten(), nn.Linear(8, 3, bias=False), leaky(),
    )
    network = from_torch(module, torch.zeros(1, *IMAGES), steps=2, readout="count")
    inputs = FeatureMap(channels=2, height=6, width=8, channels_first=True)
    sums = FeatureMap(channels=2, height=3, width=4, channels_first=True)
    hidden = FeatureMap(channels=4, height=2, width=3)
    assert [one.connection for one in network.layers] == [
        Pooled(source=inputs, window=(2, 2), stride=(2, 2), then=Convolution(
            source=sums, channels=4, kernel=(2, 2), groups=2)),
        Pooled(source=hidden, window=(2, 2), stride=(1, 1), then=Dense(
            source=FeatureMap(channels=4, height=1, width=2), neurons=3)),
    ]
    kernel = module[1].weight.detach().double().numpy()  # out, in of a group, height, width
    rows = network.layers[0].weights.reshape(2, 2, 2, 2)  # height, width, in, lane
    for channel in range(4):
        group, lane = divmod(channel, 2)
        np.testing.assert_allclose(rows[:, :, group, lane], kernel[channel, 0] / 4)


@pytest.mark.parametrize("axes, source", [
    ((2, 3, 4), FeatureMap(channels=2, height=3, width=4, channels_first=True)),
    ((1, 3, 4), FeatureMap(channels=12)), ((3, 4), FeatureMap(channels=12)),
])
def test_inputs_that_are_flattened_keep_their_channels(axes, source):
    """A task may number the places of an image first."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(len(source), 3), leaky())
    network = from_torch(module, torch.zeros(1, *axes), steps=2, readout="count")
    assert network.layers[0].connection.source == source


def test_a_sum_of_booleans_is_no_or():
    then = Dense(source=FeatureMap(channels=1), neurons=1)
    pooled = Pooled(
        source=FeatureMap(channels=1, height=2, width=2), window=(2, 2), stride=(2, 2), then=then
    )
    assert connected(pooled, np.ones((1, 4), bool), np.ones((1, 1))) == 4
