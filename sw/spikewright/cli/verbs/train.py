"""``spikewright train``: from a task to a network file."""

import argparse

import spikewright as spw

from ...files import check_writable
from ...started import is_first
from ..config_file import fields_of, settings_beside, write_config
from ..options import (
    add_streams_options,
    one_or_more,
    path,
    seed,
    streams_of,
    widths,
)
from ..task_options import (
    RETRAINED,
    add_network_options,
    add_task_options,
    config_of,
    task_of,
    trained,
)
from ..words import arguments_checked

__all__ = ["add"]

#: What is said before a wrong argument.
_CANNOT = "this network cannot be trained: "


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser("train", help="train and quantise a network into a .spw file")
    verb.add_argument("output", type=path, metavar="FILE", help="the .spw file to write")
    add_task_options(verb)
    add_network_options(verb, file=True)
    verb.add_argument("--seed", type=seed, default=0, metavar="N", help="seed (%(default)s)")
    verb.add_argument("--neuron", metavar="NAME", help="neuron of the hidden layers (lif)")
    verb.add_argument(
        "--weight-bits", type=widths, metavar="BITS[-BITS...]",
        help="2 to 8, of all layers or of each: 8-4 (4)",
    )
    verb.add_argument(
        "--membrane", metavar="Qm.n[-Qm.n...]",
        help="format of the membranes, of all layers or of each: Q12.4-Q8.4 (Q8.4)",
    )
    verb.add_argument(
        "--inputs-kept", type=one_or_more, metavar="N",
        help="train twice: the second time with the N inputs alone that do most in the first "
        "network (all)",
    )
    _add_files(verb.add_argument_group("files"))
    add_streams_options(verb.add_argument_group(
        "for the stochastic engine",
        "With one of these, the network is trained on bitstreams, with the errors that they have.",
    ))
    verb.set_defaults(verb=train, command="train")


def _add_files(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--config", type=path, metavar="FILE",
        help="options as TOML, and fields of the training in a table [training]; options beside it "
        "win (docs/training.md). What was trained is written so beside the network",
    )
    add(
        "--checkpoint", type=path, metavar="FILE",
        help="where the training stands, after each epoch; it goes on from a file that is there",
    )
    add(
        "--log", type=path, metavar="FILE", help="a table of the epochs, as CSV; "
        "or NAME.tfevents, for TensorBoard",
    )


def train(options: argparse.Namespace) -> None:
    """Train a network and write its file."""
    from ...job.progress import JobProgress, duration

    written = [options.checkpoint, options.log]
    for file in (options.output, *(one for one in written if one is not None)):
        check_writable(file)
    task = task_of(options) or spw.load_task("digits")
    fields = fields_of(options)
    with arguments_checked(options.flags, before=_CANNOT):
        config = spw.with_fields(_config(task, options), fields)
    files = {"seed": options.seed, "checkpoint": options.checkpoint, "log": options.log}
    if not is_first():
        spw.train(task, config, **files)
        return
    with JobProgress() as progress, progress.part(f"Training, seed {options.seed}") as tell:
        def told(at: spw.Progress) -> None:
            tell(f"{at.phase}, epoch {at.epoch} of {at.epochs}, about {duration(at.left)} left")

        if options.inputs_kept is not None:
            with arguments_checked(options.flags, before=_CANNOT):
                config = spw.select_inputs(
                    task, config, inputs_kept=options.inputs_kept, seed=options.seed,
                    progress=told,
                )
        network = spw.train(task, config, **files, progress=told)
        spw.write(options.output, network)
        options.device = network.provenance.training["device"]  # of auto, what it was
        if "device" in fields:
            fields = {**fields, "device": options.device}
        write_config(settings_beside(options.output), options, fields)
    spw.print_layers(network)
    real, integer = network.provenance.scores
    computed = "in integers" if config.streams is None else "on the bitstreams"
    print(
        f"{options.output}: {real} in real numbers before "
        f"quantisation, {integer} {computed}, on the test split"
    )


def _config(task: "spw.Task", options: argparse.Namespace) -> "spw.TrainingConfig":
    """Return how the task is trained: by default, with what the options change of the network.

    A network that is trained already is trained on.
    """
    if trained(options):
        quantized = spw.read(options.network)
        given = {name: getattr(options, name) for name in RETRAINED if name in options.given}
        bits = tuple(layer.weight_bits for layer in quantized.network.layers)
        with arguments_checked(options.flags, before=_CANNOT):
            return spw.retraining_config(
                task, spw.in_reals(quantized.network), coding=quantized.coding,
                **{"weight_bits": bits, **given},
            )
    given = {name: getattr(options, name) for name in ("neuron", "weight_bits", "membrane")
             if name in options.given}
    with arguments_checked(options.flags, before=_CANNOT):
        given["streams"] = streams_of(options)
    return config_of(options, task, **given)
