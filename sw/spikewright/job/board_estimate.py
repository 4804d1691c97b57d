"""An estimate of a design on a board: what it takes up, and what the part lacks."""

from dataclasses import dataclass

import numpy as np

from spikewright_hw.board import BoardTop
from spikewright_hw.emit import as_rtlil
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.network import Network

from ..coding.coding import encode
from ..gateware.board import Board
from ..gateware.design import run_reference
from ..gateware.estimation.contents import Contents, contents_of
from ..gateware.estimation.sizes import Size, families, size_of
from ..gateware.estimation.steps import estimated_cycles, layer_cycles
from ..network.reference import Run
from ..quantized.network import QuantizedNetwork
from ..quantized.on_task import check_fits
from ..record.energy import estimate as energy_of
from ..record.energy import model_of
from ..task.task import Task

__all__ = [
    "SHOWN", "SINGLE", "BoardEstimate", "Samples", "contents_on", "lack_words", "lacking",
    "on_board", "said_of", "samples_of",
]

SHOWN = {
    "lut": "look-up tables", "ff": "flip-flops", "bram": "block RAMs", "large": "large memories",
}
"""What a part has, in words."""

SINGLE = {"lut": "look-up table", "ff": "flip-flop", "bram": "block RAM", "large": "large memory"}
"""Each of them by itself."""


@dataclass(frozen=True, kw_only=True)
class BoardEstimate:
    """An estimate of a network on a board.

    Parameters
    ----------
    board : Board
    size : Size, optional
        None where no network was built for its family, so that nothing is known.
    lacking : dict of str to int
        By how much the part is too small, of each kind.
    latency_us, worst_us, energy_uj : float, optional
        At the board's clock: of an inference, mean and at most, and its energy, mean; None where
        there are no samples, or no coefficients of the part.
    """

    board: Board
    size: Size | None
    lacking: dict[str, int]
    latency_us: float | None
    worst_us: float
    energy_uj: float | None

    @property
    def fits(self) -> bool | None:
        """Whether it fits; None where nothing is known."""
        return None if self.size is None else not self.lacking


@dataclass(frozen=True)
class Samples:
    """Encoded samples, and what the reference gives for them: cycles follow from these."""

    network: Network
    spikes: np.ndarray
    run: Run

    @property
    def synops(self) -> float:
        """Synaptic operations of an inference, mean."""
        return float(np.asarray(self.run.synops).mean())

    def cycles(self, design: EventDesign) -> np.ndarray:
        """Return the cycles of each inference on a design."""
        return estimated_cycles(self.network, self.spikes, self.run, design=design)

    def busy(self, design: EventDesign) -> tuple[float, ...]:
        """Return in how many cycles each layer reads rows, of an inference, mean."""
        return layer_cycles(self.network, self.spikes, self.run, design=design)


def samples_of(network: QuantizedNetwork, task: Task | None, *, most: int) -> Samples | None:
    """Return so many samples of a task's test part, at most; None without a task.

    Raises :exc:`~spikewright.errors.DataError` if the network cannot do it.
    """
    if task is None:
        return None
    check_fits(network, task, argument="network")
    spikes = encode(task.x_test[:most], network.coding)
    return Samples(
        network.network, spikes, run_reference(network, spikes, hidden_membranes=False)
    )


def said_of(task: Task | None, *, most: int) -> str:
    """Say what means are of, or why there are none."""
    if task is None:
        return "no samples are given, so there are no means"
    return f"means of {min(most, len(task.x_test))} samples of {task.name}"


def contents_on(network: Network, design: EventDesign) -> dict[str, Contents]:
    """Return what each module of the board top holds, by its path."""
    top = BoardTop(network=network, divisor=25, clock_hz=25_000_000, virtual=False, design=design)
    return contents_of(as_rtlil(top, name="top"))


def on_board(
    board: Board, contents: Contents, *, cycles: float | None, synops: float | None, worst: int
) -> BoardEstimate:
    """Return what is estimated of a design on a board, at the board's clock.

    Parameters
    ----------
    board : Board
    contents : Contents
        What the whole design holds.
    cycles, synops : float, optional
        Cycles and synaptic operations of an inference, mean.
    worst : int
        Cycles of an inference, at most.
    """
    size = None
    if board.family.name in families():
        size = size_of(contents, family=board.family.name, large=board.device.large > 0)
    clock_mhz = board.clock_hz / 1e6
    model = model_of(board.device.label, streams=False)
    energy = None
    if model is not None and cycles is not None and synops is not None:
        energy = energy_of(
            cycles=cycles, synops=synops, clock_mhz=clock_mhz, model=model
        ).total_uj
    return BoardEstimate(
        board=board, size=size, lacking={} if size is None else lacking(size, board),
        latency_us=None if cycles is None else cycles / clock_mhz, worst_us=worst / clock_mhz,
        energy_uj=energy,
    )


def lacking(size: Size, board: Board) -> dict[str, int]:
    """Return by how much a part is too small, of each kind."""
    room = {**board.device.room, "large": board.device.large}
    return {
        kind: over for kind in SHOWN if (over := getattr(size, kind) - room.get(kind, 0)) > 0
    }


def lack_words(short: dict[str, int]) -> str:
    """Say what is lacking."""
    words = [
        f"{over:,} {SHOWN[kind] if over > 1 else SINGLE[kind]}" for kind, over in short.items()
    ]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
