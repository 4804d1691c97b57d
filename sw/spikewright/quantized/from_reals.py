"""A network from elsewhere on a task: coded, quantised without training, and tested."""

import platform
from importlib.metadata import version

import numpy as np
from rich.console import Console

from spikewright_hw.checks import instance, text

from .. import terminal
from ..coding.coding import Coding, Graded, coding_rule
from ..coding.input_map import input_map
from ..coding.output_scale import OutputScale
from ..machine import processor
from ..network.fold_coding import fold_coding
from ..network.outputs import outputs
from ..network.post_training import PostTraining, quantize
from ..network.quantization import Quantization
from ..network.quantize import scalable
from ..network.real_network import RealNetwork
from ..network.real_run import RealRun, run_real
from ..network.reference import run
from ..network.renumbered import renumbered
from ..task.metrics import score
from ..task.task import Task
from .network import Provenance, QuantizedNetwork
from .on_task import answered, check_targets
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
        Its inputs of a map are renumbered where those of the task are in another order.
    task : Task
        Of labels or of values, for each sample or for each step.
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
        The task or the coding does not fit the network, a layer cannot be quantised, or its states
        can saturate and may not.
    ValueError
        An argument is of another kind.
    """
    instance(RealNetwork)("network", network)
    instance(Task)("task", task)
    coding_rule("coding", coding)
    text("source", source)
    check_targets(task, outputs=network.outputs, readout=network.readout, steps=network.steps)
    network = renumbered(network, input_map(task, coding))
    folded = fold_coding(network, coding)
    samples = coding.encode(task.x_train[:_SAMPLES])
    one_label = task.classes and not task.each_step
    labels = task.y_train[:_SAMPLES] if one_label else None
    made = quantize(folded, samples, labels=labels, options=options)
    check_saturation(made.network, allow_saturation=allow_saturation)
    enter = coding.encode
    if isinstance(coding, Graded) and network is not folded:
        enter = coding.values
    scale = _output_scale(made) if not task.classes else None
    before, after = [], []
    for at in range(0, len(task.x_test), _BLOCK):
        some = task.x_test[at : at + _BLOCK]
        before.append(_real_answers(run_real(network, enter(some)), network, task))
        after.append(answered(run(made.network, coding.encode(some)), task=task, scale=scale))
    scores = [score(np.concatenate(one), task.y_test) for one in (before, after)]
    measure = "accuracy" if task.classes else "error"
    chosen = options or PostTraining()
    membrane = None if chosen.membrane is None else str(chosen.membrane)
    return QuantizedNetwork(
        network=made.network,
        coding=coding,
        output_scale=scale,
        provenance=Provenance(
            data_set=task.name,
            seed=0,
            **{f"{measure}_{kind}": one
               for kind, one in zip(("float", "integer"), scores, strict=True)},
            versions={
                "spikewright": version("spikewright"), "numpy": np.__version__,
                "python": platform.python_version(), "processor": processor(),
            },
            training={
                "source": source, "method": chosen.method, "percentile": chosen.percentile,
                "weight_bits": chosen.weight_bits, "membrane": membrane, "margin": chosen.margin,
                "layers": [one.data() for one in made.layers],
            },
        ),
    ), made


def _real_answers(run: RealRun, network: RealNetwork, task: Task) -> np.ndarray:
    """Return what a network in real numbers answers, as the task has its targets."""
    if task.classes and not task.each_step:
        return run.predictions
    membranes = run.states[-1]["v"]
    made = membranes if task.each_step else outputs(network.readout, membranes.swapaxes(0, 1))
    return made.argmax(axis=-1) if task.classes else made


def _output_scale(made: Quantization) -> OutputScale:
    """Return what the outputs stand for: the membranes of the network in real numbers."""
    last, network = made.layers[-1], made.network
    unit = last.scale if scalable(network.layers[-1].definition) else 1.0
    step = unit / network.layers[-1].membrane.one
    return OutputScale(offset=(0.0,) * network.outputs, scale=(step,) * network.outputs)


def print_network(network: RealNetwork, *, console: Console | None = None) -> None:
    """Print the layers of a network in real numbers, with what their neurons compute."""
    (terminal.console() if console is None else console).print(network)
