"""Synthesis: from Verilog or RTLIL to a netlist of a family's cells, and their number."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from .. import tools
from ..cache import cached, digest

__all__ = ["FAMILIES", "CellCounts", "Netlist", "rename_elements", "synthesize"]

FAMILIES = {
    "ice40": "synth_ice40 -dsp -device u",
    "ecp5": "synth_ecp5",
    "xc7": "synth_xilinx -family xc7 -flatten",
}
"""The Yosys command of each family; "ice40" is the UltraPlus."""

_WITHOUT_PADS = {"xc7": " -noiopad -noclkbuf"}

# What a cell of each type takes up, by full match; cells of other types (wide multiplexers, clock
# buffers, the family's PLLs) are not counted.
_CELLS: Mapping[str, tuple[tuple[str, dict[str, int]], ...]] = {
    "ice40": (
        (r"SB_LUT4", {"lut": 1}),
        (r"SB_DFF\w*", {"ff": 1}),
        (r"SB_RAM40_4K\w*", {"bram": 1}),
        (r"SB_MAC16", {"dsp": 1}),
        (r"SB_CARRY", {"carry": 1}),
    ),
    "ecp5": (
        (r"LUT4", {"lut": 1}),
        (r"CCU2C", {"lut": 2, "carry": 1}),  # two LUTs with the carry between them
        (r"TRELLIS_DPR16X4", {"lut": 4}),
        (r"TRELLIS_FF", {"ff": 1}),
        (r"DP16KD|PDPW16KD", {"bram": 1}),
        (r"MULT18X18D|MULT9X9D", {"dsp": 1}),
    ),
    "xc7": (
        (r"LUT[1-6]|INV|SRL\w+", {"lut": 1}),
        (r"RAM32M|RAM64M|RAM128X1D|RAM256X1S", {"lut": 4}),
        (r"RAM32X1D|RAM64X1D|RAM128X1S", {"lut": 2}),
        (r"RAM32X1S|RAM64X1S", {"lut": 1}),
        (r"FD[RSCP]E", {"ff": 1}),
        (r"RAMB18E1", {"bram": 1}),
        (r"RAMB36E1", {"bram": 2}),
        (r"DSP48E1", {"dsp": 1}),
        (r"CARRY4", {"carry": 1}),
    ),
}


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
            for pattern, weights in _CELLS[family]:
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
        One of :data:`FAMILIES`.
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


def synthesize(
    source: str,
    *,
    top: str,
    family: str,
    language: Literal["rtlil", "verilog"] = "rtlil",
    pads: bool = False,
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
        One of :data:`FAMILIES`.
    language : str
        What ``source`` is written in.
    pads : bool
        Put in the pads and clock buffers that the family's placer does not make by itself.
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
    suffix = {"rtlil": "il", "verilog": "v"}[language]
    source = rename_elements(source)
    command = FAMILIES[family] + ("" if pads else _WITHOUT_PADS.get(family, ""))
    script = "\n".join((
        f"read_{language} design.{suffix}",
        f"{command} -top {top} -json netlist.json",
        "tee -q -o cells.json stat -json",
        "",
    ))
    key = {"source": digest(source), "script": script, "tool": name}

    def stage(folder: Path) -> None:
        (folder / f"design.{suffix}").write_text(source)
        (folder / "synthesis.ys").write_text(script)
        log = build / "logs" / f"{top}.{family}.synthesis.log"
        tools.run(tool, ["synthesis.ys"], cwd=folder, log=log)

    folder = cached("synthesis", key, stage, root=build / "cache")
    cells = json.loads((folder / "cells.json").read_text())["design"]["num_cells_by_type"]
    counts = CellCounts.of_cells(cells, family=family)
    return Netlist(folder / "netlist.json", family, counts, name)
