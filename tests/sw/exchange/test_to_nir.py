"""Networks written as NIR and read again: the same spikes, or a sentence that says what is lost."""

from dataclasses import replace

import nir
import numpy as np
import pytest
import torch

from spikewright.errors import DataError
from spikewright.exchange.from_nir import from_nir
from spikewright.exchange.from_torch import from_torch
from spikewright.exchange.to_nir import to_nir
from spikewright.network.post_training import quantize
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_real

from .frameworks import CASES, INPUTS
from .test_from_nir import VARIED, graph, load, matrix

STEPS = 40
#: Neurons of frameworks that NIR says as they are.
EXACT = {
    "snntorch_Leaky_reset_mechanism_zero_reset_delay_False",
    "snntorch_RLeaky_reset_mechanism_zero_reset_delay_False",
    "norse_LIFBoxCell", "norse_LIBoxCell",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_framework_s_neuron_comes_back_or_is_refused(case, tmp_path):
    if case.name in ("norse_LIF", "norse_LI", "norse_IAF", "norse_LIFRecurrent"):
        case = next(one for one in CASES if one.name == f"{case.name}Cell")
    sequence = "step_mode_m" in case.name
    readout = "count" if case.spikes else "last"
    network = from_torch(
        case.network(0), torch.zeros((STEPS, 1, INPUTS) if sequence else (1, INPUTS)),
        readout=readout, steps=None if sequence else STEPS,
    )
    try:
        to_nir(network, tmp_path / "net.nir", dt=1e-3)
    except DataError as error:
        assert case.name not in EXACT
        assert str(error).startswith("layers[0] has ") and " NIR has no " in str(error)
        return
    assert case.name in EXACT
    again = from_nir(tmp_path / "net.nir", dt=1e-3, steps=STEPS, readout=readout)
    spikes = np.random.default_rng(0).random((3, STEPS, INPUTS)) < 0.4
    before, after = run_real(network, spikes), run_real(again, spikes)
    np.testing.assert_array_equal(after.spikes[0], before.spikes[0])
    np.testing.assert_allclose(after.states[0]["v"], before.states[0]["v"], atol=1e-9)


@pytest.mark.parametrize("kind", ["I", "IF", "LI", "LIF", "CubaLI", "CubaLIF"])
def test_a_node_comes_back_as_it_was(kind, tmp_path):
    fields = getattr(nir, kind).__dataclass_fields__
    node = getattr(nir, kind)(**{name: one for name, one in VARIED.items() if name in fields})
    readout = "count" if kind.endswith("F") else "last"
    for current in ("old", "new"):
        network = load(graph(matrix(), node), readout=readout, current=current)
        to_nir(network, tmp_path / "net.nir")
        again = nir.read(tmp_path / "net.nir").nodes["0_neurons"]
        assert type(again) is type(node)
        for name in VARIED:
            if name in fields:
                np.testing.assert_array_equal(getattr(again, name), getattr(node, name))


def network(neuron="lif", **given) -> RealNetwork:
    generator = np.random.default_rng(0)
    layer = RealLayer(weights=generator.normal(0, 1, (12, 4)), neuron=neuron, **given)
    return RealNetwork(layers=(layer,), steps=STEPS, readout="count")


def test_what_is_lost_is_named_and_can_be_accepted():
    with pytest.raises(DataError) as error:
        to_nir(network(), dt=1.0)
    assert str(error.value) == (
        "layers[0] has lif neurons, and NIR has no words for a reset by subtraction (a reset to "
        "zero would be written), nor for a spike at v >= threshold (one at v > threshold would be "
        "written); to write it so, give accept= the words subtract, at_least"
    )
    made = to_nir(network(), dt=1.0, accept=("subtract", "at_least"))
    assert isinstance(made.nodes["0_neurons"], nir.LIF)
    np.testing.assert_allclose(made.nodes["0_neurons"].tau, 8.0)


def test_a_network_in_integers_is_written_as_the_reals_it_stands_for():
    spikes = np.random.default_rng(1).random((10, STEPS, 12)) < 0.3
    made = quantize(network("nir_lif"), spikes).network
    written = to_nir(made)
    np.testing.assert_array_equal(written.nodes["0_weights"].weight.T, made.layers[0].weights)
    again = load(written, steps=STEPS)
    assert again.layers[0].parameters["v_threshold"] == made.layers[0].parameters["v_threshold"]


@pytest.mark.parametrize("make, given, message", [
    (lambda: network("izhikevich"), {},
     ("layers[0] has izhikevich neurons, which NIR has no node for; integrators, and leaky ones "
      "with or without a synaptic current, are written (docs/import.md)")),
    (lambda: network(parameters={"decay": 0.5}), {"accept": ("subtract", "at_least")},
     ("layers[0] has lif neurons, which leak by a share a step; pass dt=, the length of a step in "
      "the unit of time of the file")),
    (lambda: network(parameters={"decay": (0.5, 1, 1, 1)}),
     {"accept": ("subtract", "at_least"), "dt": 1.0},
     "layers[0] has neurons that leak and neurons that do not; NIR has no node for both"),
])
def test_refused(make, given, message):
    with pytest.raises(DataError) as error:
        to_nir(make(), **given)
    assert str(error.value) == message


def test_an_unknown_word():
    with pytest.raises(ValueError) as error:
        to_nir(network(), accept=["all"])
    assert str(error.value) == "accept is 'all'; there are subtract, late, none, at_least, graded"


def test_graded_inputs_are_accepted_by_their_word():
    first, *others = network().layers
    graded = replace(network(), layers=(replace(first, input_bits=4), *others))
    with pytest.raises(DataError) as error:
        to_nir(graded, dt=1)
    assert str(error.value) == (
        "layers[0] takes inputs of 4 bits, and NIR has no words for graded inputs, whole numbers "
        "of a few bits (any numbers would be taken), nor for what 0 and a step of them stand for; "
        "to write it so, give accept= the word graded"
    )
    assert to_nir(graded, dt=1, accept=["graded", "subtract", "at_least"]).nodes
