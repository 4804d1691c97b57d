"""The options of a neuron that is given by its equations, read."""

from argparse import Namespace
from collections.abc import Sequence

import spikewright as spw
from spikewright_hw.layer import MEMBRANE_BITS

from ..errors import SpikewrightError

__all__ = ["specification"]


def specification(options: Namespace) -> spw.Specification:
    """Return the neuron of a command line; :exc:`SpikewrightError` for a malformed option."""
    given = {
        "dt": options.dt,
        "format": None if options.format is None else _format(options.format),
    }
    return spw.Specification(
        name=options.name,
        equations=options.equations,
        threshold=options.threshold,
        reset=options.reset,
        parameters=_pairs("--param", options.param),
        units=_pairs("--unit", options.unit),
        start=_pairs("--start", options.start),
        refractory=options.refractory,
        readout=options.readout,
        method=options.method,
        **{name: value for name, value in given.items() if value is not None},
    )


def _format(text: str) -> spw.Format:
    try:
        format = spw.Format.parse(text)
    except ValueError as error:
        raise SpikewrightError(f"--format: {error}") from None
    if format.width > MEMBRANE_BITS:
        raise SpikewrightError(
            f"--format: {format} has {format.width} bits; a membrane has at most {MEMBRANE_BITS}"
        )
    return format


def _pairs(option: str, given: Sequence[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise SpikewrightError(f"{option} {text}: write it as {option} NAME=VALUE")
        if name in pairs:
            raise SpikewrightError(f"{option} gives {name} twice; leave one of the two out")
        pairs[name] = value
    return pairs
