"""Verilog of a network's engine and of the registered cores, and the list of these."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from amaranth.hdl import Shape
from amaranth.lib import data, wiring
from rich.console import Console
from rich.table import Table

from spikewright_hw.bus.bus_top import BUSES, Bus, BusTop, bus_top
from spikewright_hw.checks import one_of, optional, pathlike, shown, text
from spikewright_hw.cores import CORES, Core
from spikewright_hw.emit import as_verilog
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from .. import terminal
from ..errors import DataError
from ..files import check_writable, write_if_changed
from ..json_text import read_json
from ..quantized.network import QuantizedNetwork, network_of
from .design import check_design
from .fusesoc import write_core_file
from .module_name import module_name

__all__ = ["VERILOG", "emit", "emit_cores", "print_cores"]

#: Where Verilog is written, in the current folder.
VERILOG = Path("build") / "verilog"


def emit(
    network: Network | QuantizedNetwork,
    folder: str | Path = VERILOG,
    *,
    name: str = "network",
    design: Design | None = None,
    bus: Bus | None = None,
) -> Path:
    """Write the Verilog of a network's engine.

    Beside it lie its ports as JSON, with the place of each field in their bits, a FuseSoC core,
    and the waivers that Verilator's lint needs of Amaranth's Verilog. A file that would not change
    stays. Of an engine on a bus, the JSON has its packets or its registers.

    Parameters
    ----------
    network : Network or QuantizedNetwork
    folder : str or Path
        Where to.
    name : str
        Name of the file and of its top module; what Verilog does not take of it becomes ``_``, and
        a word that Verilog reserves has one at its end.
    design : Design, optional
        The engine; the event engine if not given.
    bus : {"axi-stream", "wishbone"}, optional
        A bus that the engine is put on; its own streams if not given.

    Returns
    -------
    Path
        The ``.v`` file.

    Raises
    ------
    DataError
        The network cannot run on the engine; or the file is there, of a network with another name.
    StorageError
        A file cannot be written.
    ValueError
        The name has neither letter nor digit, ``network`` is none, there is no such bus, or the
        weights would have to be loaded over it.
    """
    design, plain = EventDesign() if design is None else design, network_of(network)
    folder, top = pathlike("folder", folder), module_name(text("name", name))
    bus = optional(one_of(BUSES))("bus", bus)
    check_design(design, plain)
    check_writable(folder, folder=True)
    _check_alone(folder / f"{top}.json", name)
    _check_core_file(folder, top, library="network")
    engine = design.engine(plain)
    path = _write(engine if bus is None else bus_top(engine, bus=bus), top, folder, {"name": name})
    sizes = "-".join(str(size) for size in (plain.inputs, *(one.neurons for one in plain.layers)))
    title = f"The {design.name} engine of a network, {sizes}{f', on {bus}' if bus else ''}"
    write_core_file([path], library="network", name=top, description=title)
    return path


def emit_cores(
    *cores: str, preset: str | None = None, folder: str | Path = VERILOG
) -> list[Path]:
    """Write the Verilog of registered cores.

    Beside it lie the ports of each preset as JSON, a FuseSoC core for each core, and the waivers
    that Verilator's lint needs of Amaranth's Verilog. A file that would not change stays.

    Parameters
    ----------
    cores : str
        Names of cores, keys of :data:`~spikewright_hw.cores.CORES`; all of them unless given.
    preset : str, optional
        One preset of each core; all of them unless given.
    folder : str or Path
        Where to.

    Returns
    -------
    list of Path
        The ``.v`` files.

    Raises
    ------
    DataError
        There is no such core or preset.
    StorageError
        A file cannot be written.
    """
    folder = pathlike("folder", folder)
    presets = {core: _presets(core, preset) for core in cores or CORES}
    check_writable(folder, folder=True)
    for name in presets:
        _check_core_file(folder, name, library=CORES[name].family)
    written = []
    for name, chosen in presets.items():
        core = CORES[name]
        verilog = [_write(core.build(one), core.top(one), folder) for one in chosen]
        write_core_file(
            verilog, library=core.family, name=name, description=_what_it_is(core), core=name
        )
        written += verilog
    return written


def _presets(core: str, preset: str | None) -> list[str]:
    if text("a core", core) not in CORES:
        raise DataError(f"there is no core {core!r}; there are {', '.join(CORES)}")
    presets = CORES[core].presets
    if preset is not None and preset not in presets:
        raise DataError(f"{core} has no preset {preset!r}; it has {', '.join(presets)}")
    return list(presets) if preset is None else [preset]


def _check_alone(path: Path, name: str) -> None:
    """Raise :exc:`~spikewright.errors.DataError` if a network of another name has the file."""
    try:
        other = read_json(path)["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if other != name:
        raise DataError(
            f"{path.with_suffix('.v')} is of the network {shown(other)}, and {shown(name)} would "
            "have the same name in Verilog; rename one of them, or write it into another folder"
        )


def _check_core_file(folder: Path, name: str, *, library: str) -> None:
    """Raise :exc:`~spikewright.errors.DataError` if a FuseSoC core of another library is there."""
    path = folder / f"{name}.core"
    try:
        found = re.search(r"^name: spikewright:(\w+):", path.read_text(encoding="utf-8"), re.M)
    except (OSError, ValueError):
        return
    if found is not None and "network" in (found[1], library) and found[1] != library:
        kinds = ("a network", "a registered core")
        there, other = kinds if found[1] == "network" else kinds[::-1]
        raise DataError(
            f"{path} is of {there}, and {other} would have the same file; write it into another "
            "folder, or rename the network"
        )


def _write(
    component: wiring.Component, name: str, folder: Path, more: Mapping[str, Any] | None = None
) -> Path:
    path = folder / f"{name}.v"
    write_if_changed(path, as_verilog(component, name=name))
    told = component.metadata.as_json() | {"fields": _fields_of_ports(component)} | dict(more or {})
    if isinstance(component, BusTop):
        told |= {"bus": component.description()}
    ports = json.dumps(told, indent=2, sort_keys=True)
    write_if_changed(path.with_suffix(".json"), ports + "\n")
    return path


def _fields_of_ports(component: wiring.Component) -> dict[str, list[dict[str, Any]]]:
    """Return where each field of a port's structure lies in its bits, by the name of the port."""
    found = {}
    for path, member, _ in component.signature.flatten(component):
        fields = [*_fields("", member.shape, 0)]
        if fields:
            found["__".join(map(str, path))] = fields
    return found


