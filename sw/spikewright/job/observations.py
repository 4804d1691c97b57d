"""From what a run observed to its report: each value has one origin, which its name says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from spikewright_hw.checks import instance
from spikewright_hw.engine.record import Trace
from spikewright_hw.network import Network

from ..coding.coding import encode
from ..device.answers import Answers
from ..errors import DataError
from ..gateware.bitstream import Bitstream
from ..gateware.board import Board
from ..gateware.parts import PARTS
from ..machine import processor
from ..network.activity import network_activity
from ..network.reference import Run
from ..network.reference import run as run_integers
from ..quantized.network import QuantizedNetwork
from ..record.report import Report
from ..record.run_record import (
    BoardRecord,
    BuildRecord,
    Counters,
    RunRecord,
    SampleRecord,
    TrainingRecord,
)
from ..record.run_report import report
from ..stochastic.cycles import exact_cycles
from ..task.task import Task
from .compare import compare
from .training import is_default, versions

__all__ = ["check_classes", "check_fits", "describe", "make_report"]

#: Samples that the integer reference runs at once.
_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class _Observations:
    """What the test split gave.

    Parameters
    ----------
    answers : Answers
        The board's.
    integers : array ``[samples]``
        Predictions of the integer reference on the whole test part.
    expected : Run
        The engine's own reference on the spikes that the board had.
    torch_predictions : array ``[samples]``, optional
        Predictions of PyTorch on the integer grid.
    cycles : array ``[samples]``, optional
        Cycles by the engine's model, where there is an exact one.
    """

    answers: Answers
    integers: np.ndarray
    expected: Run
    torch_predictions: np.ndarray | None
    cycles: np.ndarray | None


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
    check_classes(task)
    check_fits(network, task, argument="network")
    observed = _observe(network, answers, expected, task=task)
    return report(
        _record(
            observed, task=task, networks=(network, *others), bitstream=bitstream,
            no_bitstream=no_bitstream, command=command,
        )
    )


def check_fits(quantized: QuantizedNetwork, task: Task, *, argument: str) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless the network can do the task.

    ``argument`` is the name of what gave the network.
    """
    outputs = quantized.network.outputs
    if outputs != task.classes:
        raise DataError(
            f"the network has {outputs} outputs, but {task.name} has {task.classes} classes; give "
            f"{argument}= a network for it"
        )
    try:
        encode(task.x_test[:1], quantized.coding)
    except DataError as error:
        raise DataError(
            f"the network's coding does not take the samples of {task.name}: {error}; give "
            f"{argument}= a network for it"
        ) from error


