"""From what a board answered to the report of a run."""

from collections.abc import Sequence

import numpy as np
import torch

from spikewright_hw.checks import instance
from spikewright_hw.network import Network

from ..coding.coding import encode
from ..device.answers import Answers
from ..engine_cycles.inference import exact_cycles
from ..errors import DataError
from ..gateware.bitstream import Bitstream
from ..network.activity import network_activity
from ..network.blocks import blocks_of
from ..network.reference import Run
from ..network.reference import run as run_integers
from ..quantized.network import QuantizedNetwork
from ..quantized.on_task import answered, check_fits
from ..record.report import Report
from ..record.run_report import report
from ..record.system_record import Submitter
from ..task.task import Task
from .run_record import Observations, run_record

__all__ = ["make_report"]


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
    submitter: Submitter | None = None,
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
    submitter : Submitter, optional
        Who publishes the report as a record of NeuroBench's system track.

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
        ),
        submitter,
    )


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
        run = run_integers(network, spikes, hidden_membranes=False)
        integers = answered(run, task=task, scale=scale)
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
        return np.concatenate([
            network_activity(network, torch.from_numpy(spikes[part]).float()).predictions.numpy()
            for part in blocks_of(network, len(spikes))
        ])