def _fields(name: str, shape: Any, offset: int) -> Iterator[dict[str, Any]]:
    """Return the fields of a structure, those of nested ones by names with points; or nothing."""
    if not isinstance(shape, data.Layout):
        return
    for key, field in shape:
        within, at = f"{name}.{key}" if name else str(key), offset + field.offset
        nested = [*_fields(within, field.shape, at)]
        if nested:
            yield from nested
        else:
            kind = Shape.cast(field.shape)
            yield {"name": within, "offset": at, "width": kind.width, "signed": kind.signed}


def _what_it_is(core: Core) -> str:
    """Return the first line of the core's module."""
    return (core.module.__doc__ or "").split("\n")[0]


def print_cores(*, plain: bool = False, console: Console | None = None) -> None:
    """Print a line for each registered core: name, family, presets, what it is.

    Parameters
    ----------
    plain : bool
        Whether the columns are separated by tabs, for scripts; else it is a table.
    console : rich.console.Console, optional
    """
    rows = [
        (
            core.name, core.family, ", ".join(core.presets), _what_it_is(core),
        )
        for core in CORES.values()
    ]
    if plain:
        for row in rows:
            print("\t".join(row))
        return
    table = Table(title="Cores")
    for column in ("core", "family", "presets", "what it is"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    (console or terminal.console()).print(table)