def check_classes(task: Task) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless each sample has one label."""
    if not task.classes or task.each_step:
        targets = "a label at each step" if task.classes else "values"
        raise DataError(
            f"the targets of {task.name} are {targets}; gateware answers with one class for each "
            "sample, so a run takes one label for each"
        )


def _observe(
    quantized: QuantizedNetwork, answers: Answers, expected: Run, *, task: Task
) -> _Observations:
    """Add what is known of a network without the board."""
    network, event = quantized.network, answers.design.streams is None
    samples, all_samples = len(answers.inferences), len(task.y_test)
    if not 0 < samples <= all_samples:
        raise DataError(
            f"answers has {samples} samples, and the test part of {task.name} has {all_samples}; "
            "run the whole test part, or its first samples"
        )
    integers = expected.predictions
    if samples < all_samples or not event:
        spikes = encode(task.x_test, quantized.coding)
        if not np.array_equal(spikes[:samples], answers.sent):
            raise DataError(
                f"answers are not those of the first {samples} samples of {task.name}; run these"
            )
        integers = _predictions(network, spikes)
    return _Observations(
        answers=answers,
        integers=integers,
        expected=expected,
        torch_predictions=_torch_predictions(network, answers.sent) if event else None,
        cycles=exact_cycles(network, answers.sent, expected, design=answers.design),
    )


def _predictions(network: Network, spikes: np.ndarray) -> np.ndarray:
    """Return what the integer reference predicts, part by part, so that states fit in memory."""
    parts = (spikes[start : start + _AT_ONCE] for start in range(0, len(spikes), _AT_ONCE))
    return np.concatenate([run_integers(network, part).predictions for part in parts])


def _torch_predictions(network: Network, spikes: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        activity = network_activity(network, torch.from_numpy(spikes.astype(np.float32)))
    return activity.predictions.numpy()


def _record(
    observed: _Observations,
    *,
    task: Task,
    networks: Sequence[QuantizedNetwork],
    bitstream: Bitstream | None,
    no_bitstream: str,
    command: str,
) -> RunRecord:
    """Put together the record of a run; the first of the networks is the one that was run."""
    quantized, answers = networks[0], observed.answers
    design, board = answers.design, answers.board
    comparison = compare(
        answers,
        observed.expected,
        torch_predictions=observed.torch_predictions,
        cycles=observed.cycles,
    )
    return RunRecord(
        task="" if is_default(task) else task.name,
        network=describe(quantized),
        digest=design.digest(quantized.network).hex(),
        engine=str(design),
        source=_source(quantized),
        labels=task.y_test,
        predictions_integer=observed.integers,
        predictions_device=answers.predictions,
        accuracy_float=quantized.provenance.accuracies[0],
        counters=Counters(
            cycles=answers.cycles,
            input_events=answers.input_events,
            synops=answers.synops,
            spikes=answers.layer_spikes,
        ),
        compared=comparison.compared,
        mismatches=comparison.mismatches,
        sample=_sample(quantized, task, observed),
        training=_training(networks),
        build=None if bitstream is None else _build(bitstream, board),
        no_build="" if bitstream is not None else no_bitstream,
        board=BoardRecord(
            name=board.title,
            device=PARTS[board.part].label,
            clock_mhz=answers.clock_hz / 1e6,
            virtual=answers.virtual,
            simulator=answers.simulator,
        ),
        versions={"processor": processor()}
        | versions()
        | ({} if bitstream is None else _versions(bitstream)),
        command=command,
        stream_length=design.streams and design.streams.length,
    )


def describe(quantized: QuantizedNetwork) -> str:
    """Name a network in a few words."""
    layers = quantized.network.layers
    sizes = "-".join(map(str, [quantized.network.inputs, *(layer.neurons for layer in layers)]))
    neurons = "/".join(dict.fromkeys(layer.definition.name.upper() for layer in layers))
    bits = "/".join(dict.fromkeys(str(layer.weight_bits) for layer in layers))
    return f"{sizes} {neurons}, {bits}-bit weights, {quantized.network.steps} steps"


def _source(quantized: QuantizedNetwork) -> dict[str, str]:
    coding = quantized.coding
    return {
        "data set": quantized.provenance.data_set,
        "seed": str(quantized.provenance.seed),
        "coding": coding.describe(),
        "trained on": quantized.provenance.versions.get("processor", "an unknown processor"),
    }


def _sample(
    quantized: QuantizedNetwork, task: Task, observed: _Observations, index: int = 0
) -> SampleRecord:
    trace = observed.answers.inferences[index].trace
    reference, device = _outputs(quantized.network, observed.expected, trace, index)
    return SampleRecord(
        index=index,
        label=int(task.y_test[index]),
        values=_shown(task, index),
        signal=task.kind == "signal",
        input_spikes=observed.answers.sent[index],
        layer_spikes=tuple(np.array(layer) for layer in trace.spikes),
        outputs_reference=reference,
        outputs_device=device,
        readout=quantized.network.readout,
    )


def _outputs(
    network: Network, expected: Run, trace: Trace, index: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs after each step, by the reference and by the board, as they are drawn."""
    last = network.layers[-1]
    if network.reads_spikes:
        return expected.spikes[-1][index].cumsum(axis=0), np.cumsum(trace.spikes[-1], axis=0)
    weight_step = last.membrane.one * 2.0**-last.exponent
    return expected.membranes[index] / weight_step, np.array(trace.membranes) / weight_step


def _shown(task: Task, index: int) -> np.ndarray | None:
    """Return a sample as it can be drawn, 0 to 1; None if its spikes alone show it."""
    if task.kind not in ("image", "signal"):
        return None
    return (task.x_test[index] - task.low) / (task.high - task.low)


def _training(networks: Sequence[QuantizedNetwork]) -> TrainingRecord:
    provenances = [quantized.provenance for quantized in networks]
    return TrainingRecord(
        seeds=tuple(provenance.seed for provenance in provenances),
        accuracy_float=tuple(provenance.accuracies[0] for provenance in provenances),
        accuracy_integer=tuple(provenance.accuracies[1] for provenance in provenances),
    )


def _versions(bitstream: Bitstream) -> dict[str, str]:
    return dict(tool.rsplit(" ", 1) for tool in bitstream.tools)


def _build(bitstream: Bitstream, board: Board) -> BuildRecord:
    return BuildRecord(
        tool=bitstream.tools[1],
        seed=bitstream.seed,
        corner=PARTS[board.part].corner,
        lut=bitstream.lut,
        ff=bitstream.ff,
        bram=bitstream.bram,
        dsp=bitstream.dsp,
        fmax_mhz=bitstream.fmax_mhz,
    )
