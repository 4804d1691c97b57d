"""The official harness around gateware agrees with our own metrics, and with its own counters."""

import sys

import numpy as np
import pytest

from spikewright.device.session import Session
from spikewright.device.simulation import simulate
from spikewright.errors import DataError, ToolError
from spikewright.job.harness import run_harness
from spikewright.record.algorithm import measure
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network

from ..record.test_algorithm import NETWORKS

LABELS = np.array([0, 1, 1, 0])
FULL = Network(
    (
        Layer(((3, -2), (1, 7), (-4, 5)), 4, "lif", {"decay": 0.75, "threshold": 2}, Format(6, 2)),
        Layer(((2, -1), (5, 3)), 4, "li", {"decay": 0.75}, Format(6, 2)),
    ),
    steps=3,
)


class InProcess(Session):
    """Stands for an open board: the gateware in Amaranth's simulator."""

    def __init__(self, network):
        self._network, self.kept = network, []

    def infer(self, inputs):
        self.kept.append(simulate(self.network, inputs[None]))
        return self.kept[-1].inferences[0].result

    def trace(self):
        return self.kept[-1].inferences[0].trace

    @property
    def synops(self):
        return sum(int(one.synops[0]) for one in self.kept)


def inputs(network):
    random = np.random.default_rng(11)
    return random.integers(0, 1 << network.input_bits, (4, network.steps, network.inputs)) * (
        random.random((4, network.steps, network.inputs)) < 0.6
    )


def test_the_device_counts_what_the_harness_finds():
    """Exactly, on a network of spikes without weights of zero."""
    board = InProcess(FULL)
    found = run_harness(board, inputs(FULL), labels=LABELS, network=FULL)
    operations = found["SynapticOperations"]
    assert operations["Effective_ACs"] * 4 == board.synops > 0
    assert operations["Effective_MACs"] == 0


@pytest.mark.parametrize("name", NETWORKS)
def test_the_harness_agrees_with_our_own_metrics(name):
    layers, _ = NETWORKS[name]
    network = Network(layers, steps=3)
    board, given = InProcess(network), inputs(network)
    found = run_harness(board, given, labels=LABELS, network=network)
    spikes = [np.concatenate(each) for each in zip(*(one.spikes for one in board.kept),
                                                   strict=True)]
    own = measure(network, given, spikes)
    operations = found["SynapticOperations"]
    assert operations == {
        "Effective_MACs": own.effective_macs, "Effective_ACs": own.effective_acs,
        "Dense": own.dense_operations,
    }
    assert own.counted_operations * 4 == board.synops
    assert found["ConnectionSparsity"] == round(own.connection_sparsity, 4)
    assert found["ActivationSparsity"] == pytest.approx(own.activation_sparsity, rel=1e-12)
    predicted = [int(one.predictions[0]) for one in board.kept]
    assert found["ClassificationAccuracy"] == np.mean(np.array(predicted) == LABELS)


def test_what_cannot_be_run(monkeypatch):
    with pytest.raises(DataError, match=r"^labels has 3 entries, and inputs has 4 samples$"):
        run_harness(InProcess(FULL), inputs(FULL), labels=LABELS[:3], network=FULL)
    monkeypatch.setitem(sys.modules, "neurobench.benchmarks", None)
    with pytest.raises(ToolError, match=r"^neurobench.* is not installed, a part of NeuroBench's"):
        run_harness(InProcess(FULL), inputs(FULL), labels=LABELS, network=FULL)


def test_a_failure_of_the_harness_is_an_error(monkeypatch):
    from neurobench.metrics.workload import SynapticOperations

    def fail(*_):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(SynapticOperations, "__call__", fail)
    with pytest.raises(DataError, match=r"^NeuroBench's harness failed: Error running .*no such"):
        run_harness(InProcess(FULL), inputs(FULL), labels=LABELS, network=FULL)
