"""Paths with spaces and signs that shells and makefiles take for something else.

They are those of a checkout, or of the environment that everything is installed in.
"""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import simulators
from spikewright import tool_search, tools
from spikewright.errors import ToolError
from spikewright.gateware.synthesis import synthesize
from spikewright_hw.cores import CORES
from spikewright_hw.emit import as_rtlil

HOUSE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """Return a copy of the sources."""
    place = tmp_path_factory.mktemp("odd") / "a b" / "it's ü$x (1)#%"
    for name in ("formal", "hw", "sim", "sw"):
        shutil.copytree(HOUSE / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def python(
    checkout: Path, *arguments: str | Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the interpreter on the copy's own packages."""
    path = os.pathsep.join(str(checkout / name) for name in ("hw", "sw"))
    return subprocess.run(
        [sys.executable, *arguments], cwd=checkout,
        env={**os.environ, "PYTHONPATH": path, **variables},
        capture_output=True, text=True, check=False,
    )


PROOF = """
import sys
sys.path.insert(0, "formal")
from prover import HOUSE, Prover, tasks_of
task = next(task for task in tasks_of("and_multiplier") if task.kind == "prove")
row = Prover().run(task)
print(HOUSE, row.verdict, row.note)
"""


@pytest.mark.slow
def test_a_core_is_proved(checkout):
    result = python(checkout, "-c", PROOF)
    assert result.stdout == f"{checkout} PASS \n", result.stdout + result.stderr


def test_a_core_is_synthesised(checkout, empty_cache, monkeypatch):
    """Yosys is where an environment in the checkout would have it."""
    packages = checkout / "packages"
    packages.mkdir()
    (packages / "pyosys").symlink_to(Path(importlib.import_module("pyosys").__path__[0]))
    monkeypatch.setenv("PYTHONPATH", str(packages), prepend=os.pathsep)
    text = as_rtlil(CORES["lfsr"].build("w8"), name="lfsr")
    netlist = synthesize(text, top="lfsr", family="ecp5", build=checkout / "build")
    assert netlist.counts.lut > 0


@pytest.mark.slow
def test_fusesoc_lints_a_core(checkout, tmp_path):
    verilator = tools.require("verilator")
    (tmp_path / "verilator").symlink_to(verilator.command[0])
    path = os.pathsep.join([str(tmp_path), tools.search_path()])
    emitted = python(checkout, "-m", "spikewright.cli", "emit", "lfsr")
    assert emitted.returncode == 0, emitted.stderr
    result = python(
        checkout, "-m", "fusesoc.main", "--cores-root", "build/verilog", "run", "--target=lint",
        "spikewright:stochastic.source:lfsr", PATH=path, **verilator.environment,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert list(checkout.glob("build/*lfsr*/lint/*.vc"))


def test_a_simulation_says_at_once_what_to_do(checkout):
    command = ("pytest", "-q", "-p", "no:cacheprovider", "sim", "--core", "lfsr")
    result = python(checkout, "-m", *command)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.strip() == (
        f"ERROR: {checkout} has a space or a sign in its path that cocotb's makefiles cannot take; "
        "simulate in a checkout at a plain path"
    )


@pytest.fixture
def environment(tmp_path) -> Path:
    """Return the path of an environment, which is empty."""
    folder = tmp_path / "a b$c"
    folder.mkdir()
    return folder


def output_of(tool: tools.Tool | None, *arguments: str, cwd: Path) -> str:
    assert tool is not None
    result = subprocess.run(
        [*tool.command, *arguments], cwd=cwd, env=tool.full_environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def test_the_script_of_a_package_is_started_whatever_pip_has_written_into_it(
    environment, monkeypatch
):
    """Where the path has a space, pip has a shell start the interpreter."""
    (environment / "python").symlink_to(sys.executable)
    script = environment / "yowasp-ecppack"
    script.write_text(
        f"#!/bin/sh\n'''exec' \"{environment}/python\" \"$0\" \"$@\"\n' '''\n"
        "import sys\nprint('packed', *sys.argv[1:])\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(tool_search, "scripts", lambda: environment)
    assert output_of(tools.find("ecppack"), "a", cwd=environment) == "packed a\n"


def test_verilator_is_started_and_compiles(environment, empty_cache, monkeypatch):
    """A copy of its script: that follows links to the folder that it is in."""
    package = Path(importlib.import_module("verilator").__path__[0])
    folder = environment / "verilator"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(package / "bin" / "verilator", folder / "bin")
    (folder / "bin" / "verilator_bin").symlink_to(package / "bin" / "verilator_bin")
    (folder / "include").symlink_to(package / "include")
    monkeypatch.setattr(tool_search, "package_folder", lambda name: folder)
    (environment / "top.v").write_text("module top(input a, output b); assign b = a; endmodule\n")
    packaged = tools.TOOLS["verilator"].search[-1]  # the system's own goes first
    output_of(packaged("verilator"), "--cc", "top.v", cwd=environment)
    makefile = (environment / "obj_dir" / "Vtop.mk").read_text()
    assert f"VERILATOR_ROOT = {empty_cache}/spikewright/" in makefile


def test_an_environment_that_cocotb_cannot_be_run_from_is_a_sentence(monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/opt/a b$c")
    with pytest.raises(ToolError) as caught:
        simulators.choose("")
    assert str(caught.value) == (
        "/opt/a b$c has a space or a sign in its path that cocotb's makefiles cannot take; "
        "simulate in an environment at a plain path"
    )


def test_make_starts_no_script_that_pip_writes():
    """In a path with a space such a script is one of `sh`, which takes `$` for a variable."""
    text = (HOUSE / "Makefile").read_text()
    assert {*re.findall(r"\$\(BIN\)/(\w+)", text)} == {"python"}
    assert not re.search(r"^\t.*\.venv", text, re.MULTILINE)
