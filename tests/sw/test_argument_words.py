"""Errors name arguments in the library, and options or keys of a file on the command line."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import spikewright as spw
from spikewright.cli import words

HOUSE = Path(__file__).resolve().parents[2]
CLI = HOUSE / "sw" / "spikewright" / "cli"


def test_errors_of_the_library_name_no_option():
    wrong = []
    for file in sorted((HOUSE / "sw" / "spikewright").rglob("*.py")):
        if CLI in file.parents:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Raise):
                texts = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
                wrong += [
                    f"{file.name}: {text}" for text in texts
                    if isinstance(text, str) and re.search(r"(^|\s)--[a-z]", text)
                ]
    assert not wrong, "; ".join(wrong)


def said_further_on(file: Path) -> Iterator[str]:
    """Return the sentences of a file's errors, without what each begins with."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Raise | ast.Yield):
            for one in ast.walk(node):
                if isinstance(one, ast.JoinedStr):
                    parts = [part for part in one.values if isinstance(part, ast.Constant)]
                    yield "{}".join(str(part.value) for part in parts).partition(" ")[2]
                elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value.partition(" ")[2]


def test_errors_of_a_training_name_arguments_as_a_call_has_them():
    """Then the command line knows them, and names what gave each."""
    names = {*inspect.signature(spw.training_config).parameters}
    several = "|".join(name for name in names if "_" in name)
    bare = re.compile(rf"\b(({several})(?![\w=])|leave ({'|'.join(names)}) out)")
    house = HOUSE / "sw" / "spikewright"
    found = [
        f"{file.name}: {text}" for room in ("network", "coding")
        for file in sorted((house / room).rglob("*.py")) for text in said_further_on(file)
        if bare.search(text)
    ]
    assert not found, "; ".join(found)
    assert bare.search("or leave recompute out") and bare.search("and weight_bits is 4")


def test_advice_names_arguments_as_a_call_has_them():
    """In every room: what is to be left out or set is written as ``name=``."""
    bare = re.compile(r"\bleave (?!it |one |values |the )[a-z]\w* out\b|\bset \w+_\w+$")
    found = [
        f"{file.name}: {text}" for file in sorted((HOUSE / "sw" / "spikewright").rglob("*.py"))
        if CLI not in file.parents for text in said_further_on(file) if bare.search(text)
    ]
    assert not found, "; ".join(found)
    assert bare.search("so leave steps out") and bare.search("or set build_only")


@pytest.mark.parametrize(
    ("library", "command"),
    [
        ("give network= a network for it", "give --network a network for it"),
        ("without a bitstream: bitstream=False.", "without a bitstream: --no-bitstream."),
        ("choose another by ram_style=, or", "choose another by --ram-style, or"),
        ("take name= of it", "take name= of it"),  # no option of the command
        ("bad; take ram_style='block', or", "bad; take --ram-style block, or"),
        ("it does not go with network=True; leave", "it does not go with --network; leave"),
        ("it cannot be built: ram_style is 3", "it cannot be built: --ram-style is 3"),
        ("network is the name of a file, too", "network is the name of a file, too"),
        ("leave from_file= out", "leave from-file in a.toml out"),
        ("no from_file=True, or", "no from-file = true in a.toml, or"),
        ("no from_file='X'.", "no from-file = 'X' in a.toml."),
        ("wrong\n    a ram_style= b", "wrong\n    a ram_style= b"),  # what the user wrote
    ],
)
def test_an_argument_becomes_an_option(library, command):
    flags = {"ram_style": "--ram-style", "network": "--network",
             "from_file": words.key_in("a.toml", "from-file")}
    assert words.as_options(library, flags) == command


@pytest.mark.parametrize(
    ("library", "command"),
    [
        ("ram_style is 'x'; there are", "--ram-style is 'x'; there are"),
        ("network[0] is 0; it must", "--network is 0; it must"),
        ("network: bad", "--network: bad"),
        ("other is 0", "other is 0"),
        ("network is True, but", "--network is given, but"),
        ("from_file is True, but", "from-file in a.toml is true, but"),
        ("object.from_file is 0; it", "other in [object] of a.toml is 0; it"),
    ],
)
def test_a_wrong_argument_becomes_an_error_of_its_option(library, command):
    flags = {"ram_style": "--ram-style", "network": "--network",
             "from_file": words.key_in("a.toml", "from-file"),
             "object.from_file": words.key_in("[object] of a.toml", "other")}
    with pytest.raises(spw.SpikewrightError) as caught, words.arguments_checked(flags):
        raise ValueError(library)
    assert str(caught.value) == command
