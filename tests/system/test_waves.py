"""``WAVES``: waveforms of tests that fail, or that are asked for, by both simulators."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import simulators
import waves
from spikewright.errors import ToolError
from spikewright_hw.cores import CORES
from waves import Waves, name_of, write_layouts

NAME, PRESET = "and_multiplier", "l1"
ICARUS = simulators.choose("")[-1]  # or Verilator, where Icarus is not there


@pytest.mark.parametrize(
    ("asked", "passed", "failed"),
    [("", False, False), ("0", False, False), ("1", False, True), ("stall", True, True),
     ("other", False, False)],
)
def test_which_tests_are_drawn(monkeypatch, asked, passed, failed):
    monkeypatch.setenv("WAVES", asked)
    wants = Waves.of_environment().wants
    assert wants({"test": "in_stall", "verdict": "PASS"}) is passed
    assert wants({"test": "in_stall", "verdict": "FAIL"}) is failed


def test_nothing_is_drawn_unless_it_is_asked_for(monkeypatch):
    monkeypatch.delenv("WAVES", raising=False)
    assert not Waves.of_environment().wants({"test": "t", "verdict": "FAIL"})


def test_files_have_plain_names():
    assert name_of("rate/stall=0.5/(1, 2)") == "rate_stall=0.5_1_2_"


def test_layouts_show_clock_reset_and_ports(tmp_path):
    write_layouts(tmp_path / "t.fst", CORES["lif"].build("q8_8"), top="lif_q8_8")
    ports = ["clk", "rst", "i__payload", "i__valid", "i__ready", "o__payload", "o__valid",
             "o__ready"]
    surfer = (tmp_path / "t.sucl").read_text().splitlines()
    assert surfer[0] == f"load_file {tmp_path / 't.fst'}"
    assert surfer[1:] == [f"variable_add lif_q8_8.{name}" for name in ports]
    gtkwave = (tmp_path / "t.gtkw").read_text().splitlines()
    assert gtkwave[0] == f'[dumpfile] "{tmp_path / "t.fst"}"'
    assert [re.sub(r"\[\d+:0\]$", "", line) for line in gtkwave[2:]] == [
        f"lif_q8_8.{name}" for name in ports
    ]


def test_a_header_that_is_absent_is_named(monkeypatch):
    monkeypatch.setattr(waves, "_NEEDS", {"no_such_header.h": "no-such-dev"})
    waves.require_fst.cache_clear()
    message = (
        "Verilator's waveforms need the header no_such_header.h: apt-get install no-such-dev, or "
        "SIM=icarus"
    )
    with pytest.raises(ToolError, match=f"^{re.escape(message)}$"):
        waves.require_fst()
    waves.require_fst.cache_clear()


def cannot_draw(simulator: simulators.Simulator) -> str:
    """Return why a simulator writes no waveforms here: Verilator's writer needs two headers."""
    try:
        if simulator.name == "verilator":
            waves.require_fst()
    except ToolError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("number", "asked"),
    [
        (-1, "valid_before_ready"),  # Icarus, where it is there: Verilator compiles its library
        pytest.param(-1, "1", marks=pytest.mark.slow),
        pytest.param(0, "valid_before_ready", marks=pytest.mark.slow),
    ],
)
def test_waves_are_drawn_when_asked_for(number, asked):
    """cocotb compiles its own dump for Icarus as SystemVerilog, which the cores are not."""
    found = simulators.choose("")[number]
    folder = simulators.log_of(NAME, PRESET, found).parent
    for old in folder.glob("*.fst"):
        old.unlink()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "sim", "--core", NAME,
         "-k", PRESET],
        cwd=simulators.HOUSE, env={**os.environ, "WAVES": asked, "SIM": found.name},
        capture_output=True, text=True, timeout=300, check=False,
    )
    if said := cannot_draw(found):
        assert result.returncode and said in result.stdout
        return
    assert result.returncode == 0, result.stdout
    drawn = [] if asked == "1" else [f"{asked}.fst"]  # no test of it fails
    assert [path.name for path in folder.glob("*.fst")] == drawn
    for path in folder.glob("*.fst"):
        _is_fst(path)


def test_a_test_that_fails_is_drawn_once_more(tmp_path, monkeypatch):
    """A testbench of a test that fails and one that passes: one waveform, from the same seed."""
    monkeypatch.setattr(simulators, "ROOT", tmp_path)
    given = []
    run = simulators._run

    def first(*names, seed, drawn=None):
        rows = run(*names, seed=seed, drawn=drawn)
        given.append((seed, drawn, [row["test"] for row in rows]))
        if drawn is None:
            rows[0]["verdict"] = "FAIL"
        return rows

    monkeypatch.setattr(simulators, "_run", first)
    if said := cannot_draw(ICARUS):
        with pytest.raises(ToolError, match=f"^{re.escape(said)}$"):
            simulators.simulate(NAME, PRESET, ICARUS, seed=7, waves=Waves("1"))
        return
    rows = simulators.simulate(NAME, PRESET, ICARUS, seed=7, waves=Waves("1"))
    failed = rows[0]["test"]
    assert len(rows) > 1 and given[1:] == [(7, failed, [failed])]
    folder = simulators.log_of(NAME, PRESET, ICARUS).parent
    assert [path.stem for path in folder.glob("*.fst")] == [name_of(failed)]


def _is_fst(path: Path) -> None:
    """An FST begins with a block of the header, which is 329 bytes long."""
    assert path.read_bytes()[:9] == bytes([0]) + (329).to_bytes(8, "big")
