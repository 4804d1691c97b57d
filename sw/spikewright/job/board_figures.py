"""A benchmark's network on a board: answers of a virtual one, estimated energy, a bitstream."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikewright_hw.engine.design import EventDesign

from ..device.answers import Answers
from ..device.boards import open_board
from ..errors import DeviceError
from ..gateware.bitstream import Bitstream, build_bitstream
from ..gateware.board import DEFAULT_BOARD, Board, board_named
from ..gateware.design import run_reference
from ..quantized.network import QuantizedNetwork
from ..record.energy import UP5K
from ..record.energy import figures as energy_figures
from ..record.figure import Computed, Figure, PostRoute, Simulated
from .compare import compare

__all__ = [
    "BoardAnswers", "ask_virtual_board", "bitstream_figures", "board_figures", "spread_evenly"
]


def spread_evenly(count: int, of: int) -> np.ndarray:
    """Return so many places of a range, at most, evenly spread from its first to its last."""
    return np.unique(np.linspace(0, of - 1, count).round().astype(int))


@dataclass(frozen=True)
class BoardAnswers:
    """What a virtual board answered, each value equal to the reference's.

    Parameters
    ----------
    answers : Answers
    compared : dict of str to int
        Values that were compared, by kind.
    """

    answers: Answers
    compared: dict[str, int]

    def figures(self, what: str) -> tuple[Figure, ...]:
        """Return the figures of the comparison and of the time; ``what``: such as ``beats``."""
        answers, cycles = self.answers, float(self.answers.cycles.mean())
        simulated = Simulated(f"the board top of {answers.board.title}", answers.simulator)
        by = Computed(f"virtual board against the integer reference, {len(answers.sent)} {what}")
        clock_mhz = answers.clock_hz / 1e6
        return (
            Figure("on_board", len(answers.sent), "1", by),
            Figure("compared", sum(self.compared.values()), "1", by, self.compared),
            Figure("mismatches", 0, "1", by),
            Figure("cycles_mean", cycles, "cycles", simulated, {"max": int(answers.cycles.max())}),
            Figure("latency_us", cycles / clock_mhz, "µs", simulated, {"clock_mhz": clock_mhz}),
        )


def ask_virtual_board(
    network: QuantizedNetwork, inputs: np.ndarray, *, design: EventDesign, build: Path,
    board: str | Board = DEFAULT_BOARD, tell: Callable[[str], None] | None = None,
) -> BoardAnswers:
    """Ask a virtual board; compare every value with the reference.

    Parameters
    ----------
    network : QuantizedNetwork
    inputs : array ``[samples, steps, inputs]``
    design : EventDesign
    build : Path
        Where the board is kept.
    board : str or Board
        It, or its name.
    tell : callable, optional
        Told what is being done.

    Raises
    ------
    DeviceError
        A value differs from the reference.
    ToolError, BuildError, StorageError
        The board cannot be compiled.
    """
    tell = tell or (lambda _: None)
    tell("compiling, unless it was compiled before")
    with open_board(network, board=board, design=design, build=build) as opened:
        tell(f"{len(inputs)} samples")
        answers = opened.infer_all(inputs)
    found = compare(answers, run_reference(network, inputs))
    if not found.equal:
        raise DeviceError(
            f"the virtual board differs from the reference: {found.mismatches}; please report it"
        )
    return BoardAnswers(answers, found.compared)


def board_figures(
    network: QuantizedNetwork, inputs: np.ndarray, *, board: str | Board, design: EventDesign,
    what: str, build: Path, tell: Callable[[str], None],
) -> tuple[Figure, ...]:
    """Return the figures of a virtual board with an iCE40 UP5K, an estimate of energy included.

    As :func:`ask_virtual_board`; ``what`` says what the samples are, such as ``beats``.
    """
    asked = ask_virtual_board(network, inputs, board=board, design=design, build=build, tell=tell)
    answers = asked.answers
    synops = float(answers.synops.mean())
    simulated = Simulated(f"the board top of {answers.board.title}", answers.simulator)
    return (
        *asked.figures(what),
        Figure("synops_per_inference", synops, "1", simulated),
        *energy_figures(
            cycles=float(answers.cycles.mean()), synops=synops, clock_mhz=answers.clock_hz / 1e6,
            model=UP5K,
        ),
    )


def bitstream_figures(
    network: QuantizedNetwork, *, board: str | Board, design: EventDesign, build: Path,
    tell: Callable[[str], None],
) -> tuple[Figure, ...]:
    """Build the bitstream, the whole board top with its link, unless it was built before.

    Raises
    ------
    BuildError, ToolError
        A tool is missing or fails, or the clock is not met.
    """
    named = board_named(board)
    built: Bitstream = build_bitstream(
        network, board=named, design=design, build=build, progress=tell
    )
    placer = next(tool for tool in built.tools if tool.startswith("nextpnr"))
    placed = PostRoute(placer, built.seed, named.device.corner)
    return (
        Figure("lut", built.lut, "1", placed), Figure("ff", built.ff, "1", placed),
        Figure("bram", built.bram, "1", placed),
        Figure("fmax_mhz", built.fmax_mhz, "MHz", placed, {"clock_mhz": built.clock_mhz}),
    )
