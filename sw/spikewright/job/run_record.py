"""From what a run observed to its record: each value has one origin, which its name says."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikewright_hw.engine.record import Trace
from spikewright_hw.network import Network
from spikewright_hw.protocol import OVERHEAD, infer_bytes, result_bytes

from ..device.answers import Answers
from ..gateware.bitstream import Bitstream
from ..gateware.board import Board
from ..gateware.parts import PARTS
from ..machine import commit, processor
from ..network.reference import Run
from ..quantized.network import QuantizedNetwork
from ..record.algorithm import AlgorithmMetrics, measure
from ..record.run_record import (
    BoardRecord,
    BuildRecord,
    Counters,
    RunRecord,
    SampleRecord,
    TrainingRecord,
)
from ..task.digest import known_as
from ..task.task import Task
from .compare import compare
from .training import versions

__all__ = ["Observations", "describe", "run_record"]


@dataclass(frozen=True, kw_only=True)
class Observations:
    """What the test split gave.

    Parameters
    ----------
    answers : Answers
        The board's.
    device : array ``[samples, ...]``
        What the board answered, as the task has its targets.
    integers : array ``[samples, ...]``
        The same of the integer reference on the whole test part.
    expected : Run
        The engine's own reference on the spikes that the board had.
    torch_predictions : array ``[samples]``, optional
        Predictions of PyTorch on the integer grid.
    cycles : array ``[samples]``, optional
        Cycles by the engine's model, where there is an exact one.
    """

    answers: Answers
    device: np.ndarray
    integers: np.ndarray
    expected: Run
    torch_predictions: np.ndarray | None
    cycles: np.ndarray | None


def run_record(
    observed: Observations,
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
        task=known_as(task),
        network=describe(quantized),
        digest=design.digest(quantized.network).hex(),
        engine=str(design),
        source=_source(quantized),
        targets=task.y_test,
        answers_integer=observed.integers,
        answers_device=observed.device,
        score_float=quantized.provenance.measures[0],
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
            baud=answers.rate or board.baud,
            window=answers.window,
        ),
        algorithm=_algorithm(quantized.network, observed),
        commit=commit(),
        link_bytes=sum(_link_bytes(quantized.network)),
        answer_bytes=_link_bytes(quantized.network)[1],
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
    hears = "".join(f", {what}" for what in _hears(quantized.network))
    return f"{sizes} {neurons}{hears}, {bits}-bit weights, {quantized.network.steps} steps"


def _hears(network: Network) -> list[str]:
    """Return what layers hear beside the layer before, in a word each."""
    origins = [origin for layer in network.layers for origin in layer.origins]
    found = {
        "delays": any(max(one.each) > 0 for one in origins if one.back),
        "skips": any(one.back > 1 for one in origins),
        "recurrent": any(one.back == 0 for one in origins)
        or any(layer.recurrent is not None for layer in network.layers),
    }
    return [what for what, there in found.items() if there]


def _source(quantized: QuantizedNetwork) -> dict[str, str]:
    coding, versions = quantized.coding, quantized.provenance.versions
    return {
        "data set": quantized.provenance.data_set,
        "seed": str(quantized.provenance.seed),
        "coding": coding.describe(),
        "trained on": versions.get("device") or versions.get("processor", "an unknown processor"),
    } | ({"neurons in training": versions["neurons"]} if "neurons" in versions else {})


def _algorithm(network: Network, observed: Observations) -> AlgorithmMetrics | None:
    """Measure what the board reported; membranes of hidden layers are those of the reference."""
    answers, layers = observed.answers, observed.expected.layers
    if answers.design.streams is not None:
        return None
    kept = all(layer.membranes.shape[2] for layer in layers)
    membranes = [layer.membranes for layer in layers] if kept else None
    return measure(network, answers.sent, answers.spikes, membranes=membranes)


def _link_bytes(network: Network) -> tuple[int, int]:
    """Return the most bytes on the wire of an inference: of a command, and of its answer."""
    payloads = (
        infer_bytes(inputs=network.inputs, planes=network.planes),
        result_bytes(layers=len(network.layers), outputs=network.outputs),
    )
    frames = [OVERHEAD + payload for payload in payloads]
    # COBS adds a byte for each 254, one more, and the zero at the end; the host sends one before.
    command, answer = (frame + frame // 254 + 2 for frame in frames)
    return 1 + command, answer


def _sample(
    quantized: QuantizedNetwork, task: Task, observed: Observations, index: int = 0
) -> SampleRecord:
    trace = observed.answers.inferences[index].trace
    reference, device = _outputs(quantized.network, observed.expected, trace, index)
    return SampleRecord(
        index=index,
        target=task.y_test[index],
        values=_shown(task, index),
        signal=task.kind == "signal",
        graded=quantized.network.input_bits > 1,
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
        score_float=tuple(provenance.measures[0] for provenance in provenances),
        score_integer=tuple(provenance.measures[1] for provenance in provenances),
    )


def _versions(bitstream: Bitstream) -> dict[str, str]:
    return dict(tool.rsplit(" ", 1) for tool in bitstream.tools)


def _sha256(path: Path) -> str:
    """Return the hash of a file; nothing of one that was moved."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


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
        sha256=_sha256(bitstream.path),
    )
