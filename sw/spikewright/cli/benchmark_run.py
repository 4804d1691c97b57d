"""Run a benchmark whose settings are options of a command."""

import argparse
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import spikewright as spw

from .words import arguments_checked, command_told

__all__ = ["run_from_options"]


def run_from_options(
    options: argparse.Namespace, kind: type["spw.Benchmark"], *,
    named: Mapping[str, str] | None = None, **settings: Any,
) -> None:
    """Run a benchmark, and print and write what comes of it.

    Parameters
    ----------
    options : argparse.Namespace
        A setting is the option of its name, or its default where that is None.
    kind : type
        Of the benchmark, a dataclass.
    named : mapping of str to str, optional
        Options of another name, by setting.
    **settings
        Settings that are no option's value as it is.
    """
    named = {} if named is None else named
    given = {
        one.name: vars(options).get(named.get(one.name, one.name)) for one in fields(kind)
    } | settings
    flags = {**options.flags, **{one: options.flags[name] for one, name in named.items()}}
    with arguments_checked(flags):
        benchmark = kind(**{one: value for one, value in given.items() if value is not None})
        spw.run_benchmark(benchmark, command=command_told(), pages=options.pages)
