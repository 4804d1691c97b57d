"""Which options apply to what: an option that would be ignored is refused."""

import argparse
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ..errors import SpikewrightError
from .options import HIGHEST, path
from .task_options import NETWORK_OPTIONS, RETRAINED

__all__ = ["RULES", "SEEDED_TABLES", "SEEDED_TASKS", "Rule", "check_options", "parsed"]

#: Tables of `bench training` that are compared over seeds, and the tasks, of images.
SEEDED_TABLES = (
    "surrogates", "losses", "cells", "normalisations", "delays", "encoders", "conversion",
    "networks", "frameworks",
)
SEEDED_TASKS = ("digits", "mnist", "fashion_mnist", "cifar10")

#: Options of bitstreams, of a training, of the engines, and of a neuron given by its equations.
_STREAMS = ("length", "source", "encoding")
_STOCHASTIC = (*_STREAMS, "lanes")
_TRAINED = ("seed", *NETWORK_OPTIONS)
_ENGINE = ("engine", "share", "banks", "fold", "block_bits", "weights", "ram_style", *_STOCHASTIC)
_NEURON = (
    "threshold", "reset", "readout", "dt", "param", "unit", "start", "refractory", "method",
    "format",
)


@dataclass(frozen=True)
class Rule:
    """Options that do not apply to what was asked for.

    Parameters
    ----------
    verbs : tuple of str
        The commands that it is about.
    options : tuple of str
        Those that do not apply.
    when : callable
        Takes the parsed options; says whether the rule holds of them.
    because : str
        What the option does not apply to, and what to do.
    """

    verbs: tuple[str, ...]
    options: tuple[str, ...]
    when: Callable[[Namespace], bool]
    because: str


def _network(options: Namespace) -> bool:
    cores = options.core if isinstance(options.core, list) else [options.core]
    return any(core is not None and core.endswith(".spw") for core in cores)


