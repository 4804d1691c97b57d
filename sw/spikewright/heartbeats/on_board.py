"""A network of heartbeats on an iCE40 UP5K: a virtual board's answers, a bitstream, an estimate."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..coding.coding import encode
from ..device.boards import open_board
from ..errors import DeviceError
from ..gateware.bitstream import Bitstream, build_bitstream
from ..gateware.board import board_named
from ..gateware.design import run_reference
from ..job.compare import compare
from ..quantized.network import QuantizedNetwork
from ..record.energy import UP5K
from ..record.energy import figures as energy_figures
from ..record.figure import Computed, Figure, PostRoute, Simulated
from ..task.task import Task
from .training import BOARD, design_of

__all__ = ["bitstream_figures", "board_figures"]


def board_figures(
    network: QuantizedNetwork, task: Task, *, beats: int, build: Path,
    tell: Callable[[str], None],
) -> tuple[Figure, ...]:
    """Ask a virtual board so many beats of the test part, evenly spread; compare every value.

    Raises
    ------
    DeviceError
        A value differs from the reference.
    ToolError, BuildError, StorageError
        The board cannot be compiled.
    """
    chosen = np.unique(np.linspace(0, len(task.x_test) - 1, beats).round().astype(int))
    inputs = encode(task.x_test[chosen], network.coding)
    tell("compiling, unless it was compiled before")
    with open_board(network, board=BOARD, design=design_of(task), build=build) as board:
        tell(f"{len(chosen)} beats")
        answers = board.infer_all(inputs)
    found = compare(answers, run_reference(network, inputs))
    if not found.equal:
        raise DeviceError(
            f"the virtual board differs from the reference: {found.mismatches}; please report it"
        )
    simulated = Simulated("the board top of iCEBreaker", answers.simulator)
    compared = Computed(f"virtual board against the integer reference, {len(chosen)} beats")
    cycles, clock_mhz = float(answers.cycles.mean()), answers.clock_hz / 1e6
    return (
        Figure("on_board", len(chosen), "1", compared),
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
    network: QuantizedNetwork, task: Task, *, build: Path, tell: Callable[[str], None]
) -> tuple[Figure, ...]:
    """Build the bitstream, the whole board top with its link, unless it was built before.

    Raises
    ------
    BuildError, ToolError
        A tool is missing or fails, or the clock is not met.
    """
    board = board_named(BOARD)
    built: Bitstream = build_bitstream(
        network, board=board, design=design_of(task), build=build, progress=tell
    )
    placer = next(tool for tool in built.tools if tool.startswith("nextpnr"))
    placed = PostRoute(placer, built.seed, board.device.corner)
    return (
        Figure("lut", built.lut, "1", placed), Figure("ff", built.ff, "1", placed),
        Figure("bram", built.bram, "1", placed),
        Figure("fmax_mhz", built.fmax_mhz, "MHz", placed, {"clock_mhz": built.clock_mhz}),
    )
