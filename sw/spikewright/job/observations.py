"""From what a board answered to the report of a run."""

from collections.abc import Sequence

import numpy as np
import torch

from spikewright_hw.checks import instance
from spikewright_hw.network import Network

from ..coding.coding import encode
from ..coding.output_scale import OutputScale
from ..device.answers import Answers
from ..errors import DataError
from ..gateware.bitstream import Bitstream
from ..network.activity import network_activity
from ..network.objective import check_readout
from ..network.reference import Run
from ..network.reference import run as run_integers
from ..quantized.network import QuantizedNetwork
from ..record.report import Report
from ..record.run_report import report
from ..stochastic.cycles import exact_cycles
from ..task.task import Task
from .run_record import Observations, run_record

__all__ = ["answered", "check_fits", "check_targets", "make_report"]

#: Samples that the integer reference runs at once.
_AT_ONCE = 1000


def make_report(
    answers: Answers,
    expected: Run,
    *,
    task: Task,
    network: QuantizedNetwork,
    others: Sequence[QuantizedNetwork] = (),
    bitstream: Bitstream | None = None,
    no_bitstream: str = "none was asked for",
    command: str = "import spikewright",
) -> Report:
    """Make the report of a test split that was run on a board; each figure says its provenance.

    Parameters
    ----------
    answers : Answers
        The board's, on the test part of the task, or on its first samples.
    expected : Run
        The engine's reference on the same spikes; see :func:`~spikewright.run_reference`.
    task : Task
    network : QuantizedNetwork
        The one that was run.
    others : sequence of QuantizedNetwork
        The same trained from other seeds, for the means over seeds.
    bitstream : Bitstream, optional
        Has the size and the highest clock frequency; without it, ``no_bitstream`` says why.
    no_bitstream : str
        Why there is no bitstream.
    command : str
        What repeats the run, as the report names it.

    Raises
    ------
    DataError
        The network is not for the task, or the answers are not those of its test part or of the
        first samples of that.
    """
    instance(Answers)("answers", answers)
    instance(Run)("expected", expected)
    instance(Task)("task", task)
    instance(QuantizedNetwork)("network", network)
    check_fits(network, task, argument="network")
    observed = _observe(network, answers, expected, task=task)
    return report(
        run_record(
            observed, task=task, networks=(network, *others), bitstream=bitstream,
            no_bitstream=no_bitstream, command=command,
        )
    )


def check_fits(quantized: QuantizedNetwork, task: Task, *, argument: str) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless the network can do the task.

    ``argument`` is the name of what gave the network.
    """
    network = quantized.network
    try:
        check_targets(
            task, outputs=network.outputs, readout=network.readout, steps=network.steps
        )
    except DataError as error:
        raise DataError(f"{error}; give {argument}= a network for it") from error
    if bool(task.classes) != (quantized.output_scale is None):
        answers, targets = ("classes", "values") if not task.classes else ("values", "classes")
        raise DataError(
            f"the network answers with {answers}, but the targets of {task.name} are {targets}; "
            f"give {argument}= a network for it"
        )
    try:
        encode(task.x_test[:1], quantized.coding)
    except DataError as error:
        raise DataError(
            f"the network's coding does not take the samples of {task.name}: {error}; give "
            f"{argument}= a network for it"
        ) from error


def check_targets(task: Task, *, outputs: int, readout: str, steps: int) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless a network can give the targets of a task.

    ``outputs``, ``readout`` and ``steps`` are the network's.
    """
    if outputs != task.outputs:
        what = "classes" if task.classes else "values to a target"
        raise DataError(
            f"the network has {outputs} outputs, but {task.name} has {task.outputs} {what}"
        )
    check_readout(task, readout)
    if task.each_step and task.steps != steps:
        raise DataError(
            f"the targets of {task.name} are at each of {task.steps} steps, but the network has "
            f"{steps}"
        )


def answered(run: Run | Answers, *, task: Task, scale: OutputScale | None) -> np.ndarray:
    """Return what a network answered, as the task has its targets.

    ``scale`` is what its outputs stand for, if these are values.

    Classes, ``[samples]``, or values in their unit, ``[samples, outputs]``; or the same for each
    step, ``[samples, steps]`` and ``[samples, steps, outputs]``.
    """
    outputs = run.membranes if task.each_step else run.outputs
    if scale is not None:
        return scale.values(outputs)
    return outputs.argmax(axis=-1) if task.each_step else run.predictions


def _observe(
    quantized: QuantizedNetwork, answers: Answers, expected: Run, *, task: Task
) -> Observations:
    """Add what is known of a network without the board."""
    network, event = quantized.network, answers.design.streams is None
    samples, all_samples = len(answers.inferences), len(task.y_test)
    if not 0 < samples <= all_samples:
        raise DataError(
            f"answers has {samples} samples, and the test part of {task.name} has {all_samples}; "
            "run the whole test part, or its first samples"
        )
    scale = quantized.output_scale
    integers = answered(expected, task=task, scale=scale)
    if samples < all_samples or not event:
        spikes = encode(task.x_test, quantized.coding)
        if not np.array_equal(spikes[:samples], answers.sent):
            raise DataError(
                f"answers are not those of the first {samples} samples of {task.name}; run these"
            )
        integers = np.concatenate([
            answered(run_integers(network, spikes[at : at + _AT_ONCE]), task=task, scale=scale)
            for at in range(0, len(spikes), _AT_ONCE)  # so that states fit in memory
        ])
    return Observations(
        answers=answers,
        device=answered(answers, task=task, scale=scale),
        integers=integers,
        expected=expected,
        torch_predictions=_torch_predictions(network, answers.sent) if event else None,
        cycles=exact_cycles(network, answers.sent, expected, design=answers.design),
    )


def _torch_predictions(network: Network, spikes: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        activity = network_activity(network, torch.from_numpy(spikes.astype(np.float32)))
    return activity.predictions.numpy()
