"""A file of settings: the options of a command as TOML, read, and written beside its result."""

import json
import tomllib
from argparse import Namespace
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any

import spikewright as spw

from ..errors import SpikewrightError
from ..files import write_text
from .words import key_in

__all__ = ["fields_of", "named", "settings_beside", "told_by", "with_config", "write_config"]

#: Name of the table with fields of the training's config; all else are options.
TABLE = "training"
#: Options that say nothing of what is trained.
_NOT_REPEATED = ("config", "output", "checkpoint", "log")
#: Options whose value may be a list, one for each layer.
_OF_LAYERS = ("network", "weight_bits", "membrane")


def with_config(arguments: Sequence[str], options: Namespace) -> list[str]:
    """Return a command line with the options of its ``--config`` before its own, which win.

    Raises
    ------
    SpikewrightError
        The file cannot be read, or has what is no option of the command.
    """
    verb, *rest = arguments
    given = []
    for name, value in _read(options.config).items():
        if name == TABLE:
            continue
        if _plain(name) not in {*options.flags} - {*_NOT_REPEATED}:
            raise SpikewrightError(
                f"{options.config}: {name} is no option of spikewright {verb}; {_belongs(name)}"
            )
        flag = f"--{name.replace('_', '-')}"
        match value:
            case bool() if _plain(name) in options.switches:
                given += [flag] if value else []
            case _ if _plain(name) in options.switches:
                raise SpikewrightError(
                    f"{options.config}: {name} is {str(value)[:60]}; it is true or false"
                )
            case bool() | int() | float() if _plain(name) in options.texts:
                raise SpikewrightError(
                    f"{options.config}: {name} is {str(value).lower()}; it is a text, in quotation "
                    "marks"
                )
            case bool():
                given.append(f"{flag}={str(value).lower()}")
            case str() | int() | float():
                given.append(f"{flag}={value}")
            case list() if value and _plain(name) in _OF_LAYERS:
                given.append(f"{flag}={'-'.join(map(str, value))}")
            case _:
                raise SpikewrightError(
                    f"{options.config}: {name} is {_briefly(value)}; give {_able(name)}"
                )
    return [verb, *given, *rest]


def _briefly(value: Any) -> str:
    """Return a value that is no option's, in a few words."""
    match value:
        case []:
            return "an empty list"
        case dict():
            return "a table"
        case _:
            return str(value)[:60]


