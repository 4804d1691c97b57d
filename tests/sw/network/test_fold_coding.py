"""A network that was trained on values, given graded inputs: the same currents."""

import re
from dataclasses import replace

import numpy as np
import pytest

from spikewright.coding.coding import decode, encode
from spikewright.coding.direct import Direct
from spikewright.coding.spikes import Spikes
from spikewright.errors import DataError
from spikewright.network.fold_coding import fold_coding
from spikewright.network.post_training import PostTraining, quantize
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork, in_reals
from spikewright.network.real_run import run_real
from spikewright.network.reference import run
from spikewright.network.retraining import retraining_config
from spikewright.network.train import train
from spikewright.quantized.from_reals import quantize_on_task
from spikewright.task.task import Task
from spikewright_hw.neuron import DEFINITIONS

STEPS = 7
SPIKING = [name for name, one in DEFINITIONS.items() if one.spikes]


def takes_apart(neuron: str) -> bool:
    return any(
        one.source in ("excitatory", "inhibitory") for one in DEFINITIONS[neuron].inputs.values()
    )


def network(neuron="lif", *, bias=True, seed=0) -> RealNetwork:
    rng = np.random.default_rng(seed)
    definition = DEFINITIONS[neuron]
    hears = any(one.source == "recurrent" for one in definition.inputs.values())
    strength = {"izhikevich": 20.0}.get(neuron, 1.0)
    return RealNetwork(
        layers=(
            RealLayer(
                weights=strength * rng.normal(0.3, 0.5, (6, 12)), neuron=neuron,
                bias=rng.normal(0, 0.05, 12) if bias else None,
                recurrent=rng.normal(0, 0.2, (12, 12)) if hears else None,
            ),
            RealLayer(weights=rng.normal(0, 0.5, (12, 3)), neuron="li"),
        ),
        steps=STEPS,
    )


def coding(**given) -> Direct:
    return Direct(**{"inputs": 6, "steps": STEPS, "low": -1.0, "high": 3.0} | given)


def values(*, low=-1.0, high=3.0, count=30, sequence=False, seed=1) -> np.ndarray:
    shape = (count, STEPS, 6) if sequence else (count, 6)
    return np.random.default_rng(seed).uniform(low, high, shape)


@pytest.mark.parametrize("sequence", [False, True])
@pytest.mark.parametrize("bits", [2, 5, 8])
@pytest.mark.parametrize("neuron", SPIKING)
def test_the_currents_are_those_of_the_values(neuron, bits, sequence):
    low = 0.0 if takes_apart(neuron) else -1.0
    chosen = coding(bits=bits, sequence=sequence, low=low)
    real = network(neuron, bias=bits != 5)
    graded = encode(values(low=low, sequence=sequence), chosen)
    folded = run_real(fold_coding(real, chosen), graded)
    # The values that the inputs stand for, given to the network as it is.
    stand_for = decode(graded, chosen)
    plain = stand_for if sequence else np.repeat(stand_for[:, None], STEPS, axis=1)
    expected = run_real(real, plain)
    for name, current in expected.currents[0].items():
        np.testing.assert_allclose(folded.currents[0][name], current, atol=1e-9)
    np.testing.assert_array_equal(folded.spikes[0], expected.spikes[0])
    assert any(np.ptp(current) > 1 for current in expected.currents[0].values())


def test_values_are_what_the_inputs_come_from():
    chosen = coding(bits=8)
    samples = values()
    entered = chosen.values(samples)
    assert entered.dtype == np.float64
    np.testing.assert_array_equal(entered, np.repeat(samples[:, None], STEPS, axis=1))
    stand_for = chosen.low + chosen.step * encode(samples, chosen)
    assert np.abs(stand_for - entered).max() <= chosen.step / 2 + 1e-12
    sequence = values(sequence=True)
    np.testing.assert_array_equal(coding(sequence=True).values(sequence), sequence)


def test_spikes_need_no_folding():
    real = network()
    assert fold_coding(real, Spikes(inputs=6, steps=STEPS)) is real


def even(real: RealNetwork) -> RealNetwork:
    """Return a network whose currents are small for values in the middle of their range."""
    first, last = real.layers
    return replace(real, layers=(
        replace(first, bias=0.2 - first.weights.sum(axis=0)),
        replace(last, weights=last.weights - last.weights.mean(axis=0)),
    ))


def task(real: RealNetwork, *, count=240) -> Task:
    """Return values, and the answers of a network in real numbers to them."""
    samples = values(count=count)
    labels = run_real(real, coding().values(samples)).predictions
    half = count // 2
    return Task(
        name="answers", kind="values", x_train=samples[:half], y_train=labels[:half],
        x_test=samples[half:], y_test=labels[half:], low=-1.0, high=3.0, classes=3,
    )


