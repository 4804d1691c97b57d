"""``spikewright convert``: a trained network of values to a network file of spikes."""

import argparse

import spikewright as spw

from ...files import check_writable
from ...terminal import console
from ..options import count, path, widths
from ..task_options import add_task_options, task_of
from ..words import arguments_checked

__all__ = ["add"]


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "convert", help="convert a trained network of rectified units into a .spw file of spikes"
    )
    verb.add_argument(
        "source", type=path, metavar="FILE",
        help="a .py file that defines module(), which returns the trained module (docs/convert.md)",
    )
    verb.add_argument("output", type=path, metavar="OUT", help="the .spw file to write")
    add_task_options(verb)
    add = verb.add_argument_group("the spikes").add_argument
    add("--steps", type=count, default=8, metavar="N", help="time steps (%(default)s)")
    add("--input-bits", type=count, metavar="BITS", help="of each value, 2 to 8 (4)")
    add(
        "--percentile", type=float, default=99.9, metavar="PERCENT",
        help="of the activations below a threshold; 100 for their maximum (%(default)s)",
    )
    add = verb.add_argument_group("the integers").add_argument
    add(
        "--weight-bits", type=widths, default=6, metavar="BITS[-BITS...]",
        help="2 to 8, of all layers or of each: 8-4 (%(default)s)",
    )
    add("--membrane", metavar="Qm.n", help="format of the membranes (by what the samples reach)")
    verb.set_defaults(verb=convert, command="convert")


def convert(options: argparse.Namespace) -> None:
    """Convert a network, quantise it, write its file and print both reports."""
    check_writable(options.output)
    task = task_of(options) or spw.load_task("digits")
    with arguments_checked(options.flags):
        coding = spw.coding_of(
            task, name="direct", steps=options.steps, input_bits=options.input_bits
        )
        membrane = None if options.membrane is None else spw.Format.parse(options.membrane)
        chosen = spw.PostTraining(weight_bits=options.weight_bits, membrane=membrane)
        module = spw.load_module(options.source)
        converted = spw.convert(
            module, spw.module_samples(module, task), steps=coding.steps,
            percentile=options.percentile,
        )
        quantized, report = spw.quantize_on_task(
            converted.network, task, coding=coding, options=chosen, source=str(options.source)
        )
    spw.write(options.output, quantized)
    console().print(converted)
    console().print(report)
    real, integer = quantized.provenance.scores
    print(f"{options.output}: {real} in real numbers, {integer} in integers, on the test split")
