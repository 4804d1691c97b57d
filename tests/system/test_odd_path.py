"""A checkout whose path has spaces and signs that shells and makefiles take for something else."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spikewright import tools
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
