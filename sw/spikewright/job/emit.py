"""``spikewright emit`` and ``spikewright cores``: the registry, listed and as Verilog."""

import json
from collections.abc import Iterator
from pathlib import Path

from amaranth.lib import wiring
from rich.console import Console
from rich.table import Table

from spikewright_hw.cores import CORES
from spikewright_hw.emit import as_verilog
from spikewright_hw.engine.design import Design, EventDesign

from .. import terminal
from ..errors import DataError
from ..files import check_writable, write_if_changed
from ..gateware.design import check_design
from ..quantized.spw import read

__all__ = ["emit", "print_cores"]


def emit(
    core: str | None,
    *,
    preset: str | None = None,
    every: bool = False,
    output: Path,
    design: Design | None = None,
) -> list[Path]:
    """Write Verilog, and the ports as JSON beside it; a file that would not change stays.

    Parameters
    ----------
    core : str, optional
        A registered core, or the path of a ``.spw`` network, whose engine is emitted.
    preset : str, optional
        One preset of the core; all of them unless given.
    every : bool
        All presets of all cores.
    output : Path
        Folder to write to.
    design : Design, optional
        The engine of a network; the event engine if not given.

    Raises
    ------
    DataError
        There is no such core or preset, or none was named, or the network cannot run on the engine.
    """
    if every == (core is not None):
        raise DataError("name one core, or give --all for every core")
    check_writable(output, folder=True)
    written = []
    for name, component in _components(core, preset, EventDesign() if design is None else design):
        path = output / f"{name}.v"
        write_if_changed(path, as_verilog(component, name=name))
        ports = json.dumps(component.metadata.as_json(), indent=2, sort_keys=True)
        write_if_changed(path.with_suffix(".json"), ports + "\n")
        written.append(path)
    return written


def _components(
    core: str | None, preset: str | None, design: Design
) -> Iterator[tuple[str, wiring.Component]]:
    if core is not None and core.endswith(".spw"):
        network = read(Path(core)).network
        check_design(design, network)
        yield Path(core).stem.replace("-", "_"), design.engine(network)
        return
    if core is not None and core not in CORES:
        raise DataError(f"there is no core {core!r}; there are {', '.join(CORES)}")
    for entry in CORES.values() if core is None else [CORES[core]]:
        if preset is not None and preset not in entry.presets:
            raise DataError(
                f"{entry.name} has no preset {preset!r}; it has {', '.join(entry.presets)}"
            )
        for name in entry.presets if preset is None else [preset]:
            yield entry.top(name), entry.build(name)


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
            core.name, core.family, ", ".join(core.presets),
            (core.module.__doc__ or "").split("\n")[0],
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
