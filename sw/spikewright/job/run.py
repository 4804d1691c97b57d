"""The main job: train, quantise, build, run on a board, compare bit for bit, report.

task -> coding -> network -> quantized (.spw) -> gateware -> device -> record
"""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.link.protocol import Hello, Kind
from spikewright_hw.network import Network

from ..coding.ttfs import encode
from ..device.board import open_board, patience
from ..device.virtual import VirtualBoard
from ..errors import DataError, DeviceError
from ..files import write_bytes
from ..gateware.bitstream import Bitstream, build_bitstream
from ..gateware.board import BOARDS, Board
from ..gateware.design import check_design
from ..gateware.placement import PARTS
from ..network.model import network_activity
from ..network.reference import Run
from ..network.reference import run as run_integers
from ..quantized.network import QuantizedNetwork
from ..quantized.spw import read
from ..record.report import Report
from ..record.run_record import (
    BoardRecord,
    BuildRecord,
    RunRecord,
    SampleRecord,
    TrainingRecord,
)
from ..record.run_report import report as make_report
from ..record.store import write as write_report
from ..record.table import print_table
from ..stochastic.engine import run as run_streams
from ..task import digits
from ..task.task import Task
from ..tools import require
from .background import Background
from .compare import Inference, compare, counters, infer_all, predictions
from .programs import virtual_board
from .stages import Stages
from .training import trained, versions

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

        bitstream = background.submit(lambda: _bitstream(quantized.network, options, stages))
        if options.build_only:
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
        findings = _Findings(spikes, integers, reference, torch_predictions, hello, inferences)
        networks = [read(path) for path in paths]
        report = make_report(_record(options, task, networks, findings, bitstream.result()))
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
    return report


@dataclass(frozen=True)
class _Findings:
    """What the test split gave: as input, in the references, on the board."""

    spikes: np.ndarray
    integers: Run
    reference: Run
    torch_predictions: np.ndarray | None
    hello: Hello
    inferences: list[Inference]


def _record(
    options: RunOptions,
    task: Task,
    networks: list[QuantizedNetwork],
    findings: _Findings,
    bitstream: Bitstream,
) -> RunRecord:
    """Put together the record; the first network is the one that was run."""
    quantized = networks[0]
    comparison = compare(findings.inferences, findings.reference, findings.torch_predictions)
    # The board says itself whether it is a simulation, whatever port it was found at.
    virtual = findings.hello.kind == Kind.VIRTUAL
    return RunRecord(
        network=describe(quantized),
        digest=options.design.digest(quantized.network).hex(),
        engine=str(options.design),
        source=_source(quantized),
        labels=task.y_test,
        predictions_integer=findings.integers.predictions,
        predictions_device=predictions(findings.inferences),
        accuracy_float=quantized.provenance.accuracy_float,
        counters=counters(findings.inferences),
        compared=comparison.compared,
        mismatches=comparison.mismatches,
        sample=_sample(quantized, task, findings),
        training=_training(networks),
        build=_build(bitstream, options.board),
        board=BoardRecord(
            name=options.board.title,
            device=PARTS[options.board.part].label,
            clock_mhz=findings.hello.clock_hz / 1e6,
            virtual=virtual,
            simulator=_simulator(options) if virtual else "",
        ),
        versions=versions() | dict(tool.rsplit(" ", 1) for tool in bitstream.tools),
        command=options.command,
        stream_length=options.design.streams and options.design.streams.length,
    )


def check_fits(quantized: QuantizedNetwork, task: Task) -> None:
    """Raise :exc:`~spikewright.errors.DataError` unless the network can do the task."""
    network = quantized.network
    if (network.inputs, network.outputs) != (task.inputs, task.classes):
        raise DataError(
            f"the network has {network.inputs} inputs and {network.outputs} outputs, but "
            f"{task.name} needs {task.inputs} and {task.classes}; give --model a network for it"
        )


def describe(quantized: QuantizedNetwork) -> str:
    """Name a network in a few words."""
    layers = quantized.network.layers
    sizes = "-".join(map(str, [quantized.network.inputs, *(layer.neurons for layer in layers)]))
    neurons = "/".join(dict.fromkeys(layer.neuron.upper() for layer in layers))
    bits = "/".join(dict.fromkeys(str(layer.weight_bits) for layer in layers))
    return f"{sizes} {neurons}, {bits}-bit weights, {quantized.network.steps} steps"


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
    with stages.stage(f"Bitstream for {options.board.title}") as tell:
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


def _sample(
    quantized: QuantizedNetwork, task: Task, findings: _Findings, index: int = 0
) -> SampleRecord:
    one = quantized.network.layers[-1].membrane.one
    trace = findings.inferences[index].trace
    picture = (task.x_test[index] - task.low) / (task.high - task.low)
    return SampleRecord(
        index=index,
        label=int(task.y_test[index]),
        values=picture.reshape(task.image) if task.image else None,
        input_spikes=findings.spikes[index],
        hidden_spikes=tuple(np.array(layer) for layer in trace.spikes),
        membranes_reference=findings.reference.membranes[index] / one,
        membranes_device=np.array(trace.membranes) / one,
    )


def _training(networks: list[QuantizedNetwork]) -> TrainingRecord:
    provenances = [quantized.provenance for quantized in networks]
    return TrainingRecord(
        seeds=tuple(provenance.seed for provenance in provenances),
        accuracy_float=tuple(provenance.accuracy_float for provenance in provenances),
        accuracy_integer=tuple(provenance.accuracy_integer for provenance in provenances),
    )


def _build(bitstream: Bitstream, board: Board) -> BuildRecord:
    return BuildRecord(
        tool=bitstream.tools[1],
        seed=bitstream.seed,
        corner=PARTS[board.part].corner,
        lut=bitstream.lut,
        ff=bitstream.ff,
        bram=bitstream.bram,
        dsp=bitstream.dsp,
        fmax_mhz=bitstream.fmax_mhz,
    )


def _source(quantized: QuantizedNetwork) -> dict[str, str]:
    coding = quantized.coding
    return {
        "data set": quantized.provenance.data_set,
        "seed": str(quantized.provenance.seed),
        "coding": f"time to first spike, {coding.steps} steps",
    }
