"""What each command does with its options."""

import argparse
import shlex
import sys
from pathlib import Path

from ..errors import SpikewrightError
from ..files import check_writable
from .options import board_of, design_of, run_options, streams_of

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
    from ..job.run import run

    command = shlex.join(["spikewright", *sys.argv[1:]])
    run(run_options(options, command=command))


def train(options: argparse.Namespace) -> None:
    """Train a network and write its file."""
    from ..files import write_bytes
    from ..job.stages import Stages
    from ..job.training import trained
    from ..quantized.spw import read

    config = _training_config(options)
    check_writable(options.output)
    with Stages() as stages, stages.stage(f"Training, seed {options.seed}") as tell:
        path = trained(
            seed=options.seed,
            config=config,
            progress=lambda at: tell(f"{at.phase}, epoch {at.epoch} of {at.epochs}"),
        )
        write_bytes(options.output, path.read_bytes())
    provenance = read(options.output).provenance
    computed = "in integers" if config.streams is None else "on the bitstreams"
    print(
        f"{options.output}: {100 * provenance.accuracy_float:.2f} % in real numbers before "
        f"quantisation, {100 * provenance.accuracy_integer:.2f} % {computed}, on the test split"
    )


def _training_config(options: argparse.Namespace):
    """Return the default training, with what the options change of the network."""
    from dataclasses import replace

    from spikewright_hw.fixed import Format

    from ..job.training import DEFAULT

    model = DEFAULT.model
    changes = {
        "neuron": options.neuron,
        "weight_bits": options.weight_bits,
        "sizes": options.hidden and (model.sizes[0], *options.hidden, model.sizes[-1]),
        "membrane": options.membrane,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    try:
        if "membrane" in changes:
            changes["membrane"] = Format.parse(options.membrane)
        if "neuron" in changes:
            changes["parameters"] = {}  # the default's are those of LIF
        streams = streams_of(options)
        return replace(DEFAULT, model=replace(model, **changes), streams=streams)
    except ValueError as error:
        raise SpikewrightError(f"this network cannot be trained: {error}") from error


def emit(options: argparse.Namespace) -> None:
    """Write Verilog."""
    from ..job.emit import emit

    for path in emit(
        options.core, preset=options.preset, every=options.all, output=options.output,
        design=design_of(options),
    ):
        print(path)


def build(options: argparse.Namespace) -> None:
    """Build the bitstream of a network."""
    from ..gateware.bitstream import build_bitstream
    from ..gateware.design import check_design
    from ..job.remedies import remedies_as_options
    from ..job.stages import Stages
    from ..quantized.spw import read

    board = board_of(options)
    design = design_of(options)
    quantized = read(options.model)
    check_design(design, quantized.network)
    with (
        Stages() as stages,
        stages.stage(f"Bitstream for {board.title}") as tell,
        remedies_as_options(),
    ):
        bitstream = build_bitstream(
            quantized.network, board=board, design=design, progress=tell
        )
    print(bitstream.path)


def report(options: argparse.Namespace) -> None:
    """Print a stored report, or list the reports."""
    from ..job.report import show

    show(options.name)


def resources(options: argparse.Namespace) -> None:
    """Measure cores, or the engine of a network."""
    from ..job.resources import resources

    resources(options.core, design=design_of(options))


def bench_neurons(options: argparse.Namespace) -> None:
    """Compare the neurons."""
    from dataclasses import replace

    from ..job.bench_neurons import bench_neurons
    from ..network.counting_train import CountingTraining

    config = CountingTraining()
    if options.epochs is not None:
        config = replace(config, real=replace(config.real, epochs=options.epochs))
    bench_neurons(options.neuron, seeds=options.seeds, config=config, pages=options.pages)


def bench_stochastic(options: argparse.Namespace) -> None:
    """Compare the stochastic engine's settings."""
    from ..job.stochastic.bench import bench_stochastic

    bench_stochastic(
        data=options.data, seeds=options.seeds, epochs=options.epochs, pages=options.pages
    )


def bench_training(options: argparse.Namespace) -> None:
    """Compare the training's settings."""
    from ..job.bench_training import bench_training

    bench_training(pages=options.pages)


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
        from ..job.new_core import new_core

        family = "stochastic.arithmetic" if options.family is None else options.family
        files = new_core(options.name, family=family, root=Path.cwd())
        for path in files:
            print(path)
        return

    from ..job.neuron_report import report
    from ..job.new_neuron import new_neuron, options_named, specification

    with options_named():
        files, compiled = new_neuron(specification(options), root=Path.cwd())
    for path in files:
        print(path)
    print()
    print("\n".join(report(compiled.definition, compiled.specification.format)))
