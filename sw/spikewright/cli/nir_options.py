"""Options of what NIR leaves open."""

import argparse

import spikewright as spw

from .words import arguments_checked

__all__ = ["add_nir_options", "network_of"]


def add_nir_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what a NIR file does not."""
    group = parser.add_argument_group("what NIR does not say")
    add = group.add_argument
    add(
        "--dt", type=float, metavar="TIME",
        help="length of a step, in the unit of the file's time constants; 0.0001 of snnTorch",
    )
    add(
        "--current", metavar="NAME",
        help="synaptic current that the membrane of CubaLI and CubaLIF takes: old, of the step "
        "before, or new, the one just computed (snnTorch)",
    )
    add(
        "--readout", metavar="NAME",
        help="how the answer is read: count or first (spikes), last or maximum (membrane)",
    )
    add(
        "--inputs", type=axes, metavar="CxHxW",
        help="axes of the inputs, such as 2x34x34, where the file says none, or only how many",
    )


def axes(text: str) -> tuple[int, ...]:
    """Read axes of inputs, such as 2x34x34."""
    numbers = text.split("x")
    if not all(one.isdecimal() and len(one) < 100 for one in numbers):
        raise argparse.ArgumentTypeError(
            f"{text[:100]!r} is no shape of inputs, such as 64, 2x128 or 2x34x34"
        )
    return tuple(map(int, numbers))


def network_of(options: argparse.Namespace, *, steps: int) -> "spw.RealNetwork":
    """Return the network of a NIR file."""
    with arguments_checked(options.flags):
        return spw.from_nir(
            options.source, steps=steps, dt=options.dt, current=options.current,
            readout=options.readout, inputs=options.inputs,
        )
