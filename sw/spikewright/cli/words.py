"""The words of the command line: arguments of the library as what gave them.

Errors of the library name its arguments: at the beginning of a sentence, ``share is 0; it must be
...``, and further on as a call has them: ``take another by format=``, ``readout='count'``. Here,
and nowhere else, they become options of the command line, or keys of a file of settings.
"""

import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..errors import SpikewrightError

__all__ = ["arguments_checked", "as_options", "command_told", "key_in", "options_named"]

#: Arguments that are an option of another form.
_FORMS = {
    r'\bparameters=\{"(\w+)": "?([^"}]*)"?\}': r"--param \1=\2",
    r'\bunits=\{"(\w+)": "?([^"}]*)"?\}': r"--unit \1=\2",
    r"\bboard\.at\(([\d.]+)\)": r"--clock \1",
    r"\blimit_s=(?=\s)": "--limit",
    r"\bbitstream=False\b": "--no-bitstream",
    r"\bload='(load|flash)'": r"--\1",
    r"\ballow it by allow_saturation=True": "leave out --no-saturation",
    r"\ban argument of training_config\b": "an option, which stands outside of the tables",
}
#: An argument as a call has it, with its value or without.
_CALLED = re.compile(r"""\b(\w+)=('[^']*'|"[^"]*"|[\w.]*\w)?(?=[\s,;.:?]|$)""")
#: One that a sentence begins with, maybe a field of an object: of a wrong argument, and of another
#: error, which may begin with the name of a file, after what cannot be done alone.
_FIRST = re.compile(r"^()([\w.]+)(?:\[\d+\])?(?= is |: )")
_AFTER = re.compile(r"^((?:[a-z]+ )+cannot be [a-z]+: )([\w.]+)(?:\[\d+\])?(?= is |: )")


def key_in(place: str, key: str) -> str:
    """Return what a key of a file of settings is called; ``place`` is the file, or its table."""
    return f"{key} in {place}"


def as_options(message: str, flags: Mapping[str, str]) -> str:
    """Return the message of an error with options in the place of the library's arguments.

    Only the first line is changed, not the equation that may be shown under it.

    Parameters
    ----------
    message : str
    flags : mapping of str to str
        What gives each argument: an option of the command, ``{"ram_style": "--ram-style"}``, or a
        key of a file, as :func:`key_in` calls it.
    """
    sentence, *shown = message.split("\n")
    for argument, option in _FORMS.items():
        sentence = re.sub(argument, option, sentence)
    sentence = _CALLED.sub(
        lambda match: _valued(flags[match[1]], match[2] or "") if match[1] in flags else match[0],
        sentence,
    )
    return "\n".join([_begun(_AFTER, sentence, flags), *shown])


def _valued(word: str, value: str) -> str:
    """Return what gives an argument, with its value."""
    if not word.startswith("--"):
        key, _, place = word.partition(" in ")
        value = "true" if value == "True" else value
        return key_in(place, f"{key} = {value}") if value else word
    if value == "True":
        return word
    return f"{word} {value.replace(chr(39), '')}".strip()


def _begun(pattern: re.Pattern[str], sentence: str, flags: Mapping[str, str]) -> str:
    """Return a sentence that begins with what gives the argument that it begins with."""
    found = pattern.match(sentence)
    if found is None or found[2] not in flags:
        return sentence
    before, word, rest = found[1], flags[found[2]], sentence[found.end():]
    switch = re.match(" is (True|False)(?![^,;])", rest)
    if switch and word.startswith("--"):
        rest = " is given" + rest[switch.end():]
    elif switch:
        rest = switch[0].lower() + rest[switch.end():]
    return f"{before}{word}{rest}"


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
    """Raise a :exc:`ValueError` about an argument as an error about what gave it.

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
        sentence = as_options(_begun(_FIRST, str(error), flags), flags)
        raise SpikewrightError(before + sentence) from error


def command_told() -> str:
    """Return the command line as reports and pages tell it: the data are in a folder ``DIR``."""
    told = shlex.join(["spikewright", *sys.argv[1:]])
    return re.sub(r"(--folder[ =])('[^']*'|\S+)", r"\1DIR", told)
