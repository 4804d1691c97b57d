"""The main job: train, quantise, build, run on a board, compare bit for bit, report.

task -> coding -> network -> quantized (.spw) -> gateware -> device -> record
"""

from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from spikewright_hw.checks import instance
from spikewright_hw.engine.design import EventDesign

from .. import terminal
from ..coding.coding import encode
from ..device.answers import Answers
from ..device.board_power import board_power
from ..device.boards import open_board
from ..device.compiled import virtual_board
from ..device.link import check_port
from ..device.session import Session
from ..device.several import infer_on, virtual_boards
from ..device.virtual import NEEDED_TOOLS
from ..errors import BuildError, DataError, DeviceError, ToolError
from ..files import check_writable
from ..gateware.bitstream import Bitstream, build_bitstream, needed_tools
from ..gateware.built import commands
from ..gateware.design import check_design, run_reference
from ..gateware.highest_clock import HighestClock
from ..gateware.loading import check_loading, load
from ..gateware.plan import write_plan
from ..network.draft import draft
from ..network.training_config import training_config
from ..quantized.network import QuantizedNetwork
from ..quantized.on_task import check_fits
from ..quantized.saturation import check_saturation
from ..quantized.spw import read, write
from ..record.report import Report
from ..record.store import keep_another, write_report
from ..record.table import print_table
from ..task.known import load_task
from ..task.samples import wanted_samples
from ..task.task import Task
from ..tools import require_all
from .background import Background
from .demo import demo_samples
from .fit import fit_design
from .fit_shown import show_fit
from .highest_clock import at_highest_clock, try_highest_clock
from .known_task import known_task
from .measured_power import with_power
from .observations import make_report
from .progress import JobProgress
from .run_options import RunOptions
from .training import train

__all__ = ["build_job", "main_job", "plan_job"]

#: Most membranes of hidden layers that are kept, of all samples and steps: 256 MB.
_MEMBRANES = 1 << 25


def main_job(options: RunOptions, *, console: Console | None = None) -> Report | None:
    """Do the main job: train, build, run on a board, compare, report; print and write the report.

    Parameters
    ----------
    options : RunOptions
        What to run, and where.
    console : rich.console.Console, optional
        Where progress is shown.

    Returns
    -------
    Report or None
        None with ``build_only``.

    Raises
    ------
    SpikewrightError
        Whatever failed. Values that differ, a bitstream that cannot be built and a power that
        cannot be measured are reported first.
    """
    instance(RunOptions)("options", options)
    console = console or terminal.console(stderr=True)
    if options.build_only:
        _say_built(build_job(options, console=console), options, console)
        return None
    _check_at_once(options)
    task = _task(options)
    samples = wanted_samples(options.samples, test=task.x_test, task=task.name)
    with JobProgress(console) as progress, Background() as background:
        network = _network(task, options, progress)
        check_fits(network, task, argument="network")
        options = _with_design(network, task, options, progress)
        _check_network(network, options)
        highest, options = try_highest_clock(network, options, progress)
        if not options.virtual:
            if options.load is not None:
                built = _bitstream(network, options, progress, highest)
                load(built.path, board=options.board, way=options.load, build=options.build)
            # No minutes of building for a board that is not there or holds another network.
            _check_board(network, options)
        bitstream = compiled = None
        if options.bitstream:
            bitstream = background.submit(
                lambda: _bitstream(network, options, progress, highest)
            )
        if options.virtual:
            compiled = background.submit(lambda: _compile(network, options, progress))
        others = [
            _train(task, each, options, progress)
            for each in (options.seeds[1:] if options.network is None else ())
        ]
        with progress.part(f"Reference, {_split(options)}"):
            spikes = encode(task.x_test[:samples], network.coding)
            expected = run_reference(
                network, spikes, design=options.design,
                hidden_membranes=_keeps_membranes(options, network, len(spikes)),
            )
        if compiled:
            compiled.result()  # open_board finds it
        answers = _infer(network, spikes, options, progress)
        built, reason = _outcome(bitstream)
        report = make_report(
            answers, expected, task=task, network=network, others=others, bitstream=built,
            no_bitstream=reason, command=options.command,
        )
        report, unmeasured = _measured(report, network, answers, options, progress)
        folder = options.build / "reports" / report.name
        kept = keep_another(report, folder)
        write_report(report, folder)
        write(folder / "network.spw", network)
    print_table(report)
    if kept is not None:
        console.print(
            f"The report that was there, of another network or board, is now {kept}",
            soft_wrap=True, highlight=False,
        )
    page = folder / "report.html"
    console.print(f"The page with the pictures is {page}", soft_wrap=True, highlight=False)
    _conclude(report, page, unbuilt=reason if options.bitstream else "", unmeasured=unmeasured)
    return report


