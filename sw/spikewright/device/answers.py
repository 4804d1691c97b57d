"""What gateware answered for a batch of samples, on a board or in a simulator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikewright_hw.engine.design import Design
from spikewright_hw.engine.record import Result, Trace

from ..gateware.board import Board
from ..task.metrics import share_right

__all__ = ["Answers", "Inference"]


@dataclass(frozen=True)
class Inference:
    """The answer for one sample.

    Parameters
    ----------
    result : Result
        Prediction, outputs and counters.
    trace : Trace
        Spikes of the hidden layers and membranes of the readout, step by step.
    """

    result: Result
    trace: Trace


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What gateware answered for a batch of samples.

    Its arrays have the names that those of a reference's
    :class:`~spikewright.network.reference.Run` have, and the same units.

    Parameters
    ----------
    sent : array ``[samples, steps, inputs]``
        The input spikes.
    inferences : sequence of Inference
        In the order of the samples.
    board : Board
        The board, or the one that a simulation stands for.
    design : Design
        The engine that computed them.
    clock_hz : int
        Clock frequency of the board, Hz, at which times are stated.
    rate : int
        Bits per second of the serial port that they came over; 0 of none.
    window : int
        Commands that may be on the way to the board, or in work, at a time.
    simulator : str
        Name and version of what simulated the gateware; empty if it was real.
    """

    sent: np.ndarray
    inferences: Sequence[Inference]
    board: Board
    design: Design
    clock_hz: int
    simulator: str
    rate: int = 0
    window: int = 1

    @property
    def virtual(self) -> bool:
        """Whether the gateware was simulated."""
        return bool(self.simulator)

    @property
    def predictions(self) -> np.ndarray:
        """Predicted classes, int64 ``[samples]``."""
        return self._counts("prediction")

    @property
    def cycles(self) -> np.ndarray:
        """Clock cycles from the start of the scan to the result, int64 ``[samples]``."""
        return self._counts("cycles")

    @property
    def input_events(self) -> np.ndarray:
        """Spikes in the input, int64 ``[samples]``."""
        return self._counts("input_events")

    @property
    def synops(self) -> np.ndarray:
        """Synaptic operations, int64 ``[samples]``."""
        return self._counts("synops")

    @property
    def layer_spikes(self) -> np.ndarray:
        """Spikes of each layer, int64 ``[samples, layers]``; 0 for the readout."""
        return self._counts("spikes")

    @property
    def outputs(self) -> np.ndarray:
        """Membranes of the readout after the last step, int64 ``[samples, outputs]``."""
        return self._counts("outputs")

    @property
    def spikes(self) -> tuple[np.ndarray, ...]:
        """Spikes of each hidden layer, each bool ``[samples, steps, neurons]``."""
        layers = zip(*(one.trace.spikes for one in self.inferences), strict=True)
        return tuple(np.array(layer, bool) for layer in layers)

    @property
    def membranes(self) -> np.ndarray:
        """Membranes of the readout after each step, int64 ``[samples, steps, outputs]``."""
        return np.array([one.trace.membranes for one in self.inferences], np.int64)

    def accuracy(self, labels: np.ndarray) -> float:
        """Return the share of samples whose prediction is their label, 0 to 1."""
        return share_right(self.predictions, labels)

    def _counts(self, name: str) -> np.ndarray:
        return np.array([getattr(one.result, name) for one in self.inferences], np.int64)
