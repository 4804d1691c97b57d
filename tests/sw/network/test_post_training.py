"""Quantisation without training: scales, formats, biases, the report, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from spikewright.errors import DataError, SpikewrightWarning
from spikewright.network.post_training import PostTraining, quantize
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork, in_reals
from spikewright.network.real_run import run_real
from spikewright_hw.definition.definition import Definition
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, NetworkError
from spikewright_hw.neuron import DEFINITIONS

STEPS = 30


def network(neuron="lif", readout="li", *, seed=0, **given) -> RealNetwork:
    generator = np.random.default_rng(seed)
    definition = DEFINITIONS[neuron]
    hears = any(one.source == "recurrent" for one in definition.inputs.values())
    hidden = {
        "weights": generator.normal(0.1, 0.5, (12, 20)),
        "bias": generator.normal(0, 0.05, 20),
        "recurrent": generator.normal(0, 0.2, (20, 20)) if hears else None,
    }
    return RealNetwork(
        layers=(
            RealLayer(neuron=neuron, **hidden | given),
            RealLayer(weights=generator.normal(0, 0.5, (20, 5)), neuron=readout,
                      bias=generator.normal(0, 0.1, 5)),
        ),
        steps=STEPS, readout="count" if DEFINITIONS[readout].spikes else "last",
    )


def samples(count=40, seed=1) -> np.ndarray:
    return np.random.default_rng(seed).random((count, STEPS, 12)) < 0.3


def test_a_network_on_the_grid_stays_as_it_is():
    generator = np.random.default_rng(0)
    real = RealNetwork(
        layers=(
            RealLayer(weights=generator.integers(-31, 32, (12, 20)) / 8, neuron="if_neuron",
                      parameters={"threshold": 4.0}, bias=generator.integers(-8, 8, 20) / 64),
            RealLayer(weights=generator.integers(-31, 32, (20, 5)) / 16, neuron="li",
                      parameters={"decay": 1.0}),
        ),
        steps=STEPS,
    )
    options = PostTraining(method="percentile", percentile=100)
    made = quantize(real, samples(), options=options)
    assert made.agreement == 1
    assert [layer.scale for layer in made.layers] == [1 / 8, 1 / 16]
    assert made.layers[0].clipped == made.layers[0].distance == 0
    assert real.layers[0].bias is not None
    np.testing.assert_array_equal(np.array(made.network.layers[0].bias) / 64,
                                  real.layers[0].bias * 8)
    again = run_real(in_reals(made.network), samples())
    np.testing.assert_array_equal(again.spikes[0], run_real(real, samples()).spikes[0])


@pytest.mark.filterwarnings("ignore::spikewright.errors.SpikewrightWarning")
@pytest.mark.parametrize("neuron", [name for name, one in DEFINITIONS.items() if one.spikes])
def test_every_neuron_can_be_quantised(neuron):
    strength = {"izhikevich": 20.0, "lapicque": 0.5}.get(neuron, 1.0)
    real = network(neuron)
    real = network(neuron, weights=real.layers[0].weights * strength)
    made = quantize(real, samples(8), options=PostTraining(weight_bits=8))
    fit = made.layers[0]
    assert made.network.layers[0].definition.name == fit.neuron == neuron
    assert fit.distance <= 0.1 and 0 <= fit.clipped < 0.05


def test_more_bits_are_nearer():
    real = network(readout="lif")
    distances = [
        quantize(real, samples(), options=PostTraining(weight_bits=bits)).layers[0].distance
        for bits in (2, 4, 8)
    ]
    assert distances[0] > distances[1] > distances[2]


def test_percentile_clips_what_it_says():
    made = quantize(
        network(), samples(), options=PostTraining(method="percentile", percentile=90.0)
    )
    assert 0.07 < made.layers[0].clipped < 0.1
    assert quantize(
        network(), samples(), options=PostTraining(method="percentile", percentile=100.0)
    ).layers[0].clipped == 0


def test_a_given_format_that_is_too_narrow_is_seen_in_the_report():
    made = quantize(network(), samples(), options=PostTraining(membrane=Format(12, 2)))
    narrow = quantize(
        network(), samples(), options=PostTraining(weight_bits=4, membrane=Format(5, 2))
    )
    assert made.layers[0].saturated == 0 < narrow.layers[0].saturated


def test_the_report_prints():
    labels = run_real(network(), samples()).predictions
    made = quantize(network(), samples(), labels=labels)
    console = Console(width=100, force_terminal=False)
    with console.capture() as captured:
        console.print(made)
    text = captured.get()
    assert "Quantised without training" in text and "clipped" in text
    assert made.accuracy_real == 1.0
    assert made.accuracy_integer == made.agreement
    assert f"same answer: {100 * made.agreement:.2f} % of the samples" in text


@pytest.mark.parametrize("spikes, message", [
    (np.zeros((0, STEPS, 12)),
     "there are no samples; the membranes' formats follow from what they reach"),
    (np.zeros((3, STEPS, 11)),
     (f"the input spikes are of shape 3 × {STEPS} × 11; this network needs samples × {STEPS} "
      "steps × 12 inputs")),
    (np.full((3, STEPS, 12), 2),
     "the input spikes hold values other than 0 and 1; encode the samples first"),
])
def test_spikes_that_do_not_fit(spikes, message):
    with pytest.raises(DataError) as error:
        quantize(network(), spikes)
    assert str(error.value) == message


def test_levels_that_do_not_fit():
    with pytest.raises(DataError) as error:
        quantize(network(), samples(), options=PostTraining(membrane=Format(2, 2)))
    assert str(error.value).startswith("layers[0] cannot be quantised: parameters: ")


@pytest.mark.parametrize("given, message", [
    ({"weight_bits": 9}, "weight_bits is 9; it must be a whole number from 2 to 8"),
    ({"method": "least"}, "method is 'least'; there are least squares, percentile"),
    ({"percentile": 0}, "percentile is 0; it must be above 0"),
    ({"margin": 0.5}, "margin is 0.5; it must be a number of at least 1"),
])
def test_options_out_of_range(given, message):
    with pytest.raises(ValueError) as error:
        PostTraining(**given)
    assert str(error.value) == message


@pytest.mark.parametrize("given, message", [
    ({"weights": np.zeros(3)}, "weights is of shape [3]; it must have 2 axes"),
    ({"weights": np.zeros((0, 3))}, "weights is empty; a layer needs inputs and neurons"),
    ({"weights": np.full((1, 1), np.inf)}, "weights[0, 0] is inf; it must be a finite number"),
    ({"weights": [["a"]]}, "weights is [['a']]; it must be an array of numbers"),
    ({"weights": [[1j]]}, "weights is [[1j]]; it must be an array of numbers"),
    ({"bias": np.zeros(2)},
     "bias is of shape [2]; the layer has 3 neurons, so it must be [3]"),
    ({"recurrent": np.zeros((3, 3))},
     "recurrent is given, but lif does not take the layer's own spikes"),
    ({"neuron": "recurrent_lif"},
     "recurrent is missing; recurrent_lif takes the layer's own spikes"),
    ({"parameters": {"decay": (0.5, 0.5)}},
     "parameters are given for 2 neurons, and the layer has 3"),
    ({"parameters": {"leak": 1}},
     "parameters: lif has no parameter leak; it has decay, threshold"),
])
def test_a_layer_that_does_not_fit(given, message):
    with pytest.raises(ValueError) as error:
        RealLayer(**{"weights": np.zeros((4, 3)), "neuron": "lif"} | given)
    assert str(error.value) == message


@pytest.mark.parametrize("layers, readout, message", [
    ((), "last", "layers is (); it must be a list of RealLayer objects"),
    (("lif",), "last", ("layers[0].neuron is lif, which spikes; the last layer of a network with "
                       "the readout 'last' does not")),
    (("li",), "count", ("layers[0].neuron is li, which never spikes; the last layer of a network "
                       "with the readout 'count' does")),
    (("li", "li"), "last", ("layers[0].neuron is li, which never spikes; each layer but the last "
                           "does")),
    (("lif", "li"), "sum", "readout is 'sum'; there are last, maximum, count, first"),
])
def test_a_network_that_does_not_fit(layers, readout, message):
    made = tuple(RealLayer(weights=np.zeros((2, 2)), neuron=one) for one in layers)
    with pytest.raises(ValueError) as error:
        RealNetwork(layers=made, steps=4, readout=readout)
    assert str(error.value) == message


def test_arrays_are_copied_and_cannot_be_written_to():
    weights = np.zeros((2, 2))
    layer = RealLayer(weights=weights, neuron="lif")
    weights[0, 0] = 1
    assert layer.weights[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        layer.weights[0, 0] = 1


@pytest.mark.filterwarnings("ignore::spikewright.errors.SpikewrightWarning")
@pytest.mark.parametrize("neuron", ["adex", "exp_if"])
def test_a_weight_step_is_no_finer_than_a_step_of_a_given_membrane(neuron):
    real = network(neuron)
    real = network(neuron, weights=real.layers[0].weights / 4)
    options = PostTraining(weight_bits=8, membrane=Format(8, 4))
    made = quantize(real, samples(8), options=options)
    layer = made.network.layers[0]
    assert made.layers[0].scale == 2.0**-layer.exponent == 1 / 16
    stands_for = np.array(layer.weights) * 2.0**-layer.exponent
    np.testing.assert_allclose(stands_for, real.layers[0].weights, atol=1 / 32)


def test_a_matrix_that_is_lost_is_warned_of():
    real = network("recurrent_lif", input_bits=8)
    first, last = real.layers
    real = replace(real, layers=(replace(first, weights=first.weights / 255), last))
    spikes = np.random.default_rng(1).integers(0, 256, (8, STEPS, 12))
    message = (
        r"layers\[0\]: \d+ % of its weights are rounded to 0, for one weight step is that of all "
        r"weights of a layer; take more weight_bits, or inputs of fewer bits"
    )
    with pytest.warns(SpikewrightWarning, match=f"^{message}$"):
        quantize(real, spikes)


def test_a_layer_that_never_spikes_has_no_spikes_of_its_own():
    first, _ = network("recurrent_lif").layers
    mute = Definition(
        name="mute", doc="", inputs=first.definition.inputs, states=first.definition.states,
        parameters=first.definition.parameters,
        update={name: one for name, one in first.definition.update.items() if name != "spike"},
    )
    message = "neuron is mute, which takes the layer's own spikes, and never spikes"
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(first, neuron=mute)
    with pytest.raises(NetworkError, match=f"^{message}$"):
        Layer(
            weights=((1,),), weight_bits=4, neuron=mute, parameters=first.parameters,
            membrane=Format(8, 4), recurrent=((1,),),
        )
