"""A network from elsewhere on a task: coded, quantised without training, and tested."""

import platform
from importlib.metadata import version

import numpy as np
from rich.console import Console

from spikewright import terminal
from spikewright.coding.coding import Coding, Graded, coding_rule
from spikewright.errors import DataError
from spikewright.machine import processor
from spikewright.network.fast import Predictor
from spikewright.network.fold_coding import fold_coding
from spikewright.network.post_training import PostTraining, quantize
from spikewright.network.quantization import Quantization
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_real
from spikewright.network.reference import share_right
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright.task.task import Task
from spikewright_hw.checks import instance, text

from .saturation import check_saturation

__all__ = ["print_network", "quantize_on_task"]

#: Samples of the training part on which formats are found, and those that run at once.
_SAMPLES = 500
_BLOCK = 256


def quantize_on_task(
    network: RealNetwork,
    task: Task,
    *,
    coding: Coding,
    options: PostTraining | None = None,
    source: str = "",
    allow_saturation: bool = True,
) -> tuple[QuantizedNetwork, Quantization]:
    """Quantise a network on samples of a task, and test it.

    Formats follow from the first 500 samples of the training part, and so does the report of each
    layer. The accuracies of the provenance are those of the whole test part; of a network that was
    trained on values, that in real numbers is on the values themselves, not yet rounded to inputs.

    Parameters
    ----------
    network : RealNetwork
    task : Task
        Of classes, with one label for each sample.
    coding : Coding
        How its samples become spikes; or ``direct``, of samples as the network was trained on
        them.
    options : PostTraining, optional
    source : str
        Where the network came from, for its provenance.
    allow_saturation : bool
        Whether states that can saturate, for any input, are warned of or refused.

    Returns
    -------
    What a ``.spw`` file holds, and the report of the quantisation.

    Raises
    ------
    DataError
        The task has no classes, the coding does not fit the network, a layer cannot be quantised,
        or its states can saturate and may not.
    ValueError
        An argument is of another kind.
    """
    instance(RealNetwork)("network", network)
    instance(Task)("task", task)
    coding_rule("coding", coding)
    text("source", source)
    if not task.classes or task.y_test.ndim != 1:
        raise DataError(
            f"{task.name} has no label for each sample, and accuracy is a share of labels; give a "
            "task of classes"
        )
    folded = fold_coding(network, coding)
    samples = coding.encode(task.x_train[:_SAMPLES])
    made = quantize(folded, samples, labels=task.y_train[:_SAMPLES], options=options)
    check_saturation(made.network, allow_saturation=allow_saturation)
    enter = coding.encode
    if isinstance(coding, Graded) and network is not folded:
        enter = coding.values
    before = np.concatenate([
        run_real(network, enter(task.x_test[at : at + _BLOCK])).predictions
        for at in range(0, len(task.x_test), _BLOCK)
    ])
    spikes = coding.encode(task.x_test)
    chosen = options or PostTraining()
    membrane = None if chosen.membrane is None else str(chosen.membrane)
    return QuantizedNetwork(
        network=made.network,
        coding=coding,
        provenance=Provenance(
            data_set=task.name,
            seed=0,
            accuracy_float=share_right(before, task.y_test),
            accuracy_integer=share_right(Predictor(made.network)(spikes), task.y_test),
            versions={
                "spikewright": version("spikewright"), "numpy": np.__version__,
                "python": platform.python_version(), "processor": processor(),
            },
            training={
                "source": source, "method": chosen.method, "percentile": chosen.percentile,
                "weight_bits": chosen.weight_bits, "membrane": membrane, "margin": chosen.margin,
            },
        ),
    ), made


def print_network(network: RealNetwork, *, console: Console | None = None) -> None:
    """Print the layers of a network in real numbers, with what their neurons compute."""
    (terminal.console() if console is None else console).print(network)