def build_job(options: RunOptions, *, console: Console | None = None) -> Bitstream:
    """Do the main job up to the bitstream: train, or take what was trained before, and build.

    Parameters
    ----------
    options : RunOptions
        As of :func:`main_job`, with ``build_only``. A network that is given needs no task.
    console : rich.console.Console, optional
        Where progress is shown.

    Raises
    ------
    SpikewrightError
        Whatever failed.
    """
    instance(RunOptions)("options", options)
    _check_at_once(options)
    with JobProgress(console) as progress:
        network, options = _fitting(options, progress)
        highest = None
        if options.highest_clock:
            highest = at_highest_clock(network, options, progress)
        built = _bitstream(network, options, progress, highest)
    if options.load is not None:
        load(built.path, board=options.board, way=options.load, build=options.build)
    return built


def _say_built(built: Bitstream, options: RunOptions, console: Console) -> None:
    """Print where a bitstream is, and how it is loaded, if it is not yet."""
    console.print(f"The bitstream is {built.path}", soft_wrap=True, highlight=False)
    if options.load is not None:
        console.print(f"{options.board.title} is loaded with it.", highlight=False)
        return
    for command in commands(options.board, built.path):
        console.print(f"To load it: {command}", soft_wrap=True, highlight=False)


def plan_job(options: RunOptions, *, console: Console | None = None) -> Path:
    """Do the main job up to a plan of the bitstream, for which no tool is needed.

    Parameters
    ----------
    options : RunOptions
        As of :func:`build_job`.
    console : rich.console.Console, optional
        Where progress is shown.

    Returns
    -------
    Path
        The folder of the plan, see :func:`~spikewright.gateware.plan.write_plan`.

    Raises
    ------
    SpikewrightError
        Whatever failed.
    """
    instance(RunOptions)("options", options)
    check_writable(options.build, folder=True)
    with JobProgress(console) as progress:
        network, options = _fitting(options, progress)
        with progress.part(f"Plan for {options.board.title}"):
            return write_plan(
                network, board=options.board, design=options.design, demo=_demo(network, options),
                build=options.build,
            )


def _fitting(
    options: RunOptions, progress: JobProgress
) -> tuple[QuantizedNetwork, RunOptions]:
    """Return the network of a bitstream, and what is asked for, with its design.

    Without a task, a network that is given is taken as it is.
    """
    task = None
    if options.network is not None and options.task is None:
        network = _given(options.network)
        if options.fit:
            task = known_task(network)
    else:
        task = _task(options)
        network = _network(task, options, progress)
        check_fits(network, task, argument="network")
    options = _with_design(network, task, options, progress)
    _check_network(network, options)
    return network, options


def _with_design(
    network: QuantizedNetwork, task: Task | None, options: RunOptions, progress: JobProgress
) -> RunOptions:
    """Return what is asked for with the design that fits best, where that is to be found."""
    if not options.fit:
        return options
    assert isinstance(options.design, EventDesign)
    with progress.part(f"Designs for {options.board.title}") as tell:
        found = fit_design(
            network, board=options.board, task=task, design=options.design, progress=tell
        )
    show_fit(found, network, build=options.build, console=progress.console)
    return replace(options, design=found.design(), fit=False)


def _check_network(network: QuantizedNetwork, options: RunOptions) -> None:
    check_design(options.design, network.network)
    if not options.allow_saturation:
        check_saturation(network, allow_saturation=False)


def _task(options: RunOptions) -> Task:
    return load_task("digits") if options.task is None else options.task


def _given(network: str | Path | QuantizedNetwork) -> QuantizedNetwork:
    return network if isinstance(network, QuantizedNetwork) else read(network)


def _check_at_once(options: RunOptions) -> None:
    """Refuse before any work what could not be opened or written after it."""
    _require_tools(options)
    check_writable(options.build, folder=True)
    if not (options.virtual or options.build_only):
        check_port(options.port)
    if options.probe is not None:
        options.probe.check(options.board)


def _keeps_membranes(options: RunOptions, network: QuantizedNetwork, samples: int) -> bool:
    """Say whether membranes of hidden layers are kept: few, of an engine whose updates count."""
    plain = network.network
    each = plain.steps * sum(layer.neurons for layer in plain.layers)
    return options.design.streams is None and samples * each <= _MEMBRANES


def _require_tools(options: RunOptions) -> None:
    """Raise :exc:`~spikewright.errors.ToolError` now for a tool that would be missed later."""
    compiling = NEEDED_TOOLS if options.virtual and not options.build_only else ()
    require_all(compiling)
    if options.load is not None:
        check_loading(options.board, options.load)
    if options.bitstream:
        try:
            require_all(needed_tools(options.board))
        except ToolError as error:
            if options.build_only:
                raise
            raise ToolError(f"{error} Or run without a bitstream: bitstream=False.") from error


