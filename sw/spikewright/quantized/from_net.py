"""From a network that was trained in a loop of one's own to what a file holds."""

import platform
from importlib.metadata import version

import numpy as np

from spikewright_hw.checks import instance

from ..coding.coding import Coding, coding_rule, encode
from ..errors import DataError
from ..machine import processor
from ..network.real_run import run_real
from ..network.reference import run
from ..network.spiking_net import SpikingNet
from ..task.task import Task
from .network import Provenance, QuantizedNetwork
from .on_task import check_targets

__all__ = ["from_net"]

#: Samples that run at once.
_BLOCK = 256


def from_net(net: SpikingNet, task: Task, *, coding: Coding) -> QuantizedNetwork:
    """Return a network on the grid as a file holds it, tested on its task.

    Parameters
    ----------
    net : SpikingNet
        Quantised, and perhaps trained on since.
    task : Task
        Of a label for each sample. The accuracies of the provenance are those of its test part: of
        the integers, and of the weights before they are rounded.
    coding : Coding
        How the samples became spikes.

    Raises
    ------
    DataError
        The task does not fit the network, or has no label for each sample.
    ValueError
        The network is not quantised yet, or the coding does not fit it.
    """
    coding_rule("coding", coding)
    if not instance(Task)("task", task).classes or task.each_step:
        raise DataError(
            f"the targets of {task.name} are not a label for each sample; train it with spw.train"
        )
    network = net.network(steps=coding.steps)
    check_targets(task, outputs=network.outputs, readout=network.readout, steps=network.steps)
    real = net.real_network(steps=coding.steps)
    before, after = [], []
    for at in range(0, len(task.x_test), _BLOCK):
        spikes = encode(task.x_test[at : at + _BLOCK], coding)
        before.append(run_real(real, spikes).predictions)
        after.append(run(network, spikes, hidden_membranes=False).predictions)
    found = [float(np.mean(np.concatenate(one) == task.y_test)) for one in (before, after)]
    return QuantizedNetwork(
        network=network,
        coding=coding,
        provenance=Provenance(
            data_set=task.name, seed=net.seed, accuracy_float=found[0], accuracy_integer=found[1],
            versions={
                **{name: version(name) for name in ("spikewright", "torch", "numpy")},
                "python": platform.python_version(), "processor": processor(),
            },
            training={"source": "spw.SpikingNet, trained in a loop of its user"},
        ),
    )
