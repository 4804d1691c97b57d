"""Networks from elsewhere that answer with values, or at each step: quantised, scored, reported."""

import numpy as np
import pytest

from spikewright.coding.coding import encode
from spikewright.coding.spikes import Spikes
from spikewright.device.simulation import simulate
from spikewright.errors import DataError
from spikewright.job.observations import make_report
from spikewright.network.post_training import PostTraining
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_real
from spikewright.network.reference import run
from spikewright.quantized.from_reals import quantize_on_task
from spikewright.task.task import Task

STEPS, INPUTS = 9, 8
CODING = Spikes(inputs=INPUTS, steps=STEPS)
OPTIONS = PostTraining(weight_bits=8)

pytestmark = pytest.mark.filterwarnings("ignore::spikewright.errors.SpikewrightWarning")


def network(*, readout: str = "last") -> RealNetwork:
    rng = np.random.default_rng(0)
    last = rng.normal(0, 3, (20, 3))
    last -= last.mean(axis=0)
    return RealNetwork(
        layers=(
            RealLayer(weights=rng.normal(0.1, 0.6, (INPUTS, 20)), neuron="lif"),
            RealLayer(weights=last, neuron="li",
                      bias=rng.normal(0, 0.05, 3)),
        ),
        steps=STEPS, readout=readout,
    )


def task(real: RealNetwork, *, values: bool, each_step: bool) -> Task:
    """Return spikes, and what the network in real numbers answers to them."""
    spikes = np.random.default_rng(1).random((160, STEPS, INPUTS)) < 0.3
    membranes = run_real(real, spikes).states[-1]["v"]
    made = membranes if each_step else {
        "last": membranes[:, -1], "maximum": membranes.max(axis=1),
    }[real.readout]
    targets = made if values else made.argmax(axis=-1)
    return Task(
        name="answers", kind="spikes", x_train=spikes[:120], y_train=targets[:120],
        x_test=spikes[120:], y_test=targets[120:],
    )


@pytest.mark.parametrize(("readout", "values", "each_step"), [
    ("last", True, False), ("maximum", True, False), ("last", True, True), ("last", False, True),
    ("last", False, False),
])
def test_the_answers_are_near_those_in_real_numbers(readout, values, each_step):
    real = network(readout=readout)
    answers = task(real, values=values, each_step=each_step)
    quantized, _ = quantize_on_task(real, answers, coding=CODING, options=OPTIONS)
    before, after = quantized.provenance.measures
    expected = run(quantized.network, answers.x_test)
    outputs = expected.membranes if each_step else expected.outputs
    if values:
        scale = quantized.output_scale
        assert scale is not None and scale.offset == (0, 0, 0) and before == 0
        made = np.array(scale.scale) * outputs
        assert after == pytest.approx(np.sqrt(np.mean(np.square(made - answers.y_test))))
        assert after < 0.1 * answers.y_test.std()
    else:
        assert quantized.output_scale is None and before == 1.0
        assert after == np.mean(outputs.argmax(axis=-1) == answers.y_test) >= 0.9
    # As gateware, and in a report.
    spikes = encode(answers.x_test[:3], CODING)
    report = make_report(
        simulate(quantized, spikes), run(quantized.network, spikes), task=answers,
        network=quantized,
    )
    assert report["mismatches"].value == 0


def test_targets_that_the_network_does_not_give():
    real = network(readout="maximum")
    answers = task(network(), values=True, each_step=True)
    with pytest.raises(DataError) as caught:
        quantize_on_task(real, answers, coding=CODING)
    assert str(caught.value) == (
        "the targets of answers are at each step, and the readout 'maximum' gives one output for a "
        "sample; take 'last', whose membranes are read after each step"
    )
    two = RealNetwork(layers=(RealLayer(weights=np.ones((INPUTS, 2)), neuron="li"),), steps=STEPS)
    with pytest.raises(DataError) as caught:
        quantize_on_task(two, answers, coding=CODING)
    assert str(caught.value) == (
        "the network has 2 outputs, but answers has 3 values to a target"
    )