RULES = (
    Rule(
        ("emit",), ("preset",), _network,
        "a network, which has no presets; leave it out",
    ),
    Rule(
        ("emit",), ("preset",), lambda options: options.all,
        "--all, which is every preset of every core; leave one of the two out",
    ),
    Rule(
        ("emit",), ("bus", *_ENGINE), lambda options: options.all,
        "--all, which is every registered core; leave it out, or give a .spw file in the place of "
        "--all",
    ),
    Rule(
        ("emit",), ("bus",), lambda options: not _network(options),
        "registered cores, but to the engine of a network; leave it out, or give a .spw file",
    ),
    Rule(
        ("emit", "resources"), _ENGINE, lambda options: not _network(options),
        "registered cores, but to the engine of a network; leave it out, or give a .spw file",
    ),
    Rule(
        ("run", "build", "board", "emit", "resources"), _STOCHASTIC,
        lambda options: options.engine == "event",
        "the event engine; give --engine stochastic, too, or leave it out",
    ),
    Rule(
        ("run", "build", "board", "emit", "resources"), ("banks",),
        lambda options: options.engine == "stochastic",
        "the stochastic engine, whose rows are read by lanes; give --lanes, or leave it out",
    ),
    Rule(
        ("run", "build", "board", "emit", "resources"), ("fold", "block_bits"),
        lambda options: options.engine == "stochastic",
        "the stochastic engine, which reads whole rows; leave it out",
    ),
    Rule(
        ("run", "build", "board", "emit", "resources"), ("weights",),
        lambda options: options.engine == "stochastic",
        "the stochastic engine, whose weights are built in; leave it out",
    ),
    Rule(
        ("run", "build"), ("share", "banks", "fold", "block_bits"), lambda options: options.fit,
        "--fit, which searches it; leave one of the two out",
    ),
    Rule(
        ("run", "build"), ("fit",), lambda options: options.engine == "stochastic",
        "the stochastic engine; compare its designs by `spikewright explore`, or leave it out",
    ),
    Rule(
        ("board",), ("commands",), lambda options: options.port is not None,
        "--port, where the board itself says which commands it has; leave it out",
    ),
    Rule(
        ("check",), ("inputs", "no_saturation"), lambda options: options.certificate is not None,
        "--certificate, which is checked alone; leave one of the two out",
    ),
    Rule(
        ("estimate",), ("share", "banks", "fold"), lambda options: options.fit,
        "--fit, which searches it; leave one of the two out",
    ),
    Rule(
        ("build",), ("network", *_TRAINED),
        lambda options: options.file is not None,
        "FILE, a network that is trained already; leave one of the two out",
    ),
    Rule(
        ("run", "build"), _TRAINED,
        lambda options: isinstance(options.network, Path),
        "--network FILE, a network that is trained already; leave one of the two out",
    ),
    Rule(
        ("report",), ("task", "data", "engine"), lambda options: options.name is not None,
        "NAME, which names a report already; leave one of the two out",
    ),
    Rule(
        ("report",), ("engine",), lambda options: options.task is None and options.data is None,
        "the list of all reports; name a task by --task or --data, or leave it out",
    ),
    Rule(
        ("train",),
        tuple(
            name for name in (*NETWORK_OPTIONS, "neuron", "inputs_kept", *_STREAMS)
            if name not in RETRAINED
        ),
        lambda options: isinstance(options.network, Path),
        "--network FILE, which is trained on as it is; leave one of the two out",
    ),
    Rule(
        ("run", "build", "train", "quantize"), ("input_bits",),
        lambda options: options.coding not in ("direct", "filter_bank"),
        "codings that make spikes; give --coding direct or filter_bank, too, or leave it out",
    ),
    Rule(
        ("run", "build", "train", "quantize"), ("silent",),
        lambda options: options.coding not in (None, "ttfs", "log_latency"),
        "codings but ttfs and log_latency; give one of them by --coding, or leave it out",
    ),
    Rule(
        ("bench training",), ("task", "folder", "seeds", "row"),
        lambda options: options.table not in SEEDED_TABLES,
        f"this table, but to {', '.join(SEEDED_TABLES)}; name one of them by --table, or leave it "
        "out",
    ),
    Rule(
        ("run", "build", "train", "quantize", "convert", "explore", "report", "estimate",
         "bench boards"),
        ("task", "folder"),
        lambda options: options.data is not None,
        "--data, a task of your own; leave one of the two out",
    ),
    Rule(
        ("run", "build", "train", "quantize", "convert", "explore", "estimate", "bench training",
         "bench boards"),
        ("folder",),
        lambda options: options.task in (None, "digits"),
        "the digits, which come with scikit-learn; name another task by --task, or leave it out",
    ),
    Rule(
        ("run",), ("port", "rate", "samples"), lambda options: options.build_only,
        "--build-only, which runs nothing on a board; leave one of the two out",
    ),
    Rule(
        ("run",), ("no_bitstream",), lambda options: options.build_only,
        "--build-only, which builds a bitstream and nothing else; leave one of the two out",
    ),
    Rule(
        ("run",), ("load",),
        lambda options: options.port == "virtual" and not options.build_only,
        "the virtual board, into which nothing is loaded; give --port or --build-only, too, or "
        "leave it out",
    ),
    Rule(
        ("run",), ("probe",), lambda options: options.build_only,
        "--build-only, which runs no board; leave one of the two out",
    ),
    Rule(
        ("run",), ("probe",),
        lambda options: options.port == "virtual" and options.probe != ["none"],
        "the virtual board, which takes no power; give --port, too, or leave it out",
    ),
    Rule(
        ("run",), ("load",), lambda options: options.no_bitstream,
        "--no-bitstream, which builds nothing to load; leave one of the two out",
    ),
    Rule(
        ("build",), ("load", "limit", "placements"), lambda options: options.plan,
        "--plan, which runs no tool; leave one of the two out",
    ),
    Rule(
        ("run",), ("limit",), lambda options: options.no_bitstream,
        "--no-bitstream, which places and routes nothing; leave one of the two out",
    ),
    Rule(
        ("run",), ("no_bitstream",), lambda options: options.clock == HIGHEST,
        "--clock highest, which is found by building the bitstream; leave one of the two out",
    ),
    Rule(
        ("build",), ("plan", "demo", "placements"), lambda options: options.clock == HIGHEST,
        "--clock highest, which is found by building the bitstream; leave one of the two out",
    ),
    Rule(
        ("run",), ("clock",), lambda options: options.no_bitstream and options.port != "virtual",
        "--port with --no-bitstream: the clock of that board is set already; leave it out",
    ),
    Rule(
        ("board",), ("rate",),
        lambda options: not (
            options.status or options.self_test or options.reset or options.probe
        ),
        "a board that is left running, of which whoever opens it chooses the rate, nor to --demo "
        "and --memories; give --status, --self-test, --reset or --probe, too, or leave it out",
    ),
    Rule(
        ("board",), ("port",),
        lambda options: not (
            options.status or options.self_test or options.reset or options.demo is not None
            or options.memories or options.probe or options.pipe
        ),
        "a board that is left running; give --status, --self-test, --reset or --probe, too, or "
        "--virtual instead",
    ),
    Rule(
        ("board",), ("flip", "flips", "memories"), lambda options: options.port is not None,
        "a board that is there, whose memories nobody reaches; give --virtual, or leave it out",
    ),
    Rule(
        ("board",), ("board",), lambda options: options.port is None,
        "a virtual board, which --virtual names; leave it out",
    ),
    Rule(
        ("board",), ("pipe",), lambda options: options.port is not None,
        "--port, which any program opens itself; give --virtual instead",
    ),
    Rule(
        ("board",), ("demo", "memories"), lambda options: bool(options.flip or options.flips),
        "bits that are flipped, by --flip or --flips; leave one of the two out",
    ),
    Rule(
        ("board",), ("weights",),
        lambda options: bool(options.flip or options.flips) and options.weights == "loaded",
        "bits that are flipped, by --flip or --flips: whoever opens the board stores its weights "
        "anew; flip them in Python after that, or leave it out",
    ),
    Rule(
        ("board",), ("seed",), lambda options: not options.flips,
        "bits that are not drawn; give --flips, too, or leave it out",
    ),
    Rule(
        ("board",), ("demo",), lambda options: options.port is not None,
        "--port: the samples of a real board are in its bitstream, which spikewright build --demo "
        "makes; give --virtual instead",
    ),
    Rule(
        ("board",), ("task", "folder", "data"),
        lambda options: options.demo is None and not options.probe,
        "a board that is sent its samples; give --demo or --probe, too, or leave it out",
    ),
    Rule(
        ("board",), ("task", "folder"),
        lambda options: options.data is not None,
        "--data, a task of your own; leave one of the two out",
    ),
    Rule(
        ("board",), ("folder",),
        lambda options: options.task in (None, "digits"),
        "the digits, which come with scikit-learn; name another task by --task, or leave it out",
    ),
    Rule(
        ("board",), ("clock",), lambda options: options.port is not None,
        "--port: the clock of that board is set already; leave it out",
    ),
    Rule(
        ("run",), ("seed",), lambda options: options.build_only and len(options.seed or ()) > 1,
        "--build-only more than once, for the first seed alone is built; give one seed",
    ),
    Rule(
        ("explore",), ("draw_seed",), lambda options: options.draws is None,
        "a whole grid, which has no random points; give --draws, too, or leave it out",
    ),
    Rule(
        ("explore",), ("samples",), lambda options: options.until == "accuracy",
        "--until accuracy, which runs nothing on a board; leave one of the two out",
    ),
    Rule(
        ("explore",), ("limit",), lambda options: options.until != "bitstream",
        "points that are not placed and routed; give --until bitstream, too, or leave it out",
    ),
    Rule(
        ("explore",), ("workers",), lambda options: options.scheduler,
        "--scheduler, whose cluster has its own workers; leave one of the two out",
    ),
    Rule(
        ("bench boards",), ("limit",), lambda options: not options.place,
        "boards that are simulated alone; give --place, too, or leave it out",
    ),
    Rule(
        ("bench heartbeats",), ("on_board", "place"), lambda options: options.held_out,
        "--held-out, whose networks are not put on a board; leave one of the two out",
    ),
    Rule(
        ("neurobench qubo",), ("nodes",), lambda options: options.graph is not None,
        "--graph, a graph of your own; leave one of the two out",
    ),
    Rule(
        ("neurobench qubo",), ("density", "graph_seed"), lambda options: options.nodes is None,
        "graphs but those of --nodes; give it, too, or leave it out",
    ),
    Rule(
        ("neurobench qubo",), ("clock",), lambda options: options.place,
        "--place, which says the clock; leave one of the two out",
    ),
    Rule(
        ("neurobench qubo",), ("board",),
        lambda options: options.graph is None and options.nodes is None and not options.build,
        "the workloads of the benchmark, which are simulated; give --graph or --nodes, too, or "
        "leave it out",
    ),
    Rule(
        ("neurobench qubo",),
        ("graph", "nodes", "seed", "runs", "timeout", "place", "port", "pages", "host",
         "largest"),
        lambda options: options.build,
        "--build, which makes a bitstream and ends; leave it out",
    ),
    Rule(
        ("neurobench qubo",), ("build",), lambda options: options.board in (None, "virtual"),
        "anything but a real board; name that by --board, or leave it out",
    ),
    Rule(
        ("neurobench qubo",), ("port",), lambda options: options.board in (None, "virtual"),
        "anything but a real board; name that by --board, or leave it out",
    ),
    Rule(
        ("neurobench cart-pole",), ("port",),
        lambda options: options.board in ("none", "virtual"),
        "anything but a real board; name that by --board, or leave it out",
    ),
    Rule(
        ("neurobench primate-reaching",), ("recording", "folder"),
        lambda options: options.synthetic,
        "--synthetic, whose recordings are made; leave one of the two out",
    ),
    Rule(
        ("neurobench qubo",), ("capacity", "lanes", "clock", "place"),
        lambda options: options.board not in (None, "virtual") and not options.build,
        "a real board, which says its size and clock itself; leave it out",
    ),
    Rule(
        ("neurobench qubo",), ("runs", "pages", "host", "largest"),
        lambda options: options.graph is not None or options.nodes is not None,
        "a single graph; leave it out, or take another --seed for another run",
    ),
    Rule(
        ("new-core",), _NEURON, lambda options: options.equations is None,
        "a core that is not given by --equations; give them, or leave it out",
    ),
    Rule(
        ("new-core",), ("family",), lambda options: options.equations is not None,
        "a neuron, whose family is neuron; leave it out",
    ),
    Rule(
        ("new-core",), ("threshold", "reset", "refractory"), lambda options: options.readout,
        "a readout, which never spikes; leave one of the two out",
    ),
    Rule(
        ("bench training",), ("folds", "epochs"), lambda options: options.table == "speed",
        "--table speed, which trains nothing to its end; leave one of the two out",
    ),
    Rule(
        ("bench training",), ("folds",), lambda options: options.table in SEEDED_TABLES,
        "tables over seeds, which are tested on the test part; leave it out",
    ),
    Rule(
        ("bench neurons",), ("pages",), lambda options: options.neuron is not None,
        "a single neuron, for the page shows all; leave one of the two out",
    ),
)


