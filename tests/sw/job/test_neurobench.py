"""The metrics of NeuroBench in one call, under the names of its harness."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from spikewright.device.simulation import simulate
from spikewright.errors import DataError
from spikewright.job.neurobench import TASKS, compute_metrics
from spikewright.network.reference import run
from spikewright.record.figure import Computed, Figure
from spikewright.task.known import SOURCES
from spikewright_hw.engine.design import StochasticDesign
from spikewright_hw.engine.streams import Streams

from .test_harness import FULL, LABELS, inputs


@cache
def answered():
    return simulate(FULL, inputs(FULL))


def result(**more):
    return compute_metrics(
        answered(), LABELS, network=FULL, reference=run(FULL, inputs(FULL)), task="trial",
        model="3-2-2", **more,
    )


def test_the_values_are_those_of_the_answers():
    found, answers = result(), answered()
    right = answers.predictions == LABELS
    assert found.accuracy == right.mean() and found.samples == 4 and found.timesteps == 3
    assert found.balanced_accuracy == (right[[0, 3]].mean() + right[[1, 2]].mean()) / 2
    assert found.latency_ms == pytest.approx(answers.cycles.mean() / 80_000)
    assert found.latency_source == "simulated"
    assert found.algorithm.effective_acs * 4 == answers.synops.sum()
    assert found.algorithm.membrane_updates is not None


def test_the_json_has_the_names_of_the_harness_and_a_source_for_each_value_of_the_system():
    energy = Figure("energy_per_inference_uj", 1.5, "µJ", Computed("a trial"))
    made = result(energy=energy, stride_s=0.01, extra={"Note": 1}).to_neurobench_json()
    assert json.loads(json.dumps(made)) == made
    metrics = made["metrics"]
    assert set(metrics["complexity"]) == {
        "Footprint", "FootprintBits", "ConnectionSparsity", "ActivationSparsity",
        "SynapticOperations", "MembraneUpdates", "ModelExecutionRate",
    }
    assert set(metrics["complexity"]["SynapticOperations"]) == {
        "Effective_MACs", "Effective_ACs", "Dense"
    }
    assert metrics["complexity"]["ModelExecutionRate"] == 100
    assert metrics["system"]["energy_uj"]["provenance"] == "computed"
    assert metrics["system"]["latency_ms"]["provenance"] == "simulated"
    assert metrics["Note"] == 1
    assert result().to_neurobench_json()["metrics"]["system"]["energy_uj"] is None


def test_tasks_are_data_sets_that_can_be_loaded():
    assert set(TASKS) == {
        "keyword_spotting", "dvs_gesture", "heartbeat_anomaly", "activity_recognition",
        "motor_imagery", "mnist", "shd",
    }
    assert {task.data for task in TASKS.values()} <= set(SOURCES)


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"labels": LABELS[:3]}, DataError, r"labels has the shape \[3\] and the type int64; it"),
        ({"labels": LABELS / 2}, DataError, r"labels has the shape \[4\] and the type float64"),
        ({"extra": {"system": {}}}, ValueError, "extra has system, a group of the result; rename"),
        ({"energy": Figure("e", 1, "mJ", Computed("x"))}, ValueError, "energy has the unit mJ; it"),
        ({"stride_s": 0}, ValueError, "stride_s is 0; it must be"),
        ({"answers": replace(answered(), design=StochasticDesign(streams=Streams()))}, DataError,
         "the answers are of the stochastic engine, whose operations are of single bits"),
    ],
)
def test_what_cannot_be_measured(more, error, said):
    arguments = {"answers": answered(), "labels": LABELS, "network": FULL} | more
    answers, labels = arguments.pop("answers"), arguments.pop("labels")
    with pytest.raises(error, match=f"^{said}"):
        compute_metrics(answers, labels, **arguments)


def test_samples_are_counted_alike_whatever_their_order():
    """Batches play no part: the mean of single samples is that of all."""
    alone = [
        compute_metrics(
            replace(answered(), sent=answered().sent[[n]],
                    inferences=answered().inferences[n : n + 1]),
            LABELS[[n]], network=FULL,
        ).algorithm.effective_acs
        for n in range(4)
    ]
    assert np.mean(alone) == result().algorithm.effective_acs
