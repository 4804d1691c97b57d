"""What each command does with its options: calls of the library, and what is printed."""

import argparse
import re
import shlex
import sys
from pathlib import Path

import spikewright as spw

from ..errors import SpikewrightError
from ..files import check_writable
from .options import board_of, design_of, run_options, streams_of
from .words import arguments_checked

__all__ = [
    "bench_neurons",
    "bench_stochastic",
    "bench_training",
    "build",
    "cores",
    "doctor",
    "emit",
    "new_core",
    "pages",
    "report",
    "resources",
    "run",
    "train",
]


def run(options: argparse.Namespace) -> None:
    """Run the main job."""
    command = shlex.join(["spikewright", *sys.argv[1:]])
    spw.main_job(run_options(options, command=command))


def train(options: argparse.Namespace) -> None:
    """Train a network and write its file."""
    from ..job.stages import Stages

    task = spw.load_task("digits")
    config = _training_config(task, options)
    check_writable(options.output)
    with Stages() as stages, stages.stage(f"Training, seed {options.seed}") as tell:
        network = spw.train(
            task,
            config,
            seed=options.seed,
            progress=lambda at: tell(f"{at.phase}, epoch {at.epoch} of {at.epochs}"),
        )
        spw.write(options.output, network)
    provenance = network.provenance
    computed = "in integers" if config.streams is None else "on the bitstreams"
    print(
        f"{options.output}: {100 * provenance.accuracy_float:.2f} % in real numbers before "
        f"quantisation, {100 * provenance.accuracy_integer:.2f} % {computed}, on the test split"
    )


def _training_config(task: "spw.Task", options: argparse.Namespace) -> "spw.TrainingConfig":
    """Return the default training for a task, with what the options change of the network."""
    given = {
        name: value
        for name in ("hidden", "neuron", "weight_bits", "membrane")
        if (value := getattr(options, name)) is not None
    }
    with arguments_checked(options.flags, before="this network cannot be trained: "):
        return spw.training_config(task, **given, streams=streams_of(options))


def emit(options: argparse.Namespace) -> None:
    """Write Verilog."""
    if options.all == (options.core is not None):
        raise SpikewrightError("name one core, or give --all for every core")
    if options.core is not None and options.core.endswith(".spw"):
        name = re.sub(r"\W|^(?=\d)", "_", Path(options.core).stem, flags=re.ASCII)
        design = design_of(options)
        print(spw.emit(spw.read(options.core), options.output, name=name, design=design))
        return
    cores = [] if options.core is None else [options.core]
    for path in spw.emit_cores(*cores, preset=options.preset, folder=options.output):
        print(path)


def build(options: argparse.Namespace) -> None:
    """Build the bitstream of a network."""
    from ..job.stages import Stages

    board, design = board_of(options), design_of(options)
    network = spw.read(options.model)
    with Stages() as stages, stages.stage(f"Bitstream for {board.title}") as tell:
        bitstream = spw.build_bitstream(
            network, board=board, design=design, limit_s=60 * options.limit, progress=tell
        )
    print(bitstream.path)


def report(options: argparse.Namespace) -> None:
    """Print a stored report, or list the reports."""
    from ..job.report import show

    show(options.name)


def resources(options: argparse.Namespace) -> None:
    """Measure cores, or the engine of a network."""
    spw.resources(options.core, design=design_of(options))


def bench_neurons(options: argparse.Namespace) -> None:
    """Compare the neurons."""
    spw.bench_neurons(
        options.neuron, seeds=options.seeds, epochs=options.epochs, pages=options.pages
    )


def bench_stochastic(options: argparse.Namespace) -> None:
    """Compare the stochastic engine's settings."""
    spw.bench_stochastic(
        data=options.data, seeds=options.seeds, epochs=options.epochs, pages=options.pages
    )


def bench_training(options: argparse.Namespace) -> None:
    """Compare the training's settings."""
    spw.bench_training(pages=options.pages)


def pages(options: argparse.Namespace) -> None:
    """Write the neurons' pages."""
    from ..job.pages.pages import pages

    pages(options.neuron)


def cores(options: argparse.Namespace) -> None:
    """List the registered cores."""
    from ..job.emit import print_cores

    print_cores(plain=options.plain or not sys.stdout.isatty())


def doctor(options: argparse.Namespace) -> int:
    """Say which tools were found."""
    from ..job.doctor import doctor

    return doctor()


def new_core(options: argparse.Namespace) -> None:
    """Lay out the files of a new core."""
    if options.equations is None:
        family = "stochastic.arithmetic" if options.family is None else options.family
        for path in spw.new_core(options.name, family=family, root=Path.cwd()):
            print(path)
        return

    from ..job.neuron_report import report
    from .neuron import specification

    files, compiled = spw.new_neuron(specification(options), root=Path.cwd())
    for path in files:
        print(path)
    print()
    print("\n".join(report(compiled.definition, compiled.specification.format)))