@pytest.mark.filterwarnings("ignore::spikewright.errors.SpikewrightWarning")
def test_quantised_on_values():
    real = even(network())
    answers = task(real)
    chosen = coding(bits=8)
    quantized, report = quantize_on_task(
        real, answers, coding=chosen, options=PostTraining(weight_bits=8)
    )
    assert quantized.network.input_bits == 8
    # In real numbers it is the network itself, on values that nothing rounded.
    assert quantized.provenance.accuracy_float == 1.0
    again = run(quantized.network, encode(answers.x_test, chosen)).accuracy(answers.y_test)
    assert quantized.provenance.accuracy_integer == again
    assert again is not None and again >= 0.95
    coarse, _ = quantize_on_task(
        real, answers, coding=coding(bits=2), options=PostTraining(weight_bits=8)
    )
    assert coarse.provenance.accuracy_float == 1.0
    assert coarse.provenance.accuracy_integer is not None
    assert coarse.provenance.accuracy_integer < again
    assert report.layers[0].distance < 0.05


def test_trained_on_with_graded_inputs():
    real = even(network())
    answers = task(real)
    chosen = coding(bits=4)
    spikes = encode(answers.x_test, chosen)
    few = quantize(
        fold_coding(real, chosen), encode(answers.x_train, chosen),
        options=PostTraining(weight_bits=2),
    ).network
    config = replace(
        retraining_config(answers, real, coding=chosen, weight_bits=2, epochs=12),
        batch=30, spike_cost=0.0,
    )
    trained = train(config, answers, seed=0)
    assert config.model.input_bits == trained.network.input_bits == 4
    after = run(trained.network, spikes).accuracy(answers.y_test)
    assert after == trained.accuracy_integer
    assert after > run(few, spikes).accuracy(answers.y_test)


def test_training_starts_where_a_network_in_integers_is():
    real = even(network())
    answers = task(real)
    chosen = coding(bits=4)
    given = quantize(fold_coding(real, chosen), encode(answers.x_train, chosen)).network
    config = retraining_config(
        answers, in_reals(given), coding=chosen, weight_bits=8, epochs=0
    )
    spikes = encode(answers.x_test, chosen)
    again = train(config, answers, seed=0).network
    same = run(again, spikes).predictions == run(given, spikes).predictions
    assert again.input_bits == 4 and same.mean() >= 0.95


@pytest.mark.parametrize(("neuron", "chosen", "message"), [
    ("lif", coding(inputs=5), "direct makes 5 inputs, and the network takes 6"),
    ("lif", coding(steps=3), "direct makes 3 steps, and the network takes 7"),
    ("lif", coding(bits=3),
     ("direct makes graded inputs of 3 bits, and the network takes graded inputs of 4 bits")),
    ("lif", Spikes(inputs=6, steps=STEPS),
     "spikes makes spikes, and the network takes graded inputs of 4 bits"),
])
def test_graded_inputs_that_do_not_fit(neuron, chosen, message):
    real = fold_coding(network(neuron), coding(bits=4))
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        fold_coding(real, chosen)


@pytest.mark.parametrize("neuron", [name for name in SPIKING if takes_apart(name)])
def test_an_offset_of_currents_that_are_taken_apart(neuron):
    names = ", ".join(DEFINITIONS[neuron].inputs)
    message = (
        f"layers[0] has {neuron} neurons, which take positive and negative currents apart "
        f"({names}), and an input of 0 stands for -1; give values from 0 on"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        fold_coding(network(neuron), coding())


def test_graded_layers_in_real_numbers():
    first, last = network().layers
    with pytest.raises(ValueError, match=re.escape(
        "layers[1].input_bits is 2, and it hears no input; what it hears are spikes: 1"
    )):
        RealNetwork(layers=(first, replace(last, input_bits=2)), steps=STEPS)
    message = "input_bits is 9; it must be a whole number from 1 to 8"
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(first, input_bits=9)


@pytest.mark.parametrize(("given", "message"), [
    (np.zeros((3, STEPS, 5)),
     ("the inputs are of shape 3 × 7 × 5; this network needs samples × 7 steps × 6 inputs")),
    (np.full((3, STEPS, 6), np.nan), "the inputs hold values that are no finite numbers"),
    (np.full((3, STEPS, 6), "a"), "the inputs hold values that are no finite numbers"),
])
def test_inputs_that_do_not_fit(given, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        run_real(network(), given)
