"""The values of which gateware's answers and a reference have each its own, side by side."""

import numpy as np

from ..network.reference import Run
from .answers import Answers

__all__ = ["side_by_side"]


def side_by_side(answers: Answers, expected: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return what gateware answered beside what its reference says, by kind.

    Raises
    ------
    ValueError
        The two are not of the same samples, or not of the same network.
    """
    traced = expected.traced_spikes
    if len(answers.spikes) != len(traced):
        raise ValueError(
            f"answers have spikes of {len(answers.spikes)} layers, and expected has those of "
            f"{len(traced)}; both must be of the same network"
        )
    pairs: dict[str, tuple[np.ndarray, np.ndarray]] = {
        f"spikes of layer {layer}": pair
        for layer, pair in enumerate(zip(answers.spikes, traced, strict=True))
    }
    if expected.traced_membranes.size:
        pairs["readout membranes"] = (answers.membranes, expected.traced_membranes)
    return pairs | {
        "outputs": (answers.outputs, expected.outputs),
        "predictions": (answers.predictions, expected.predictions),
        "input events": (answers.input_events, expected.input_events),
        "synaptic operations": (answers.synops, expected.synops),
        "spike counts": (answers.layer_spikes, expected.layer_spikes),
    }
