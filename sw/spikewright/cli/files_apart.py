"""Files of one command: none is written that the command reads, or writes for something else."""

import os
from argparse import Namespace
from itertools import product
from pathlib import Path

from ..errors import SpikewrightError
from .config_file import settings_beside

__all__ = ["check_files"]

#: Arguments that name files: those that are written, and those that are read.
_WRITTEN = ("output", "checkpoint", "log", "inputs")
_READ = ("file", "source", "model", "network", "data", "config")
#: What those without an option are.
_NAMES = {"output": "the file to write"}


def check_files(options: Namespace) -> None:
    """Raise :exc:`~spikewright.errors.SpikewrightError` if a file would be lost to another one."""
    written, read = _named(options, _WRITTEN), _named(options, _READ)
    pairs = [(one, other) for number, one in enumerate(written) for other in written[:number]]
    pairs += product(read, written)
    if options.command == "train":
        beside = ("the file of settings beside the network", settings_beside(options.output))
        kept = [one for one in (*read, *written) if one[0] != "--config"]
        pairs += product(kept, [beside])
    for (one, path), (other, its) in pairs:
        if os.path.realpath(path) == os.path.realpath(its):
            raise SpikewrightError(
                f"{path} is named as {one} and is {other}, too, and would be overwritten; name "
                "another file"
            )


def _named(options: Namespace, names: tuple[str, ...]) -> list[tuple[str, Path]]:
    """Return the files among some arguments, each with what it is called."""
    values = ((name, getattr(options, name, None)) for name in names)
    return [
        (options.flags.get(name, _NAMES.get(name, "the file to read")), value)
        for name, value in values if isinstance(value, Path)
    ]
