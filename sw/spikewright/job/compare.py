"""The answers of gateware, held value by value to the reference of its engine."""

from dataclasses import dataclass

import numpy as np

from spikewright_hw.checks import instance

from ..device.agreement import side_by_side
from ..device.answers import Answers
from ..network.reference import Run

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True)
class Comparison:
    """How many values were compared, and how many differ.

    Parameters
    ----------
    compared, mismatches : dict of str to int
        By kind: spikes of a layer, membranes of a readout, outputs, predictions, counters.
    """

    compared: dict[str, int]
    mismatches: dict[str, int]

    @property
    def equal(self) -> bool:
        """Whether no value differs."""
        return not any(self.mismatches.values())


def compare(
    answers: Answers,
    expected: Run,
    *,
    torch_predictions: np.ndarray | None = None,
    cycles: np.ndarray | None = None,
) -> Comparison:
    """Compare everything that gateware answers; cycles where they are known.

    Parameters
    ----------
    answers : Answers
        Of a board, or of the simulated engine.
    expected : Run
        The engine's reference on the same samples.
    torch_predictions : array ``[samples]``, optional
        Predictions of the PyTorch model on the integer grid.
    cycles : array ``[samples]``, optional
        Cycles by the engine's model, where there is an exact one.

    Raises
    ------
    ValueError
        The two are not of the same samples, or not of the same network.
    """
    instance(Answers)("answers", answers)
    instance(Run)("expected", expected)
    pairs = side_by_side(answers, expected)
    if torch_predictions is not None:
        pairs["predictions of PyTorch"] = (answers.predictions, np.asarray(torch_predictions))
    if cycles is not None:
        pairs["cycles"] = (answers.cycles, np.asarray(cycles))
    for kind, (device, reference) in pairs.items():
        if device.shape != reference.shape:
            raise ValueError(
                f"answers have {kind} of shape {list(device.shape)}, and expected has "
                f"{list(reference.shape)}; both must be of the same network and samples"
            )
    return Comparison(
        compared={kind: device.size for kind, (device, _) in pairs.items()},
        mismatches={
            kind: int(np.count_nonzero(device != reference))
            for kind, (device, reference) in pairs.items()
        },
    )