def _able(name: str) -> str:
    """Return in words what an option may be."""
    if _plain(name) in _OF_LAYERS:
        return "one value for all layers, or a list with one for each"
    return "one value: a number, a text in quotation marks, true or false"


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Raise what the parser says of the options of a file as an error that names the file."""
    said = StringIO()
    try:
        with redirect_stderr(said):
            yield
    except SystemExit as error:
        sentence = said.getvalue().partition("error: ")[2].removeprefix("argument --").strip()
        raise SpikewrightError(f"{path}: {sentence}") from error


def settings_beside(network: Path) -> Path:
    """Return the file of settings that is written beside a network."""
    return Path(f"{network}.toml")


def told_by(path: Path, flags: Mapping[str, str], *, given: Collection[str]) -> dict[str, str]:
    """Return what gives each argument and field: an option, or a key of a file beside it.

    Parameters
    ----------
    path : Path
    flags : mapping of str to str
        The options of the command, by argument.
    given : collection of str
        Those of the command line, which win.
    """
    said = _read(path)
    options = {_plain(key): key_in(str(path), key) for key in said if key != TABLE}
    options |= {name: flags[name] for name in given if name in flags}
    told = {**flags, **_told_in_tables(said.get(TABLE), path), **options}
    # A field of the model is an argument of its own, too.
    return {f"model.{one.name}": told[one.name] for one in fields(spw.ModelConfig)
            if one.name in told} | told


def _told_in_tables(table: Any, path: Path, *at: str) -> dict[str, str]:
    if not isinstance(table, Mapping):
        return {}
    told = {}
    for key, value in table.items():
        name = ".".join((*at, _plain(key)))
        told[name] = key_in(f"[{'.'.join((TABLE, *at))}] of {path}", key)
        if at == ("model",):
            told[_plain(key)] = told[name]
        told |= _told_in_tables(value, path, *at, key)
    return told


def fields_of(options: Namespace) -> Mapping[str, Any]:
    """Return the fields of the training's config that the file has.

    Raises
    ------
    SpikewrightError
        They are no table, or a field is what an option says, too.
    """
    if options.config is None:
        return {}
    table = _read(options.config).get(TABLE, {})
    if not isinstance(table, Mapping):
        raise SpikewrightError(
            f"{options.config}: {TABLE} is {str(table)[:60]}; it is a table, [{TABLE}]"
        )
    table = _plainly(table)
    inner = {f"{TABLE}.{name}": table.get(name) for name in ("model", "real")}
    for name, place in {TABLE: table, **inner}.items():
        if isinstance(place, Mapping) and (twice := sorted(place.keys() & options.given)):
            raise SpikewrightError(
                f"{options.config}: [{name}] has {twice[0]}, and {options.flags[twice[0]]} is "
                "given, too; leave one of the two out"
            )
    return table


def write_config(path: Path, options: Namespace, fields: Mapping[str, Any]) -> None:
    """Write the options that were given, and fields of the training, as such a file."""
    given = {
        name: getattr(options, name) for name in sorted(options.given)
        if name in options.flags and name not in _NOT_REPEATED
    }
    given["seed"] = options.seed
    lines = [f"# spikewright {options.command} OUTPUT.spw --config {path.name}"]
    lines += [f"{name} = {_toml(value)}" for name, value in given.items()]
    lines += _tables(TABLE, fields)
    write_text(path, "\n".join([*lines, ""]))


def _plain(name: str) -> str:
    """Return a key as options and fields have it; both - and _ may stand in it."""
    return name.replace("-", "_")


def _plainly(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table, and those in it, with the names of fields."""
    return {
        _plain(key): _plainly(value) if isinstance(value, Mapping) else value
        for key, value in table.items()
    }


def _belongs(name: str) -> str:
    """Return in words where a key belongs that is no option."""
    if _plain(name) == "hidden":
        return "network is what says the neurons of each layer, such as 128-64"
    for table, kind in ((TABLE, spw.TrainingConfig), (f"{TABLE}.model", spw.ModelConfig)):
        if _plain(name) in {one.name for one in fields(kind)}:
            return f"it is a field of the table [{table}]"
    return (
        f"`spikewright train --help` lists them, and fields of the training are a table [{TABLE}]"
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpikewrightError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpikewrightError(f"{path} is no text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SpikewrightError(f"{path} is no TOML: {error}") from error
    _check_spellings(found, path)
    return found


def _check_spellings(table: Mapping[str, Any], path: Path, *at: str) -> None:
    """Raise an error if a key stands in a table with - and with _, so that one would be lost."""
    spelled: dict[str, str] = {}
    for key, value in table.items():
        other = spelled.setdefault(_plain(key), key)
        if other != key:
            where = f"[{'.'.join(at)}] has" if at else "there are"
            raise SpikewrightError(
                f"{path}: {where} {other} and {key}, which are the same; leave one of the two out"
            )
        if isinstance(value, Mapping):
            _check_spellings(value, path, *at, key)


def _tables(name: str, fields: Mapping[str, Any]) -> list[str]:
    if not fields:
        return []
    inner = {key: value for key, value in fields.items() if isinstance(value, Mapping)}
    lines = ["", f"[{name}]"]
    lines += [f"{key} = {_toml(value)}" for key, value in fields.items() if key not in inner]
    for key, value in inner.items():
        lines += _tables(f"{name}.{key}", value)
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, tuple):  # sizes of layers
        value = "-".join(map(str, value))
    return json.dumps(value) if isinstance(value, bool | int | float) else json.dumps(str(value))
