"""A spiking network that decodes the velocity of a bin from the last bins' spikes."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from spikewright_hw.checks import instance, real
from spikewright_hw.engine.design import EventDesign

from ..gateware.board import board_named
from ..gateware.design import run_reference
from ..network.training_config import TrainingConfig, training_config
from ..quantized.network import QuantizedNetwork
from ..task.task import Task
from .recording import Recording

__all__ = [
    "BINS", "BOARD", "DESIGN", "HIDDEN", "decoded", "decoder_config", "decoder_task",
    "heard_before",
]

#: Bins that a decoding hears, the newest last: 128 ms.
BINS = 32
#: Hidden neurons, as many as in NeuroBench's spiking baseline.
HIDDEN = 50
#: A board with an iCE40 UP5K; its usual clock of 24 MHz is a little above what the engine reaches.
BOARD = board_named("icebreaker").at(18)
#: Its engine: rows in parts of ten hidden neurons, which take turns, so that it is small.
DESIGN = EventDesign(fold=(10, 2), share=(10, 2))
#: Most windows that are trained on, and the share of the test windows that training reports on.
_MOST_TRAINED, _TEST_STRIDE = 15_000, 8
#: Windows that are run at once.
_AT_ONCE = 4096


def heard_before(spikes: np.ndarray, bins: np.ndarray, *, length: int = BINS) -> np.ndarray:
    """Return what is heard to decode bins, ``[bins, length, channels]``: none before the first."""
    padded = np.concatenate([np.zeros((length - 1, spikes.shape[1]), bool), spikes])
    return padded[bins[:, None] + np.arange(length)]


def decoder_task(recording: Recording, *, share: float) -> Task:
    """Return the task of decoding: windows of the training part, and some of the test part.

    Parameters
    ----------
    recording : Recording
    share : float
        Of the reaches that are the training part.
    """
    train, _, test = instance(Recording)("recording", recording).parts(real(0, 1)("share", share))
    train = train[:: max(1, -(-len(train) // _MOST_TRAINED))]
    test = test[::_TEST_STRIDE]
    return Task(
        name=recording.name, kind="spikes", classes=0,
        x_train=heard_before(recording.spikes, train), y_train=recording.velocity[train],
        x_test=heard_before(recording.spikes, test), y_test=recording.velocity[test],
    )


def decoder_config(task: Task, *, epochs: int) -> TrainingConfig:
    """Return how a decoder is trained: leaky hidden neurons and a readout that leaks as much."""
    leak = {"decay": 0.9}
    config = training_config(
        task, hidden=(HIDDEN,), epochs=epochs, learning_rate=0.003, parameters=leak, weight_bits=6,
        membrane="Q10.4", bias=True,
    )
    model = replace(config.model, readout_parameters=leak)
    return replace(config, model=model, spike_cost=0.0)


def decoded(network: QuantizedNetwork, recording: Recording, bins: np.ndarray) -> np.ndarray:
    """Return the velocities ``[bins, 2]`` that the integer reference decodes."""
    assert network.output_scale is not None
    outputs = [
        run_reference(network, heard, hidden_membranes=False).outputs
        for heard in _windows(recording, bins)
    ]
    return network.output_scale.values(np.concatenate(outputs))


def _windows(recording: Recording, bins: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, len(bins), _AT_ONCE):
        yield heard_before(recording.spikes, bins[first : first + _AT_ONCE])
