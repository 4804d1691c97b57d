"""Reports of networks that answer with values, or at each step: scores, pictures, sentences."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from spikewright.coding.coding import encode
from spikewright.device.simulation import simulate
from spikewright.errors import DataError
from spikewright.job.observations import make_report
from spikewright.network.reference import run
from spikewright.network.train import train
from spikewright.network.training_config import training_config
from spikewright.quantized.network import QuantizedNetwork, from_training
from spikewright.record.page import render
from spikewright.task.task import Task

from ..network.made_tasks import latest, patterns, sums

TASKS = {
    "values": sums(each_step=False), "values each step": sums(each_step=True),
    "labels each step": latest(),
}
SAMPLES = 4


@cache
def network(kind: str) -> QuantizedNetwork:
    task = TASKS[kind]
    config = replace(training_config(task, hidden=(6,), epochs=3), batch=30, spike_cost=0.0)
    return from_training(train(config, task, seed=0))


def reported(kind: str):
    """Return the report of the first samples, by the simulated gateware."""
    quantized, task = network(kind), TASKS[kind]
    spikes = encode(task.x_test, quantized.coding)[:SAMPLES]
    answers = simulate(quantized, spikes)
    return make_report(answers, run(quantized.network, spikes), task=task, network=quantized)


@pytest.mark.parametrize("kind", TASKS)
def test_scores_are_those_of_the_outputs(kind):
    """Each score follows from the stored membranes and the file's scale, by numpy alone."""
    quantized, task, report = network(kind), TASKS[kind], reported(kind)
    assert report["mismatches"].value == 0
    membranes = run(quantized.network, encode(task.x_test, quantized.coding)).membranes
    made = membranes if "each step" in kind else membranes[:, -1]
    for which, count in (("integer", len(task.y_test)), ("device", SAMPLES)):
        outputs, targets = made[:count], task.y_test[:count]
        if kind == "labels each step":
            right = int((outputs.argmax(-1) == targets).sum())
            figure = report[f"accuracy_{which}"]
            assert figure.value == 100 * right / targets.size and figure.unit == "%"
            assert figure.detail.items() >= {
                "right": right, "samples": count, "steps": task.steps
            }.items()
            assert 0 <= figure.detail["low"] < figure.value < figure.detail["high"] <= 100
            assert figure.detail["baseline"] == 100 * np.bincount(targets.ravel()).max() / (
                targets.size
            )
            continue
        scale = quantized.output_scale
        assert scale is not None
        values = np.array(scale.offset) + np.array(scale.scale) * outputs
        squares = np.square(values - targets)
        assert report[f"error_{which}"].value == pytest.approx(np.sqrt(squares.mean()))
        assert report[f"error_{which}"].detail == {"samples": count}
        axes = tuple(range(targets.ndim - 1))
        spread = np.square(targets - targets.mean(axis=axes)).sum()
        assert report[f"r2_{which}"].value == pytest.approx(1 - squares.sum() / spread)
    name = "accuracy" if kind == "labels each step" else "error"
    factor = 100 if name == "accuracy" else 1
    real, integer = quantized.provenance.measures
    assert report[f"{name}_float"].value == factor * real
    assert report[f"{name}_integer"].value == pytest.approx(factor * integer)


@pytest.mark.parametrize(("kind", "picture", "sentences"), [
    ("values", "values", ("over their targets", "with the target ", "after the last step are the")),
    ("values each step", "values", ("with values for each step", "Those after each step are the")),
    ("labels each step", "confusion", ("Classes as the board saw them, step by step.",
     "with a class for each step", "The highest after each step is the answer.")),
])
def test_the_page_speaks_of_the_targets(kind, picture, sentences):
    report = reported(kind)
    assert picture in [one.name for one in report.sections[0].pictures]
    page = render(report)
    for sentence in sentences:
        assert sentence in page
    assert ("output 0" in page) == (kind != "labels each step")


@pytest.mark.parametrize(("kind", "task", "message"), [
    ("values", patterns(classes=2, inputs=8),
     ("the network answers with values, but the targets of patterns are classes; give network= a "
     "network for it")),
    ("values", patterns(classes=3),
     "the network has 2 outputs, but patterns has 3 classes; give network= a network for it"),
    ("labels each step", sums(each_step=False, inputs=3),
     ("the network has 3 outputs, but sums has 2 values to a target; give network= a network for "
     "it")),
    ("labels each step", latest(steps=7),
     ("the targets of latest are at each of 7 steps, but the network has 10; give network= a "
     "network for it")),
])
def test_a_network_for_other_targets(kind, task: Task, message):
    quantized = network(kind)
    spikes = encode(TASKS[kind].x_test[:2], quantized.coding)
    answers = simulate(quantized, spikes)
    with pytest.raises(DataError) as caught:
        make_report(answers, run(quantized.network, spikes), task=task, network=quantized)
    assert str(caught.value) == message
