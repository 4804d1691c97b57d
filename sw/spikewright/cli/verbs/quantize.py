"""``spikewright quantize``: a network in NIR to a network file, without training."""

import argparse

import spikewright as spw

from ...files import check_writable
from ...terminal import console
from ..nir_options import add_nir_options, network_of
from ..options import path, widths
from ..task_options import add_coding_options, add_task_options, task_of
from ..words import arguments_checked

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "quantize", help="quantise a network in NIR into a .spw file, without training"
    )
    verb.add_argument("source", type=path, metavar="FILE", help="the .nir file")
    verb.add_argument("output", type=path, metavar="OUT", help="the .spw file to write")
    add_nir_options(verb)
    add_task_options(verb)
    add_coding_options(verb.add_argument_group("its input"))
    add = verb.add_argument_group("the integers").add_argument
    add(
        "--weight-bits", type=widths, default=6, metavar="BITS[-BITS...]",
        help="2 to 8, of all layers or of each: 8-4 (%(default)s)",
    )
    add(
        "--percentile", type=float, metavar="PERCENT",
        help="of the weights that are not clipped (default: the least squared error decides)",
    )
    add("--membrane", metavar="Qm.n", help="format of the membranes (by what the samples reach)")
    add(
        "--no-saturation", action="store_true",
        help="refuse a network with a state that can end at its format, for any input",
    )
    verb.set_defaults(verb=quantize, command="quantize")


def quantize(options: argparse.Namespace) -> None:
    """Quantise a network, write its file and print the report."""
    check_writable(options.output)
    chosen = _options(options)
    task = task_of(options) or spw.load_task("digits")
    with arguments_checked({**options.flags, "name": "--coding"}):
        coding = spw.coding_of(
            task, name=options.coding, steps=options.steps, input_bits=options.input_bits,
            silent=options.silent,
        )
    network = network_of(options, steps=coding.steps)
    with arguments_checked(options.flags):
        quantized, report = spw.quantize_on_task(
            network, task, coding=coding, options=chosen, source=str(options.source),
            allow_saturation=not options.no_saturation,
        )
    spw.write(options.output, quantized)
    console().print(report)
    print(f"coding of the samples: {coding.describe()}")
    real, integer = quantized.provenance.scores
    print(
        f"{options.output}: {real} in real numbers, "
        f"{integer} in integers, on the test split"
    )


def _options(options: argparse.Namespace) -> "spw.PostTraining":
    with arguments_checked(options.flags):
        by = {} if options.percentile is None else {
            "method": "percentile", "percentile": options.percentile
        }
        membrane = None if options.membrane is None else spw.Format.parse(options.membrane)
        return spw.PostTraining(weight_bits=options.weight_bits, membrane=membrane, **by)
