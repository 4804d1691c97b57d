"""NeuroBench in one call: the metrics of what a board answered, as the field names them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spikewright_hw.checks import real
from spikewright_hw.network import Network

from ..device.answers import Answers
from ..errors import DataError
from ..network.reference import Run
from ..quantized.network import QuantizedNetwork, network_of
from ..record.algorithm import AlgorithmMetrics, measure
from ..record.figure import Figure
from ..task.known import load_task
from ..task.metrics import class_scores
from ..task.task import Task

__all__ = ["TASKS", "BenchmarkResult", "BenchmarkTask", "compute_metrics"]


@dataclass(frozen=True, kw_only=True)
class BenchmarkTask:
    """A task that results are published of.

    Parameters
    ----------
    title : str
    data : str
        The data set, a name of :func:`spikewright.load_task`.
    classes : int
    metric : str
        What is compared: a result of few positive samples is told by more than its accuracy.
    """

    title: str
    data: str
    classes: int
    metric: str = "accuracy"

    def load(self, *, folder: str | Path | None = None) -> Task:
        """Return its samples and targets, as :func:`spikewright.load_task` does."""
        return load_task(self.data, folder=folder)


TASKS: Mapping[str, BenchmarkTask] = {
    "keyword_spotting": BenchmarkTask(
        title="Speech Commands", data="speech_commands", classes=35
    ),
    "dvs_gesture": BenchmarkTask(title="DVS128 Gesture", data="dvs_gesture", classes=11),
    "heartbeat_anomaly": BenchmarkTask(
        title="MIT-BIH, beats of other patients", data="mitbih", classes=5,
        metric="balanced accuracy",
    ),
    "activity_recognition": BenchmarkTask(
        title="WISDM, activities of a hand", data="wisdm", classes=7
    ),
    "motor_imagery": BenchmarkTask(title="EEG motor imagery", data="eeg_mi", classes=2),
    "mnist": BenchmarkTask(title="MNIST", data="mnist", classes=10),
    "shd": BenchmarkTask(title="Spiking Heidelberg Digits", data="shd", classes=20),
}
"""Tasks that results are published of, by name."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkResult:
    """What a network scored on a task, and what it took.

    Parameters
    ----------
    task, model : str
    samples, timesteps : int
    accuracy, balanced_accuracy : float
        Shares, 0 to 1; the second is the mean over the classes.
    algorithm : AlgorithmMetrics
        Per sample, at batch size 1.
    latency_ms : float, optional
        Mean of the engine's cycles at its clock.
    latency_source : str
        ``"counted"`` on a real board, ``"simulated"`` on a virtual one.
    energy : Figure, optional
        Of an inference, in µJ, with where it came from; never a number alone.
    model_execution_rate_hz : float, optional
        How often the model runs in its task: 1 / the stride of its windows. None of samples without
        a time.
    extra : mapping
        Whatever else belongs to it, under names that the result does not have.
    """

    task: str
    model: str
    samples: int
    timesteps: int
    accuracy: float
    balanced_accuracy: float
    algorithm: AlgorithmMetrics
    latency_ms: float | None = None
    latency_source: str = ""
    energy: Figure | None = None
    model_execution_rate_hz: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        taken = sorted(set(self.extra) & {"correctness", "complexity", "system"})
        if taken:
            raise ValueError(f"extra has {', '.join(taken)}, a group of the result; rename it")

    def to_neurobench_json(self) -> dict[str, Any]:
        """Return the result as JSON values, its metrics under the names of NeuroBench's harness."""
        found = self.algorithm
        energy = None if self.energy is None else self.energy.as_json()
        latency = None if self.latency_ms is None else {
            "value": self.latency_ms, "provenance": self.latency_source
        }
        return {
            "task": self.task,
            "model": self.model,
            "framework": "spikewright",
            "samples": self.samples,
            "timesteps": self.timesteps,
            "metrics": {
                "correctness": {
                    "ClassificationAccuracy": self.accuracy,
                    "BalancedAccuracy": self.balanced_accuracy,
                },
                "complexity": {
                    "Footprint": found.footprint.bytes,
                    "FootprintBits": found.footprint.bits,
                    "ConnectionSparsity": found.connection_sparsity,
                    "ActivationSparsity": found.activation_sparsity,
                    "SynapticOperations": {
                        "Effective_MACs": found.effective_macs,
                        "Effective_ACs": found.effective_acs,
                        "Dense": found.dense_operations,
                    },
                    "MembraneUpdates": found.membrane_updates,
                    "ModelExecutionRate": self.model_execution_rate_hz,
                },
                "system": {"latency_ms": latency, "energy_uj": energy},
                **self.extra,
            },
        }


def compute_metrics(
    answers: Answers,
    labels: np.ndarray,
    *,
    network: Network | QuantizedNetwork,
    reference: Run | None = None,
    task: str = "",
    model: str = "",
    energy: Figure | None = None,
    stride_s: float | None = None,
    extra: Mapping[str, Any] | None = None,
) -> BenchmarkResult:
    """Compute the metrics of NeuroBench of what a board answered.

    Parameters
    ----------
    answers : Answers
        Of the event engine: of :meth:`~spikewright.Session.infer_all` or of
        :func:`~spikewright.simulate`.
    labels : array ``[samples]``
        The classes, whole numbers.
    network : Network or QuantizedNetwork
        What was run.
    reference : Run, optional
        The same of the reference, with hidden membranes: membrane updates are counted in it.
    task, model : str
        What the result says of them.
    energy : Figure, optional
        Energy of an inference, in µJ.
    stride_s : float, optional
        Seconds between two runs of the model in its task.
    extra : mapping, optional
        Whatever else the result is to say.

    Raises
    ------
    DataError
        Labels are not one for each sample, or the answers are of bitstreams.
    ValueError
        An argument is of another kind.
    """
    plain, labels = network_of(network), np.asarray(labels)
    if labels.shape != (len(answers.inferences),) or labels.dtype.kind not in "iu":
        raise DataError(
            f"labels has the shape {list(labels.shape)} and the type {labels.dtype}; it must have "
            f"a whole number for each of the {len(answers.inferences)} samples"
        )
    if answers.design.streams is not None:
        raise DataError(
            "the answers are of the stochastic engine, whose operations are of single bits; "
            "NeuroBench has no metric of these"
        )
    if energy is not None and energy.unit != "µJ":
        raise ValueError(f"energy has the unit {energy.unit}; it must be in µJ, of an inference")
    membranes = None if reference is None else [layer.membranes for layer in reference.layers]
    right = answers.predictions == labels
    classes = int(max(labels.max(), answers.predictions.max())) + 1
    return BenchmarkResult(
        task=task,
        model=model,
        samples=len(labels),
        timesteps=plain.steps,
        accuracy=float(right.mean()),
        balanced_accuracy=class_scores(answers.predictions, labels, classes=classes).balanced,
        algorithm=measure(plain, answers.sent, answers.spikes, membranes=membranes),
        latency_ms=float(answers.cycles.mean()) / answers.clock_hz * 1e3,
        latency_source="simulated" if answers.virtual else "counted",
        energy=energy,
        model_execution_rate_hz=None if stride_s is None else 1 / real(low=1e-9)(
            "stride_s", stride_s
        ),
        extra=extra or {},
    )
