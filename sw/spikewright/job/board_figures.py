"""A network on an iCE40 UP5K: a virtual board's answers, an estimate of energy, a bitstream."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from spikewright_hw.engine.design import EventDesign

from ..device.boards import open_board
from ..errors import DeviceError
from ..gateware.bitstream import Bitstream, build_bitstream
from ..gateware.board import board_named
from ..gateware.design import run_reference
from ..quantized.network import QuantizedNetwork
from ..record.energy import UP5K
from ..record.energy import figures as energy_figures
from ..record.figure import Computed, Figure, PostRoute, Simulated
from .compare import compare

__all__ = ["bitstream_figures", "board_figures", "spread_evenly"]


def spread_evenly(count: int, of: int) -> np.ndarray:
    """Return so many places of a range, at most, evenly spread from its first to its last."""
    return np.unique(np.linspace(0, of - 1, count).round().astype(int))


def board_figures(
    network: QuantizedNetwork, inputs: np.ndarray, *, board: str, design: EventDesign,
    what: str, build: Path, tell: Callable[[str], None],
) -> tuple[Figure, ...]:
    """Ask a virtual board of a part with an iCE40 UP5K; compare every value with the reference.

    Parameters
    ----------
    network : QuantizedNetwork
    inputs : array ``[samples, steps, inputs]``
    board : str
        Its name.
    design : EventDesign
    what : str
        What the samples are, such as ``beats``.
    build : Path
        Where the board is kept.
    tell : callable
        Told what is being done.

    Raises
    ------
    DeviceError
        A value differs from the reference.
    ToolError, BuildError, StorageError
        The board cannot be compiled.
    """
    tell("compiling, unless it was compiled before")
    with open_board(network, board=board, design=design, build=build) as opened:
        tell(f"{len(inputs)} {what}")
        answers = opened.infer_all(inputs)
    found = compare(answers, run_reference(network, inputs))
    if not found.equal:
        raise DeviceError(
            f"the virtual board differs from the reference: {found.mismatches}; please report it"
        )
    simulated = Simulated(f"the board top of {board_named(board).title}", answers.simulator)
    compared = Computed(f"virtual board against the integer reference, {len(inputs)} {what}")
    cycles, clock_mhz = float(answers.cycles.mean()), answers.clock_hz / 1e6
    return (
        Figure("on_board", len(inputs), "1", compared),
        Figure("compared", sum(found.compared.values()), "1", compared, found.compared),
        Figure("mismatches", 0, "1", compared),
        Figure("cycles_mean", cycles, "cycles", simulated, {"max": int(answers.cycles.max())}),
        Figure("latency_us", cycles / clock_mhz, "µs", simulated, {"clock_mhz": clock_mhz}),
        Figure("synops_per_inference", float(answers.synops.mean()), "1", simulated),
        *energy_figures(
            cycles=cycles, synops=float(answers.synops.mean()), clock_mhz=clock_mhz, model=UP5K
        ),
    )


def bitstream_figures(
    network: QuantizedNetwork, *, board: str, design: EventDesign, build: Path,
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
