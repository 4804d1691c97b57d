"""Cycles of simulated gateware, held to the reference, and kept by what they follow from."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spikewright_hw.engine.design import Design

from ...cache import cached
from ...device.boards import open_board
from ...device.compiled import virtual_content
from ...errors import DeviceError
from ...files import write_json
from ...gateware.board import Board
from ...gateware.design import run_reference
from ...job.compare import compare
from ...network.reference import Run
from ...quantized.network import QuantizedNetwork
from ...task.digest import array_digest

__all__ = ["Simulation", "content_of", "simulated"]

_FILE = "simulation.json"


@dataclass(frozen=True)
class Simulation:
    """What gateware took whose answers equal the reference.

    Parameters
    ----------
    cycles : int array ``[samples]``
    simulator : str
    """

    cycles: np.ndarray
    simulator: str


def content_of(
    network: QuantizedNetwork, spikes: np.ndarray, expected: Run, *, design: Design, board: Board
) -> dict[str, Any]:
    """Return all that a simulation follows from: the gateware as it is emitted, what is sent."""
    kept = [
        expected.outputs, expected.predictions, expected.input_events, expected.synops,
        expected.layer_spikes, *expected.spikes,
    ]
    return {
        **virtual_content(network.network, clock_hz=board.clock_hz, design=design, board=board),
        "network": network.network.digest().hex(),
        "sent": array_digest(spikes),
        "expected": [array_digest(one) for one in kept],
    }


def simulated(
    network: QuantizedNetwork, spikes: np.ndarray, *, design: Design, board: Board, build: Path,
    tell: Callable[[str], None],
) -> Simulation:
    """Run samples on a virtual board, unless the same gateware was run on the same before.

    Raises
    ------
    DeviceError
        A value differs from the reference.
    """
    expected = run_reference(network, spikes, hidden_membranes=False)
    key = content_of(network, spikes, expected, design=design, board=board)

    def stage(folder: Path) -> None:
        tell(f"simulating {len(spikes)} images on the {design}")
        with open_board(network, board=board, design=design, build=build) as opened:
            answers = opened.infer_all(spikes)
        found = compare(answers, expected)
        if not found.equal:
            raise DeviceError(
                f"{sum(found.mismatches.values())} values differ between the gateware and the "
                f"reference, on the {design}; `spikewright run` shows where"
            )
        write_json(folder / _FILE, {
            "cycles": [int(one) for one in answers.cycles], "simulator": answers.simulator,
        })

    folder = cached("simulation", key, stage, root=build / "cache")
    found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return Simulation(np.asarray(found["cycles"]), found["simulator"])
