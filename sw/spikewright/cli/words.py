"""The words of the command line: arguments of the library as the options that give them.

Errors of the library name its arguments: ``take another format by format=``, or ``share is 0; it
must be ...``. Here, and nowhere else, they become options.
"""

import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..errors import SpikewrightError

__all__ = ["arguments_checked", "as_options", "command_told", "options_named"]

#: Arguments with a value that is an option of another form.
_FORMS = {
    r'\bparameters=\{"(\w+)": "?([^"}]*)"?\}': r"--param \1=\2",
    r'\bunits=\{"(\w+)": "?([^"}]*)"?\}': r"--unit \1=\2",
    r"\bboard\.at\(([\d.]+)\)": r"--clock \1",
    r"\bshare=(\d+)": r"--share \1",
    r"\bboard='([\w-]+)'": r"--board \1",
    r"\b(commands|weights)='(\w+)'": r"--\1 \2",
    r"\blimit_s=(?=\s)": "--limit",
    r"\breadout=True\b": "--readout",
    r"\bbitstream=False\b": "--no-bitstream",
    r"\bplan=True\b": "--plan",
    r"\bload='(load|flash)'": r"--\1",
    r"\ballow it by allow_saturation=True": "leave out --no-saturation",
    r"\b(readout|current)='(\w+)'": r"--\1 \2",
    r'\b(threshold|reset)=(?=")': r"--\1 ",
}


def as_options(message: str, flags: Mapping[str, str]) -> str:
    """Return the message of an error with options in the place of the library's arguments.

    Only the first line is changed, not the equation that may be shown under it.

    Parameters
    ----------
    message : str
    flags : mapping of str to str
        The options of the command, by argument: ``{"ram_style": "--ram-style"}``.
    """
    sentence, *shown = message.split("\n")
    for argument, option in _FORMS.items():
        sentence = re.sub(argument, option, sentence)
    sentence = re.sub(
        r"\b(\w+)=(?=[\s,;.]|$)", lambda match: flags.get(match[1], match[0]), sentence
    )
    return "\n".join([sentence, *shown])


@contextmanager
def options_named(flags: Mapping[str, str]) -> Iterator[None]:
    """Raise errors of the library again, with options in the place of its arguments."""
    try:
        yield
    except SpikewrightError as error:
        error.args = (as_options(str(error), flags),)
        raise


@contextmanager
def arguments_checked(flags: Mapping[str, str], *, before: str = "") -> Iterator[None]:
    """Raise a :exc:`ValueError` about an argument as an error about the option that gave it.

    Parameters
    ----------
    flags : mapping of str to str
        As for :func:`as_options`.
    before : str
        What is said before the sentence.
    """
    try:
        yield
    except ValueError as error:
        sentence = re.sub(
            r"^(\w+)(\[\d+\])?(?= is |: )", lambda match: flags.get(match[1], match[0]),
            str(error),
        )
        raise SpikewrightError(before + as_options(sentence, flags)) from error


def command_told() -> str:
    """Return the command line as reports and pages tell it: the data are in a folder ``DIR``."""
    told = shlex.join(["spikewright", *sys.argv[1:]])
    return re.sub(r"(--folder[ =])('[^']*'|\S+)", r"\1DIR", told)
