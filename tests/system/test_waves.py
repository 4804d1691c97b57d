"""``WAVES=1``: a waveform of a simulation, by Icarus as well as by Verilator."""

import os
import subprocess
import sys

import pytest

import simulators
from spikewright.tools import find, require


@pytest.mark.parametrize(
    ("value", "on"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)]
)
def test_an_empty_variable_is_off(monkeypatch, value, on):
    monkeypatch.delenv("WAVES", raising=False)
    if value is not None:
        monkeypatch.setenv("WAVES", value)
    assert simulators.waves_wanted() is on


@pytest.mark.skipif(find("iverilog") is None, reason="Icarus is not installed")
@pytest.mark.parametrize("value", ["1", ""])
def test_icarus_draws_waves_when_asked_to(value):
    """cocotb compiles its own dump as SystemVerilog, which the cores are not compiled as."""
    name = "and_multiplier"
    icarus = simulators.Simulator("icarus", require("iverilog"))
    folder = simulators.log_of(name, "l1", icarus).parent
    for old in folder.glob("*.fst"):
        old.unlink()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"sim/test_{name}.py",
         "-k", "l1 and icarus"],
        cwd=simulators.HOUSE, env={**os.environ, "WAVES": value, "SIM": "icarus"},
        capture_output=True, text=True, timeout=300, check=False,
    )
    assert result.returncode == 0, result.stdout
    assert [path.read_bytes()[:1] for path in folder.glob("*.fst")] == ([b"\0"] if value else [])