def parsed(parser: ArgumentParser, arguments: Sequence[str]) -> Namespace:
    """Parse a command line.

    ``given`` of the result are the names of the options that stand on it, ``flags`` by name what
    each option of the command is called, ``switches`` the names of those without a value, and
    ``texts`` of those whose value is a text. The parser is asked twice: with its defaults and
    without.
    """
    options = parser.parse_args(arguments)
    with ExitStack() as restored:
        _leave_out_defaults(parser, restored)
        options.given = frozenset(vars(parser.parse_args(arguments)))
    actions = _actions(parser, options.command)
    options.flags = {action.dest: action.option_strings[-1] for action in reversed(actions)}
    options.switches = frozenset(action.dest for action in actions if action.nargs == 0)
    options.texts = frozenset(
        action.dest for action in actions if action.nargs != 0 and action.type in (None, path)
    )
    return options


def _actions(parser: ArgumentParser, command: str) -> list[argparse.Action]:
    """Return the options of a command."""
    for word in command.split():
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parser = action.choices[word]
    return [action for action in parser._actions if action.option_strings]


def _leave_out_defaults(parser: ArgumentParser, restored: ExitStack) -> None:
    """Take away the defaults of a parser and of all below it, until the stack is closed."""
    restored.callback(parser._defaults.update, dict(parser._defaults))
    parser._defaults.clear()
    for action in parser._actions:
        restored.callback(setattr, action, "default", action.default)
        action.default = argparse.SUPPRESS
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                _leave_out_defaults(below, restored)


def check_options(options: Namespace) -> None:
    """Raise :exc:`~spikewright.errors.SpikewrightError` for an option that would be ignored.

    Parameters
    ----------
    options : argparse.Namespace
        What :func:`parsed` made; its ``command`` is the verb, or the verb and the bench.
    """
    for rule in RULES:
        if options.command not in rule.verbs:
            continue
        for name in rule.options:
            if name in options.given and rule.when(options):
                raise SpikewrightError(f"{options.flags[name]} does not apply to {rule.because}")
