"""The main job: train, quantise, build, run on a board, compare bit for bit, report.

task -> coding -> network -> quantized (.spw) -> gateware -> device -> record
"""

import shlex
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from ..coding.ttfs import encode
from ..device.board import open_board, patience
from ..device.link import check_port
from ..device.virtual import NEEDED_TOOLS, VirtualBoard
from ..errors import BuildError, DataError, DeviceError, ToolError
from ..files import check_writable, write_bytes
from ..gateware.bitstream import Bitstream, build_bitstream, needed_tools
from ..gateware.board import BOARDS, Board
from ..gateware.design import check_design
from ..network.model import network_activity
from ..network.reference import run as run_integers
from ..quantized.network import QuantizedNetwork
from ..quantized.spw import read
from ..record.report import Report
from ..record.run_report import report as make_report
from ..record.store import write as write_report
from ..record.table import print_table
from ..stochastic.cycles import exact_cycles
from ..stochastic.engine import run as run_streams
from ..task import digits
from ..task.task import Task
from ..tools import require, require_all
from .background import Background
from .compare import infer_all
from .observations import Observations, record
from .programs import virtual_board
from .remedies import remedies_as_options
from .stages import Stages
from .training import trained

__all__ = ["VIRTUAL", "RunOptions", "run"]

#: The port that stands for the virtual board.
VIRTUAL = "virtual"


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What to run, and where.

    Parameters
    ----------
    board : Board
        What the bitstream is built for, and whose clock latencies are stated at.
    model : Path, optional
        A ``.spw`` file; without one, the default network is trained for each seed, and the first
        seed's is run.
    port : str
        Path of the serial port that the board is at, or ``"virtual"``.
    seeds : tuple of int
        Seeds to train.
    design : Design
        The engine that the network runs on.
    build_only : bool
        Stop at the bitstream.
    bitstream : bool
        Build a bitstream; without one, the report has no size and no highest clock frequency.
    build : Path
        Folder of everything generated.
    command : str
        The command line that this run goes by in its report.
    """

    board: Board = BOARDS["ulx3s"]
    model: Path | None = None
    port: str = VIRTUAL
    seeds: tuple[int, ...] = (0, 1, 2)
    design: Design = field(default_factory=EventDesign)
    build_only: bool = False
    bitstream: bool = True
    build: Path = Path("build")
    command: str = "spikewright run"

    @property
    def virtual(self) -> bool:
        """Whether to make a virtual board; one may also be found at a port."""
        return self.port == VIRTUAL


def run(options: RunOptions, *, console: Console | None = None) -> Report | None:
    """Do the main job; give its report, which is also printed and written.

    With ``build_only`` there is no report. Every failure is a
    :exc:`~spikewright.errors.SpikewrightError`.
    """
    console = console or Console(stderr=True)
    _check_at_once(options)
    task = digits.load()
    with Stages(console) as stages, Background() as background:
        paths = [options.model] if options.model else [_train(options.seeds[0], options, stages)]
        quantized = read(paths[0])
        check_fits(quantized, task)
        check_design(options.design, quantized.network)
        if not (options.virtual or options.build_only):
            # No minutes of building for a board that is not there or holds another network.
            open_board(
                options.port, network=quantized.network, design=options.design
            ).close()

        bitstream = (
            background.submit(lambda: _bitstream(quantized.network, options, stages))
            if options.bitstream
            else None
        )
        if options.build_only and bitstream:
            built = bitstream.result()
            console.print(f"The bitstream is {built.path}", soft_wrap=True, highlight=False)
            console.print(f"To load it: {_load_command(options.board, built)}", highlight=False)
            return None
        program = (
            background.submit(lambda: _program(quantized.network, options, stages))
            if options.virtual
            else None
        )
        if options.model is None:
            paths += [_train(seed, options, stages) for seed in options.seeds[1:]]

        with stages.stage("References, whole test split"):
            spikes = encode(task.x_test, quantized.coding)
            integers = run_integers(quantized.network, spikes)
            reference, torch_predictions = integers, None
            if options.design.streams is None:
                torch_predictions = _torch_predictions(quantized.network, spikes)
            else:
                reference = run_streams(quantized.network, spikes, streams=options.design.streams)
        with (
            _port(options, program.result() if program else None) as port,
            stages.stage(f"{_kind(options).capitalize()}, whole test split") as tell,
            open_board(
                port,
                network=quantized.network,
                design=options.design,
                timeout=patience(quantized.network, options.design),
            ) as board,
        ):
            hello = board.hello()
            inferences = infer_all(
                board, spikes, progress=lambda done: tell(f"{done} of {len(spikes)}")
            )
        observed = Observations(
            sent=spikes,
            integers=integers,
            reference=reference,
            torch_predictions=torch_predictions,
            cycles=exact_cycles(quantized.network, spikes, reference, design=options.design),
            hello=hello,
            inferences=tuple(inferences),
        )
        built, reason = _outcome(bitstream)
        report = make_report(record(
            observed,
            task=task,
            networks=[read(path) for path in paths],
            design=options.design,
            board=options.board,
            bitstream=built,
            no_bitstream=reason,
            simulator=_simulator(options),
            command=options.command,
        ))
        folder = options.build / "reports" / report.name
        write_report(report, folder)
        write_bytes(folder / "network.spw", paths[0].read_bytes())
    print_table(report)
    page = folder / "report.html"
    console.print(f"The page with the pictures is {page}", soft_wrap=True, highlight=False)
    if report["mismatches"].value:
        raise DeviceError(
            f"{report['mismatches'].value} of {report['compared'].value} values differ between the "
            f"board and the reference; {page} says of which kind"
        )
    if reason and options.bitstream:
        raise BuildError(f"there is no bitstream: {reason}; {page} reports everything else")
    return report


def _check_at_once(options: RunOptions) -> None:
    """Refuse before any work what could not be opened or written after it."""
    _require_tools(options)
    check_writable(options.build, folder=True)
    if not (options.virtual or options.build_only):
        check_port(options.port)


def _require_tools(options: RunOptions) -> None:
    """Raise :exc:`~spikewright.errors.ToolError` now for a tool that would be missed later."""
    compiling = NEEDED_TOOLS if options.virtual and not options.build_only else ()
    require_all(compiling)
    if options.bitstream:
        try:
            require_all(needed_tools(options.board))
        except ToolError as error:
            if options.build_only:
                raise
            raise ToolError(f"{error} Or run without a bitstream: --no-bitstream.") from error


def _outcome(bitstream: Future[Bitstream] | None) -> tuple[Bitstream | None, str]:
    """Return the bitstream, or why there is none."""
    if bitstream is None:
        return None, "none was asked for"
    try:
        return bitstream.result(), ""
    except BuildError as error:
        return None, str(error)


def check_fits(quantized: QuantizedNetwork, task: Task) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless the network can do the task."""
    network = quantized.network
    if (network.inputs, network.outputs) != (task.inputs, task.classes):
        raise DataError(
            f"the network has {network.inputs} inputs and {network.outputs} outputs, but "
            f"{task.name} needs {task.inputs} and {task.classes}; give --model a network for it"
        )


