"""Outputs of a network on arrays: :func:`spikewright_hw.readout.output_after` over all steps."""

import numpy as np

__all__ = ["outputs"]


def outputs(readout: str, given: np.ndarray) -> np.ndarray:
    """Return what a readout makes of a last layer.

    Parameters
    ----------
    readout : str
        One of :data:`spikewright_hw.readout.READOUTS`.
    given : array ``[steps, samples, neurons]``
        The layer's membranes, or its spikes as booleans, after each step.

    Returns
    -------
    array ``[samples, neurons]``
        int64 of spikes; of membranes as they are.
    """
    match readout:
        case "last":
            return given[-1]
        case "maximum":
            return given.max(axis=0)
        case "count":
            return given.sum(axis=0, dtype=np.int64)
        case _:
            return np.where(given.any(axis=0), len(given) - given.argmax(axis=0), 0)
