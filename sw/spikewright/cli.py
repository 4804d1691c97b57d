"""The command line: one parser, a verb for each thing to do.

Heavy imports happen inside the verbs, so that ``--help`` and a wrong option answer at once.
"""

import argparse
import errno
import shlex
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import SpikewrightError, SpikewrightWarning, StorageError
from .files import check_writable
from .interrupt import interruptible
from .job.applies import check_options, parsed
from .terminal import take_any_text

__all__ = ["add_run_options", "guarded", "main", "run_options"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; return the exit status. Without arguments, print the help."""
    arguments = sys.argv[1:] if arguments is None else arguments
    take_any_text()
    if not arguments:
        _parser().print_help()
        return 0
    options = parsed(_parser, arguments)

    def work() -> int | None:
        check_options(options)
        return options.verb(options)

    return guarded(work)


def guarded(work: Callable[[], int | None]) -> int:
    """Run ``work``; report what a user can do something about as one sentence on stderr.

    Ctrl-C, SIGTERM and SIGHUP end it, see :mod:`spikewright.interrupt`.
    """
    try:
        with _warnings_as_sentences():
            return interruptible(
                lambda: work() or 0,
                says="spikewright: interrupted; nothing half-written was left behind",
            )
    except SpikewrightError as error:
        print(f"spikewright: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        full = StorageError("the disk is full; free some space and try again")
        print(f"spikewright: {full}", file=sys.stderr)
        return 1


@contextmanager
def _warnings_as_sentences() -> Iterator[None]:
    """Print the project's warnings as sentences on stderr, each as often as it is given."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", SpikewrightWarning)
        others = warnings.showwarning

        def show(message, category, *place, **more) -> None:
            if issubclass(category, SpikewrightWarning):
                print(f"spikewright: warning: {message}", file=sys.stderr)
            else:
                others(message, category, *place, **more)

        warnings.showwarning = show
        yield


def add_run_options(parser: argparse.ArgumentParser, *, boards: Sequence[str]) -> None:
    """Add the options of a run on a board; ``boards`` are the names to choose from."""
    parser.add_argument(
        "--board", choices=boards, default=boards[0], help="board to build for (%(default)s)"
    )
    parser.add_argument(
        "--model", type=_path, metavar="FILE", help="a .spw network (default: train one on digits)"
    )
    parser.add_argument(
        "--port",
        default="virtual",
        metavar="PATH",
        help="serial port of a real board, such as /dev/ttyUSB0, or 'virtual' (%(default)s): the "
        "board top simulated by Verilator",
    )
    parser.add_argument(
        "--build-only", action="store_true", help="stop when the bitstream is written"
    )
    parser.add_argument(
        "--no-bitstream", action="store_true",
        help="build none; the report then has no size and no highest clock frequency",
    )
    parser.set_defaults(command="run")
    _add_engine_options(parser)
    parser.add_argument(
        "--seed",
        type=_seed,
        action="append",
        metavar="N",
        help="seed to train; may be repeated, the first is run (default: 0, 1 and 2)",
    )


def _add_engine_options(parser: argparse.ArgumentParser) -> None:
    engine = parser.add_argument_group("the engine")
    add = engine.add_argument
    add("--engine", choices=("event", "stochastic"), default="event", help="(%(default)s)")
    add("--share", type=_count, metavar="N", help="neurons per updater; more is smaller (4)")
    add(
        "--ram-style", metavar="NAME",
        help="of the trace of an inference: auto, or block for block RAM always (auto)",
    )
    streams = parser.add_argument_group("the stochastic engine alone")
    _add_streams_options(streams)
    streams.add_argument(
        "--lanes", type=_count, metavar="N", help="rows of weights at once, a power of two (4)"
    )


def _add_streams_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--length", type=_count, metavar="L", help="bits of a bitstream, a power of two (256)")
    add("--source", metavar="NAME", help="where its numbers come from: sobol, lfsr, ... (sobol)")
    add("--encoding", metavar="NAME", help="sign_magnitude, unipolar or bipolar (sign_magnitude)")


def _given(options: argparse.Namespace, *names: str) -> dict:
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _streams_of(options: argparse.Namespace):
    """Give the bitstreams that the options ask for, or None if none of them is given."""
    from spikewright_hw.engine.streams import Streams

    given = _given(options, "length", "source", "encoding")
    return Streams(**given) if given else None


def design_of(options: argparse.Namespace):
    """Give the design that the engine's options ask for."""
    from spikewright_hw.engine.design import EventDesign, StochasticDesign

    size = _given(options, "share", "ram_style")
    try:
        if options.engine == "stochastic":
            streams = _streams_of(options)
            chosen = {} if streams is None else {"streams": streams}
            return StochasticDesign(**chosen, **_given(options, "lanes"), **size)
        return EventDesign(**size)
    except ValueError as error:
        raise SpikewrightError(f"--{str(error).replace('ram_style', 'ram-style', 1)}") from error


def run_options(options: argparse.Namespace, *, command: str):
    """Return the :class:`~spikewright.job.run.RunOptions` of a parsed command line.

    ``options`` is what :func:`~spikewright.job.applies.parsed` made.

    Raises
    ------
    SpikewrightError
        An option would be ignored, or is out of its range.
    """
    check_options(options)
    from .gateware.board import BOARDS
    from .job.run import RunOptions

    return RunOptions(
        board=BOARDS[options.board],
        model=options.model,
        port=options.port,
        seeds=tuple(options.seed or (0, 1, 2)),
        design=design_of(options),
        build_only=options.build_only,
        bitstream=not options.no_bitstream,
        command=command,
    )


def _parser() -> argparse.ArgumentParser:
    from .gateware.board import BOARDS

    parser = argparse.ArgumentParser(
        prog="spikewright", description="From a spiking network to proved, measured gateware."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    verb = verbs.add_parser("run", help="the main job: train, build, run on a board, report")
    add_run_options(verb, boards=list(BOARDS))
    verb.set_defaults(verb=_run, command="run")

    verb = verbs.add_parser("train", help="train and quantise a network into a .spw file")
    verb.add_argument("output", type=_path, metavar="FILE", help="the .spw file to write")
    verb.add_argument("--seed", type=_seed, default=0, metavar="N", help="seed (%(default)s)")
    verb.add_argument(
        "--hidden", type=_count, nargs="+", metavar="N", help="neurons of the hidden layers (128)"
    )
    verb.add_argument("--neuron", metavar="NAME", help="neuron of the hidden layers (lif)")
    verb.add_argument("--weight-bits", type=_count, metavar="BITS", help="2 to 8 (4)")
    verb.add_argument("--membrane", metavar="Qm.n", help="format of the membranes (Q8.4)")
    _add_streams_options(verb.add_argument_group(
        "for the stochastic engine",
        "With one of these, the network is trained on bitstreams, with the errors that they have.",
    ))
    verb.set_defaults(verb=_train, command="train")

    verb = verbs.add_parser("emit", help="write Verilog of registered cores, or of a network")
    verb.add_argument("core", nargs="?", help="a core (see `spikewright cores`), or a .spw file")
    verb.add_argument("--all", action="store_true", help="every preset of every core")
    verb.add_argument("--preset", help="one preset of the core (default: all of them)")
    verb.add_argument(
        "-o", "--output", type=_path, default=Path("build/verilog"), metavar="FOLDER",
        help="where to (%(default)s)",
    )
    _add_engine_options(verb)
    verb.set_defaults(verb=_emit, command="emit")

    verb = verbs.add_parser("build", help="build the bitstream of a .spw network")
    verb.add_argument("model", type=_path, metavar="FILE", help="the .spw network")
    verb.add_argument("--board", choices=list(BOARDS), default="ulx3s", help="(%(default)s)")
    _add_engine_options(verb)
    verb.set_defaults(verb=_build, command="build")

    verb = verbs.add_parser("report", help="print a stored report, or list those there are")
    verb.add_argument("name", nargs="?", help="name of the report, such as run")
    verb.set_defaults(verb=_report, command="report")

    verb = verbs.add_parser("resources", help="size and speed of every core on every family")
    verb.add_argument(
        "core", nargs="?", help="one core, or a .spw file; the table in docs then stays"
    )
    _add_engine_options(verb)
    verb.set_defaults(verb=_resources, command="resources")

    verb = verbs.add_parser("pages", help="draw the neurons' responses, and fill in their pages")
    verb.add_argument("neuron", nargs="?", help="one neuron only (default: all)")
    verb.set_defaults(verb=_pages, command="pages")

    verb = verbs.add_parser("bench", help="compare on one task")
    benches = verb.add_subparsers(required=True, metavar="WHAT")
    bench = benches.add_parser(
        "neurons", help="train every neuron alike: accuracy, time, size, quantised too"
    )
    bench.add_argument("--neuron", metavar="NAME", help="one neuron only (default: all)")
    bench.add_argument(
        "--seeds", type=_seed, nargs="+", default=[0, 1, 2], metavar="N",
        help="seeds to train (default: 0 1 2)",
    )
    bench.add_argument(
        "--epochs", type=_count, metavar="N", help="epochs in real numbers (default: 10)"
    )
    bench.add_argument(
        "--pages", action="store_true", help="write the table of docs/neurons.md"
    )
    bench.set_defaults(verb=_bench_neurons, command="bench neurons")
    bench = benches.add_parser(
        "stochastic", help="the stochastic engine: accuracy, speed, faults, streams stopped early"
    )
    bench.add_argument(
        "--data", type=_path, metavar="FOLDER",
        help="folder of MNIST's files, or the one above it (default: that in SPIKEWRIGHT_DATA)",
    )
    bench.add_argument(
        "--seeds", type=_seed, nargs="+", default=[0, 1, 2], metavar="N",
        help="seeds to train; MNIST has the first (default: 0 1 2)",
    )
    bench.add_argument(
        "--epochs", type=_count, metavar="N", help="epochs in real numbers (default: by the task)"
    )
    bench.add_argument(
        "--pages", action="store_true", help="write docs/stochastic_engine.md's tables, pictures"
    )
    bench.set_defaults(verb=_bench_stochastic, command="bench stochastic")

    bench = benches.add_parser(
        "training", help="the training's settings, on folds of the training part alone"
    )
    bench.add_argument(
        "--pages", action="store_true", help="write the table of docs/training.md"
    )
    bench.set_defaults(verb=_bench_training, command="bench training")

    verb = verbs.add_parser("cores", help="list the registered cores")
    verb.add_argument(
        "--plain", action="store_true",
        help="a line for each, its columns separated by tabs (default where there is no terminal)",
    )
    verb.set_defaults(verb=_cores, command="cores")

    verb = verbs.add_parser("doctor", help="which tools were found, and what a missing one costs")
    verb.set_defaults(verb=_doctor, command="doctor")

    verb = verbs.add_parser(
        "new-core", help="lay out the files of a new core, or of a neuron given by its equations"
    )
    verb.add_argument("name", help="its name: the stem of all its files")
    verb.add_argument("--family", help="its folder (stochastic.arithmetic; a neuron's is neuron)")
    _add_neuron_options(verb)
    verb.set_defaults(verb=_new_core, command="new-core")
    return parser


def _version() -> str:
    from importlib.metadata import version

    return version("spikewright")


def _add_neuron_options(parser: argparse.ArgumentParser) -> None:
    neuron = parser.add_argument_group(
        "a neuron", "Its equations make its definition, and all else follows from that."
    )
    add = neuron.add_argument
    add(
        "--equations", action="append", metavar="TEXT",
        help='differential equations, and definitions they share, parted by ";": '
        '"dv/dt = (R*i - v)/tau"; v is the membrane, i the current',
    )
    add("--threshold", metavar="TEXT", help='when it spikes, after the step: "v > v_th"')
    add("--reset", metavar="TEXT", help='what a spike does, in the same step: "v = 0; w += b"')
    add("--readout", action="store_true", help="it never spikes")
    add("--dt", metavar="VALUE", help="the time step: 1, or 1ms")
    add(
        "--param", action="append", metavar="NAME=VALUE",
        help='a parameter: tau=20, tau=20ms, "tau=20ms: membrane time constant"',
    )
    add("--unit", action="append", metavar="NAME=UNIT", help="unit of a state or of i: v=mV")
    add("--start", action="append", metavar="NAME=VALUE", help="where a state starts: v=v_rest")
    add("--refractory", metavar="STEPS", help="how long it rests after a spike: 3, or 3ms")
    add(
        "--method", choices=("euler", "exponential"),
        help="of all equations (default: exponential Euler where there is one, else forward Euler)",
    )
    add("--format", metavar="Qm.n", help="number format of its first preset (Q8.8)")


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 100:
        raise argparse.ArgumentTypeError(f"{text[:100]!r} is not a whole number of 0 or more")
    return int(text)


def _seed(text: str) -> int:
    from .quantized.network import MOST_SEED

    if (seed := _count(text)) > MOST_SEED:
        raise argparse.ArgumentTypeError(f"{text} is larger than 2**64 - 1, the largest seed")
    return seed


def _path(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty text names no file; give a path")
    return Path(text)


def _run(options: argparse.Namespace) -> None:
    from .job.run import run

    command = shlex.join(["spikewright", *sys.argv[1:]])
    run(run_options(options, command=command))


def _train(options: argparse.Namespace) -> None:
    from .files import write_bytes
    from .job.stages import Stages
    from .job.training import trained
    from .quantized.spw import read

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
    """Give the default training, with what the options change of the network."""
    from dataclasses import replace

    from spikewright_hw.fixed import Format

    from .job.training import DEFAULT

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
        streams = _streams_of(options)
        return replace(DEFAULT, model=replace(model, **changes), streams=streams)
    except ValueError as error:
        raise SpikewrightError(f"this network cannot be trained: {error}") from error


def _emit(options: argparse.Namespace) -> None:
    from .job.emit import emit

    for path in emit(
        options.core, preset=options.preset, every=options.all, output=options.output,
        design=design_of(options),
    ):
        print(path)


def _build(options: argparse.Namespace) -> None:
    from .gateware.bitstream import build_bitstream
    from .gateware.board import BOARDS
    from .gateware.design import check_design
    from .job.stages import Stages
    from .quantized.spw import read

    quantized = read(options.model)
    design = design_of(options)
    check_design(design, quantized.network)
    board = BOARDS[options.board]
    with Stages() as stages, stages.stage(f"Bitstream for {board.title}") as tell:
        bitstream = build_bitstream(
            quantized.network, board=board, design=design, progress=tell
        )
    print(bitstream.path)


def _report(options: argparse.Namespace) -> None:
    from .job.report import show

    show(options.name)


def _resources(options: argparse.Namespace) -> None:
    from .job.resources import resources

    resources(options.core, design=design_of(options))


def _bench_neurons(options: argparse.Namespace) -> None:
    from dataclasses import replace

    from .job.bench_neurons import bench_neurons
    from .network.counting_train import CountingTraining

    config = CountingTraining()
    if options.epochs is not None:
        config = replace(config, real=replace(config.real, epochs=options.epochs))
    bench_neurons(options.neuron, seeds=options.seeds, config=config, pages=options.pages)


def _bench_stochastic(options: argparse.Namespace) -> None:
    from .job.stochastic.bench import bench_stochastic

    bench_stochastic(
        data=options.data, seeds=options.seeds, epochs=options.epochs, pages=options.pages
    )


def _bench_training(options: argparse.Namespace) -> None:
    from .job.bench_training import bench_training

    bench_training(pages=options.pages)


def _pages(options: argparse.Namespace) -> None:
    from .job.pages.pages import pages

    pages(options.neuron)


def _cores(options: argparse.Namespace) -> None:
    from .job.emit import print_cores

    print_cores(plain=options.plain or not sys.stdout.isatty())


def _doctor(options: argparse.Namespace) -> int:
    from .job.doctor import doctor

    return doctor()


def _new_core(options: argparse.Namespace) -> None:
    if options.equations is None:
        from .job.new_core import new_core

        family = "stochastic.arithmetic" if options.family is None else options.family
        files = new_core(options.name, family=family, root=Path.cwd())
        for path in files:
            print(path)
        return

    from .job.neuron_report import report
    from .job.new_neuron import new_neuron, options_named, specification

    with options_named():
        files, compiled = new_neuron(specification(options), root=Path.cwd())
    for path in files:
        print(path)
    print()
    print("\n".join(report(compiled.definition, compiled.specification.format)))


if __name__ == "__main__":
    sys.exit(main())