def _simulator(options: RunOptions) -> str:
    # Who compiled a virtual board that was found at a port is not known.
    return f"Verilator {require('verilator').version}" if options.virtual else "unknown simulator"


def _kind(options: RunOptions) -> str:
    return "virtual board" if options.virtual else f"board on {options.port}"


def _load_command(board: Board, bitstream: Bitstream) -> str:
    return shlex.join([*board.programmer, str(bitstream.path)])


def _train(seed: int, options: RunOptions, stages: Stages) -> Path:
    with stages.stage(f"Training, seed {seed}") as tell:
        return trained(
            seed=seed,
            build=options.build,
            progress=lambda at: tell(f"{at.phase}, epoch {at.epoch} of {at.epochs}"),
        )


def _bitstream(network: Network, options: RunOptions, stages: Stages) -> Bitstream:
    with stages.stage(f"Bitstream for {options.board.title}") as tell, remedies_as_options():
        return build_bitstream(
            network, board=options.board, design=options.design, build=options.build, progress=tell
        )


def _program(network: Network, options: RunOptions, stages: Stages) -> Path:
    with stages.stage("Virtual board"):
        return virtual_board(
            network, clock_hz=options.board.clock_hz, design=options.design, build=options.build
        )


@contextmanager
def _port(options: RunOptions, program: Path | None) -> Iterator[str]:
    if program is None:
        yield options.port
    else:
        with VirtualBoard(program) as board:
            yield board.port


def _torch_predictions(network: Network, spikes: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        activity = network_activity(network, torch.from_numpy(spikes.astype(np.float32)))
    return activity.predictions.numpy()