def _split(options: RunOptions) -> str:
    """Say which samples the board is given."""
    if options.samples is None:
        return "whole test split"
    return f"first {options.samples} test samples"


def _open(network: QuantizedNetwork, options: RunOptions) -> Session:
    return open_board(
        network, port=options.port, board=options.board, design=options.design,
        rate=options.rate, build=options.build,
    )


def _check_board(network: QuantizedNetwork, options: RunOptions) -> None:
    """Make sure that the board is there and holds the network, and that the probe can read it."""
    with _open(network, options) as board:
        if options.probe is not None:
            options.probe.check_session(board)


def _measured(
    report: Report, network: QuantizedNetwork, answers: Answers, options: RunOptions,
    progress: JobProgress,
) -> tuple[Report, str]:
    """Return the report with the power that was measured, or without it and why there is none.

    The board works on the sample whose inference takes about as long as the mean of all.
    """
    if options.probe is None:
        return report, ""
    cycles = answers.cycles
    sample = answers.sent[int(np.abs(cycles - cycles.mean()).argmin())]
    try:
        with progress.part("Power, idle and at work"), _open(network, options) as board:
            power = board_power(
                board, options.probe, inputs=sample, latency_us=report["latency_us"].value
            )
        return with_power(report, power), ""
    except (DataError, DeviceError, ToolError) as error:
        return report, str(error)


def _infer(
    network: QuantizedNetwork, spikes: np.ndarray, options: RunOptions, progress: JobProgress
) -> Answers:
    """Return what the boards answer to the samples."""
    kind = "Virtual board" if options.virtual else f"Board on {options.port}"
    with progress.part(f"{kind}, {_split(options)}") as tell, ExitStack() as opened:
        boards = [
            opened.enter_context(_open(network, options))
            for _ in range(virtual_boards(len(spikes)) if options.virtual else 1)
        ]
        return infer_on(boards, spikes, progress=lambda done: tell(f"{done} of {len(spikes)}"))


def _outcome(bitstream: Future[Bitstream] | None) -> tuple[Bitstream | None, str]:
    """Return the bitstream, or why there is none."""
    if bitstream is None:
        return None, "none was asked for"
    try:
        return bitstream.result(), ""
    except BuildError as error:
        return None, str(error)


def _conclude(report: Report, page: Path, *, unbuilt: str, unmeasured: str) -> None:
    """Raise what is wrong with a run that was reported all the same: the values before the rest."""
    if report["mismatches"].value:
        raise DeviceError(
            f"{report['mismatches'].value} of {report['compared'].value} values differ between the "
            f"board and the reference; {page} says of which kind"
        )
    if unbuilt:
        raise BuildError(f"there is no bitstream: {unbuilt}; {page} reports everything else")
    if unmeasured:
        raise DeviceError(f"no power was measured: {unmeasured}; {page} reports everything else")


def _network(task: Task, options: RunOptions, progress: JobProgress) -> QuantizedNetwork:
    """Return the network that is run: the one given, or that of the first seed."""
    if options.network is not None:
        return _given(options.network)
    config = training_config(task) if options.config is None else options.config
    # What the engine cannot run is refused before it is trained; no draft, no training either.
    with suppress(ValueError):
        made = draft(config.model, steps=config.coding.steps, start=config.network)
        check_design(options.design, made)
    return _train(task, options.seeds[0], options, progress)


def _train(task: Task, seed: int, options: RunOptions, progress: JobProgress) -> QuantizedNetwork:
    with progress.part(f"Training, seed {seed}") as tell:
        return train(
            task,
            options.config,
            seed=seed,
            build=options.build,
            progress=lambda at: tell(f"{at.phase}, epoch {at.epoch} of {at.epochs}"),
        )


def _bitstream(
    network: QuantizedNetwork, options: RunOptions, progress: JobProgress,
    highest: HighestClock | None,
) -> Bitstream:
    if highest is not None:
        return highest.bitstream
    with progress.part(f"Bitstream for {options.board.title}") as tell:
        return build_bitstream(
            network, board=options.board, design=options.design, demo=_demo(network, options),
            placements=options.placements, limit_s=options.limit_s, build=options.build,
            progress=tell,
        )


def _demo(network: QuantizedNetwork, options: RunOptions) -> np.ndarray | None:
    if options.demo is None:
        return None
    spikes, _ = demo_samples(network, samples=options.demo, task=options.task)
    return spikes


def _compile(network: QuantizedNetwork, options: RunOptions, progress: JobProgress) -> Path:
    with progress.part("Virtual board"):
        return virtual_board(
            network.network, clock_hz=options.board.clock_hz, design=options.design,
            build=options.build, board=options.board,
        )
