"""A file of settings: the options of a command as TOML, read, and written beside its result."""

import json
import tomllib
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from ..errors import SpikewrightError
from ..files import write_text

__all__ = ["TABLE", "fields_of", "named", "settings_beside", "with_config", "write_config"]

#: Name of the table with fields of the training's config; all else are options.
TABLE = "training"
#: Options that say nothing of what is trained.
_NOT_REPEATED = ("config", "output", "checkpoint", "log")


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
        if name.replace("-", "_") not in {*options.flags} - {*_NOT_REPEATED}:
            raise SpikewrightError(
                f"{options.config}: {name} is no option of spikewright {verb}; `spikewright {verb} "
                f"--help` lists them, and fields of the training are a table [{TABLE}]"
            )
        flag = f"--{name.replace('_', '-')}"
        match value:
            case bool() if name.replace("-", "_") in options.switches:
                given += [flag] if value else []
            case _ if name.replace("-", "_") in options.switches:
                raise SpikewrightError(
                    f"{options.config}: {name} is {str(value)[:60]}; it is true or false"
                )
            case bool():
                given.append(f"{flag}={str(value).lower()}")
            case str() | int() | float():
                given.append(f"{flag}={value}")
            case _:
                raise SpikewrightError(
                    f"{options.config}: {name} is {str(value)[:60]}; an option is a number, a text "
                    "or true"
                )
    return [verb, *given, *rest]


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Raise what the parser says of the options of a file as an error that names the file."""
    said = StringIO()
    try:
        with redirect_stderr(said):
            yield
    except SystemExit as error:
        sentence = said.getvalue().partition("error: ")[2].removeprefix("argument ").strip()
        raise SpikewrightError(f"{path}: {sentence}") from error


def settings_beside(network: Path) -> Path:
    """Return the file of settings that is written beside a network."""
    return Path(f"{network}.toml")


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
    model = table.get("model", {})
    for name, fields in ((TABLE, table), (f"{TABLE}.model", model)):
        if isinstance(fields, Mapping) and (twice := sorted(fields.keys() & options.given)):
            raise SpikewrightError(
                f"{options.config}: [{name}] has {twice[0]}, and {options.flags[twice[0]]} is "
                "given, too, on the command line or in the file; leave one of the two out"
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


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpikewrightError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpikewrightError(f"{path} is no text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SpikewrightError(f"{path} is no TOML: {error}") from error


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
