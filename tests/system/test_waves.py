"""``WAVES=1``: a waveform of a simulation, by Icarus as well as by Verilator."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import simulators


@pytest.mark.parametrize(
    ("value", "on"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)]
)
def test_an_empty_variable_is_off(monkeypatch, value, on):
    monkeypatch.delenv("WAVES", raising=False)
    if value is not None:
        monkeypatch.setenv("WAVES", value)
    assert simulators.waves_wanted() is on


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (-1, "1"),  # Icarus, where it is there: Verilator's library is compiled anew for waves
        pytest.param(-1, "", marks=pytest.mark.slow),
        pytest.param(0, "1", marks=pytest.mark.slow),
        pytest.param(0, "", marks=pytest.mark.slow),
    ],
)
def test_waves_are_drawn_when_asked_for(number, value):
    """cocotb compiles its own dump for Icarus as SystemVerilog, which the cores are not."""
    name = "and_multiplier"
    found = simulators.choose("")[number]
    simulator = found.name
    folder = simulators.log_of(name, "l1", found).parent
    for old in _waves(folder):
        old.unlink()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "sim", "--core", name,
         "-k", "l1"],
        cwd=simulators.HOUSE, env={**os.environ, "WAVES": value, "SIM": simulator},
        capture_output=True, text=True, timeout=300, check=False,
    )
    assert result.returncode == 0, result.stdout
    # A VCD begins with a keyword, an FST with the type of its header.
    begins = {"verilator": b"$", "icarus": b"\0"}[simulator]
    assert [path.read_bytes()[:1] for path in _waves(folder)] == ([begins] if value else [])


def _waves(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*") if path.suffix in (".fst", ".vcd")]
