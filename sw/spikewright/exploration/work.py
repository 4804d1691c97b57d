"""What a worker does for a point: train its network, run it in the reference and on a board, build.

Each function takes the task first, is called in a process of its own, here or on another machine,
and returns figures as JSON has them, or a network.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from spikewright_hw.engine.design import Design

from ..coding.coding import encode
from ..device.boards import open_board
from ..errors import DeviceError
from ..gateware.bitstream import build_bitstream
from ..gateware.board import Board
from ..gateware.design import run_reference
from ..imports import code_key
from ..job.compare import compare
from ..job.training import train
from ..network.blocks import blocks_of
from ..network.training_config import TrainingConfig
from ..quantized.network import QuantizedNetwork
from ..quantized.on_task import answered
from ..task.metrics import error
from ..task.task import Task

__all__ = ["built", "code", "referenced", "simulated", "trained"]


@cache
def code() -> str:
    """Return a hash of the code and the packages that results depend on."""
    return hashlib.sha256(json.dumps(code_key(__name__), sort_keys=True).encode()).hexdigest()


def trained(task: Task, config: TrainingConfig, seed: int, build: Path) -> QuantizedNetwork:
    """Train a network; its provenance has its scores on the held-out part."""
    return train(task, config, seed=seed, build=build)


def referenced(task: Task, network: QuantizedNetwork, design: Design) -> dict[str, Any]:
    """Run the held-out part on the reference of an engine.

    Returns the share of labels found, or the error of values, and means per sample of what the
    engine counts.
    """
    spikes = encode(task.x_test, network.coding)
    answers, counts = [], []
    for part in blocks_of(network.network, len(spikes)):
        run = run_reference(network, spikes[part], design=design, hidden_membranes=False)
        answers.append(answered(run, task=task, scale=network.output_scale))
        counts.append([run.input_events, run.synops, run.layer_spikes.sum(axis=1)])
    events, synops, hidden = np.concatenate(counts, axis=1).mean(axis=1)
    return {
        "score": _score(task, np.concatenate(answers)),
        "input_events": float(events),
        "synops": float(synops),
        "spikes": float(hidden),
    }


def _score(task: Task, answers: np.ndarray) -> float:
    """Return the share of labels that are found, or the root of the mean squared error."""
    if task.classes:
        return float((answers == task.y_test).mean())
    return error(answers, task.y_test)


def simulated(
    task: Task, network: QuantizedNetwork, design: Design, board: Board, samples: int, build: Path
) -> dict[str, Any]:
    """Run the first samples of the held-out part on a virtual board.

    Raises
    ------
    DeviceError
        A value differs from the reference.
    """
    spikes = encode(task.x_test[:samples], network.coding)
    expected = run_reference(network, spikes, design=design, hidden_membranes=False)
    with open_board(network, board=board, design=design, build=build) as opened:
        answers = opened.infer_all(spikes)
    found = compare(answers, expected)
    if not found.equal:
        raise DeviceError(
            f"{sum(found.mismatches.values())} of {sum(found.compared.values())} values differ "
            f"between the virtual board and the reference: network "
            f"{network.network.digest().hex()[:12]}, {design}"
        )
    return {
        "cycles_mean": float(answers.cycles.mean()),
        "cycles_max": int(answers.cycles.max()),
        "compared": sum(found.compared.values()),
    }


def built(
    task: Task, network: QuantizedNetwork, design: Design, board: Board, limit_s: float,
    build: Path,
) -> dict[str, Any]:
    """Build the bitstream of a network."""
    made = build_bitstream(network, board=board, design=design, limit_s=limit_s, build=build)
    return {
        "lut": made.lut, "ff": made.ff, "bram": made.bram, "dsp": made.dsp,
        "clock_mhz": made.clock_mhz, "fmax_mhz": made.fmax_mhz, "placement_seed": made.seed,
    }
