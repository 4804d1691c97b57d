"""The network in PyTorch with each neuron: its first weights, and its integers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from spikewright.coding.coding import encode
from spikewright.network.drive import drive
from spikewright.network.model import Model
from spikewright.network.model_config import ModelConfig
from spikewright.network.reference import run
from spikewright.network.train import train
from spikewright.network.training_config import Phase, training_config
from spikewright.task.digits import load
from spikewright_hw.definition import reals
from spikewright_hw.fixed import Format
from spikewright_hw.neuron import DEFINITIONS

SPIKING = [name for name, definition in DEFINITIONS.items() if definition.spikes]
#: The same; those that are not slow compute with shifts, with products and with tables.
EACH = [
    pytest.param(name, marks=[] if name in ("lif", "alif", "exp_if") else pytest.mark.slow)
    for name in SPIKING
]
TASK = load()
CONFIG = training_config(TASK, weight_bits=6, membrane="Q8.8")
SPIKES = encode(TASK.x_test[:60], CONFIG.coding)


def model(neuron: str, *, seed: int = 0, **config) -> Model:
    given = {"weight_bits": 6, "membrane": Format(8, 8)} | config
    shape = ModelConfig(neuron=neuron, parameters={}, **given)
    return Model(shape, generator=torch.Generator().manual_seed(seed))


def run_model(made: Model):
    with torch.no_grad():
        return made(torch.from_numpy(SPIKES.astype(np.float32)))[1]


@pytest.mark.parametrize("name", EACH)
def test_the_first_weights_make_each_neuron_spike(name):
    """Not silent, and not without rest: there is something to learn from."""
    spikes = run_model(model(name)).spikes[0]
    assert 0.01 < float(spikes.mean()) < 0.5
    assert (spikes.mean((0, 1)) > 0).float().mean() > 0.2


@pytest.mark.parametrize("name", EACH)
def test_on_the_grid_each_neuron_is_the_integers(name):
    made = model(name, seed=1)
    made.quantize()
    result = run_model(made)
    expected = run(made.network(steps=CONFIG.coding.steps), SPIKES)
    for spikes, membranes, layer in zip(
        result.spikes, result.membranes, expected.layers, strict=True
    ):
        assert np.array_equal(spikes.transpose(0, 1).numpy(), layer.spikes)
        assert np.array_equal(membranes.transpose(0, 1).numpy(), layer.membranes)
    assert expected.layer_spikes[:, 0].sum() > 0  # something was compared


@pytest.mark.parametrize("bits", [2, 5])
def test_few_weight_bits_of_a_recurrent_layer_stay_exact_and_in_range(bits):
    made = model("recurrent_lif", weight_bits=bits, sizes=(64, 20, 10))
    made.quantize()
    network = made.network(steps=CONFIG.coding.steps)
    membranes = run_model(made).membranes[-1]
    assert np.array_equal(membranes.transpose(0, 1).numpy(), run(network, SPIKES).membranes)
    most = 2 ** (bits - 1) - 1
    hidden = network.layers[0]
    assert hidden.recurrent is not None
    for matrix in (hidden.weights, hidden.recurrent):
        assert np.abs(matrix).max() <= most
    assert np.abs(hidden.weights).max() == most


@pytest.mark.parametrize("name", SPIKING)
def test_the_first_weights_are_as_strong_as_the_neuron_needs(name):
    """Half as strong an input of one step leaves it silent, unless 1 is enough."""
    definition = DEFINITIONS[name]
    values = {key: one.default for key, one in definition.parameters.items()}

    def spikes(current: float) -> bool:
        states = reals.start(definition, values)
        said = False
        for heard in (current, *[0.0] * 24):
            inputs = {
                key: heard if one.source in ("all", "excitatory") else 0.0
                for key, one in definition.inputs.items()
            }
            states, spike = reals.step(definition, states, inputs, parameters=values)
            said = said or spike
        return said

    strength = drive(definition, values)
    assert spikes(strength)
    assert strength == 1 or not spikes(strength / 2)


def test_a_readout_and_what_never_spikes_are_driven_as_they_are():
    li, lif = DEFINITIONS["li"], DEFINITIONS["lif"]
    assert drive(li, li.values({})) == 1
    assert drive(lif, lif.values({"threshold": 1e6})) == 1


def test_of_parameters_for_each_neuron_the_first_counts():
    lif = DEFINITIONS["lif"]
    assert drive(lif, lif.values({"threshold": (3.0, 1.0)})) == 4
    assert drive(lif, lif.values({"threshold": (1.0, 3.0)})) == 1


@pytest.mark.slow
def test_a_neuron_that_counts_in_millivolts_learns():
    # Chance is 0.10; the first weights of a neuron with a threshold of 1.0 leave it there.
    brief = replace(
        training_config(TASK, neuron="izhikevich", weight_bits=6, membrane="Q8.8"),
        real=Phase(epochs=6, learning_rate=3e-2), quantized=Phase(epochs=3, learning_rate=2e-3),
    )
    trained = train(brief, TASK, seed=0)
    assert trained.accuracy_float is not None and trained.accuracy_float > 0.4
    assert trained.accuracy_integer is not None and trained.accuracy_integer > 0.4


@pytest.mark.parametrize("steps", [4, 8, 16, 32, 200])
def test_gradients_do_not_explode_on_their_way_through_many_resets(steps):
    config = ModelConfig(sizes=(1, 1, 2), parameters={"decay": 1.0})
    cell = Model(config, generator=torch.Generator(), steps=steps).neurons()[0]
    first = torch.ones(1, 1, requires_grad=True)
    states = cell.start(1, 1)
    for step in range(steps):  # the membrane is at its threshold in each step
        states, spike = cell(states, first if step == 0 else torch.ones(1, 1))
        assert spike.item() == 1
    states["v"].sum().backward()
    assert first.grad is not None and abs(first.grad.item()) <= 301


@pytest.mark.parametrize(("bits", "steps", "share"), [(1, 32, 1), (4, 4, 1), (4, 32, 1 / 8)])
def test_first_weights_suit_graded_inputs_that_come_in_every_step(bits, steps, share):
    few, many = (
        Model(ModelConfig(input_bits=bits), generator=torch.Generator().manual_seed(0), steps=count)
        for count in (4, steps)
    )
    for one, other in zip(few.weights, many.weights, strict=True):
        assert torch.allclose(one * share, other)
