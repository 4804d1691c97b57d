"""A whole test split on a board, held value by value to the integer reference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from spikewright_hw.engine.record import Result, Trace

from ..device.board import Board
from ..network.reference import Run
from ..record.run_record import Counters

__all__ = ["Comparison", "Inference", "compare", "counters", "infer_all", "predictions"]


@dataclass(frozen=True)
class Inference:
    """What a board gave for one sample."""

    result: Result
    trace: Trace


@dataclass(frozen=True)
class Comparison:
    """How many values of each kind were compared, and how many differ."""

    compared: dict[str, int]
    mismatches: dict[str, int]


def infer_all(
    board: Board, spikes: np.ndarray, *, progress: Callable[[int], None] = lambda _: None
) -> list[Inference]:
    """Run every sample; ``spikes`` is ``[samples, steps, inputs]``."""
    inferences = []
    for number, sample in enumerate(spikes, start=1):
        inferences.append(Inference(board.infer(sample), board.trace()))
        progress(number)
    return inferences


def counters(inferences: Sequence[Inference]) -> Counters:
    """Give the counters of all samples as arrays."""
    results = [inference.result for inference in inferences]
    return Counters(
        cycles=np.array([result.cycles for result in results]),
        input_events=np.array([result.input_events for result in results]),
        synops=np.array([result.synops for result in results]),
        spikes=np.array([result.spikes for result in results]),
    )


def predictions(inferences: Sequence[Inference]) -> np.ndarray:
    """Give the predictions of all samples."""
    return np.array([inference.result.prediction for inference in inferences])


def compare(
    inferences: Sequence[Inference],
    reference: Run,
    *,
    torch_predictions: np.ndarray | None = None,
    cycles: np.ndarray | None = None,
) -> Comparison:
    """Compare everything that a board reports; cycles where they are known.

    Parameters
    ----------
    inferences : sequence of Inference
        In the order of the reference's samples.
    reference : Run
        The engine's reference on the same samples.
    torch_predictions : array ``[samples]``, optional
        Predictions of the PyTorch model on the integer grid.
    cycles : array ``[samples]``, optional
        Cycles by the engine's model, where there is an exact one.
    """
    counted = counters(inferences)
    predicted = predictions(inferences)
    pairs: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for layer, spikes in enumerate(reference.spikes[:-1]):
        device = np.array([inference.trace.spikes[layer] for inference in inferences])
        pairs[f"spikes of layer {layer}"] = (device, spikes)
    pairs |= {
        "readout membranes": (
            np.array([inference.trace.membranes for inference in inferences]),
            reference.membranes,
        ),
        "outputs": (
            np.array([inference.result.outputs for inference in inferences]),
            reference.membranes[:, -1],
        ),
        "predictions": (predicted, reference.predictions),
        "input events": (counted.input_events, reference.input_events),
        "synaptic operations": (counted.synops, reference.synops),
        "spike counts": (counted.spikes, reference.layer_spikes),
    }
    if torch_predictions is not None:
        pairs["predictions of PyTorch"] = (predicted, torch_predictions)
    if cycles is not None:
        pairs["cycles"] = (counted.cycles, cycles)
    for kind, (device, expected) in pairs.items():
        if device.shape != expected.shape:
            raise ValueError(f"{kind}: the board gave {device.shape}, not {expected.shape}")
    return Comparison(
        compared={kind: device.size for kind, (device, _) in pairs.items()},
        mismatches={
            kind: int(np.count_nonzero(device != expected))
            for kind, (device, expected) in pairs.items()
        },
    )
