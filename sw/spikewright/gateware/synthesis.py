"""Synthesis: from Verilog or RTLIL to a netlist of a family's cells, and their number."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from .. import tools
from ..cache import cached, digest
from ..imports import code_key
from .parts import FAMILIES

__all__ = ["SUFFIXES", "CellCounts", "Netlist", "rename_elements", "script_of", "synthesize"]


SUFFIXES = {"rtlil": "il", "verilog": "v"}
"""Of files, by the language in them."""


@dataclass(frozen=True)
class CellCounts:
    """What a netlist takes up, before placement.

    ``lut`` counts look-up tables, those in carry cells and in distributed memory among them;
    ``bram`` block RAMs of 4 kbit (iCE40) or 18 kbit (ECP5, Artix-7); ``carry`` the family's carry
    cells, of 1 bit (iCE40), 2 bits (ECP5) or 4 bits (Artix-7).
    """

    lut: int = 0
    ff: int = 0
    bram: int = 0
    dsp: int = 0
    carry: int = 0

    @classmethod
    def of_cells(cls, cells: Mapping[str, int], *, family: str) -> "CellCounts":
        """Count the cells of a family, given their number by type."""
        total = asdict(cls())
        for cell, number in cells.items():
            for pattern, weights in FAMILIES[family].cells:
                if re.fullmatch(pattern, cell):
                    for name, weight in weights.items():
                        total[name] += weight * number
        return cls(**total)


@dataclass(frozen=True)
class Netlist:
    """The result of synthesis.

    Parameters
    ----------
    path : Path
        The netlist, as JSON for nextpnr.
    family : str
        One of :data:`~spikewright.gateware.parts.FAMILIES`.
    counts : CellCounts
        Its size.
    tool : str
        Name and version of what made it.
    """

    path: Path
    family: str
    counts: CellCounts
    tool: str


def rename_elements(source: str) -> str:
    """Name array elements ``x.9`` instead of ``x[9]`` in RTLIL or Verilog.

    Amaranth's name for element 9 of an array ``x`` is Yosys' name for bit 9 of ``x`` as well; the
    passes around ABC then join nets of different widths, and Yosys 0.70 stops.
    """

    def rename(name: re.Match[str]) -> str:
        return re.sub(r"\[(\d+)\]", r".\1", name[0])

    return re.sub(r"\\\S+", rename, source)


def script_of(
    *,
    top: str,
    family: str,
    command: str = "",
    language: Literal["rtlil", "verilog"] = "rtlil",
    pads: bool = False,
) -> tuple[str, str]:
    """Return Yosys' script of a synthesis, and the name of the file that it reads.

    Arguments as for :func:`synthesize`.
    """
    known = FAMILIES[family]
    command = (command or known.synthesis) + ("" if pads else known.without_pads)
    file = f"design.{SUFFIXES[language]}"
    script = "\n".join((
        f"read_{language} {file}",
        f"{command} -top {top} -json netlist.json",
        "tee -q -o cells.json stat -json",
        "",
    ))
    return script, file


def synthesize(
    source: str,
    *,
    top: str,
    family: str,
    language: Literal["rtlil", "verilog"] = "rtlil",
    pads: bool = False,
    command: str = "",
    build: Path = Path("build"),
) -> Netlist:
    """Synthesise the text of a design; the same text is synthesised once.

    Parameters
    ----------
    source : str
        The design. Source locations in it are of no effect, see :mod:`spikewright_hw.emit`.
    top : str
        Name of its top module.
    family : str
        One of :data:`~spikewright.gateware.parts.FAMILIES`.
    language : str
        What ``source`` is written in.
    pads : bool
        Put in the pads and clock buffers that the family's placer does not make by itself.
    command : str
        Yosys command, where it is not the family's.
    build : Path
        Where results (``cache``) and logs (``logs``) go.

    Raises
    ------
    ValueError
        The family is unknown.
    BuildError
        Yosys refused the design; the message quotes it and names the log.
    """
    if family not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(FAMILIES)}, not {family!r}")
    tool = tools.find("pyosys") or tools.require("yosys")
    name = f"yosys {tool.version}"
    source = rename_elements(source)
    script, file = script_of(
        top=top, family=family, command=command, language=language, pads=pads
    )
    key: dict[str, Any] = {"source": digest(source), "script": script, "tool": name}
    finish = FAMILIES[family].finish
    if finish is not None:
        key["finish"] = code_key(finish.__module__)

    def stage(folder: Path) -> None:
        (folder / file).write_text(source)
        (folder / "synthesis.ys").write_text(script)
        log = build / "logs" / f"{top}.{family}.synthesis.log"
        tools.run(tool, ["synthesis.ys"], cwd=folder, log=log)
        if finish is not None:
            netlist = json.loads((folder / "netlist.json").read_text())
            finish(netlist)
            (folder / "netlist.json").write_text(json.dumps(netlist))

    folder = cached("synthesis", key, stage, root=build / "cache")
    cells = json.loads((folder / "cells.json").read_text())["design"]["num_cells_by_type"]
    counts = CellCounts.of_cells(cells, family=family)
    return Netlist(folder / "netlist.json", family, counts, name)
