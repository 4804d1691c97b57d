"""A FuseSoC core beside emitted Verilog, so that another flow can use it."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ..files import write_if_changed
from ..plain_paths import is_plain

__all__ = ["WAIVERS", "write_core_file"]

#: What Verilator's lint is to overlook in Verilog that Amaranth writes, with the reasons.
WAIVERS = Path(__file__).with_name("amaranth.vlt")
#: The testbenches, in a checkout; an installed package has none.
_SIM = Path(__file__).resolve().parents[3] / "sim"
_TEMPLATE = """\
CAPI=2:

# Written by spikewright emit.
name: {name}
description: {description}

filesets:
  rtl:
    files: [{files}]
    file_type: verilogSource
  waivers:
    files: [{waivers}]
    file_type: vlt

targets:
  default: &default
    filesets: [rtl]
    toplevel: {top}

  lint: &lint
    <<: *default
    filesets: [waivers, rtl]
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wall]

  synth:
    <<: *default
    flow: generic
    flow_options:
      tool: yosys
      arch: ice40
      output_format: json
"""
# Edalize cannot start cocotb 2.1, so the core's testbench is run the way `make sim` runs it.
_SIMULATE = """
  sim:
    <<: *lint
    hooks:
      post_build: [simulate]

scripts:
  simulate:
    cmd: ["{python}", -m, pytest, -q, "{sim}", --core, {core}]
"""


def write_core_file(
    verilog: Sequence[Path], *, library: str, name: str, description: str, core: str = ""
) -> Path:
    """Write ``<name>.core`` beside Verilog files: targets ``default``, ``lint`` and ``synth``.

    ``synth`` makes a netlist for the iCE40, or for another architecture of Edalize's Yosys, such
    as by ``--arch ecp5``. Edalize writes scripts in Tcl, which a Yosys must have been built with.

    Parameters
    ----------
    verilog : sequence of Path
        Files in one folder; the stem of the first is the top module.
    library, name : str
        FuseSoC knows the core as ``spikewright:<library>:<name>``.
    description : str
        What it is, in a line.
    core : str
        The registered core, if it is one: in a checkout at a path without spaces and signs, the
        target ``sim`` runs its testbench.

    Raises
    ------
    StorageError
        A file cannot be written.
    """
    folder = verilog[0].parent
    text = _TEMPLATE.format(
        name=f"spikewright:{library}:{name}",
        description=json.dumps(description),  # in quotes: it may hold a colon
        files=", ".join(path.name for path in verilog),
        waivers=WAIVERS.name,
        top=verilog[0].stem,
    )
    if core and _SIM.is_dir() and is_plain(_SIM) and is_plain(Path(sys.executable)):
        text += _SIMULATE.format(python=sys.executable, sim=_SIM, core=core)
    write_if_changed(folder / WAIVERS.name, WAIVERS.read_text(encoding="utf-8"))
    path = folder / f"{name}.core"
    write_if_changed(path, text)
    return path
