"""A wheel of the project, installed outside the checkout: the lines of the README run there."""

import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

HOUSE = Path(__file__).resolve().parents[2]

#: A small network, trained for a moment; the bitstream is elaborated, not placed.
BRIEF = """
import sys
import spikewright as spw
from spikewright.gateware import bitstream
from spikewright.job import training

assert spw.__file__.startswith(sys.argv[1]), spw.__file__
whole = spw.training_config
training.training_config = lambda task: whole(task, hidden=(4,), epochs=2)
sources = []


def elaborated(network, *, board):
    board = spw.BOARDS[board]
    top = bitstream.BoardTop(
        network=network.network, divisor=board.divisor, clock_hz=board.clock_hz, virtual=False
    )
    sources.extend(bitstream.elaborate(top, board=board))


bitstream.build_bitstream = elaborated
"""

CHECKS = """
assert comparison.equal and report["mismatches"].value == 0
assert report["compared"].value > sum(comparison.compared.values())  # PyTorch's predictions, too
assert report["cycles_mean"].value == answers.cycles.mean()
assert abs(report["accuracy_device"].value - 100 * answers.accuracy(task.y_test)) < 1e-9
assert spw.read("build/digits.spw") == network
assert "module network" in open("build/verilog/network.v").read()
rtlil, pins = sources
assert "EHXPLLL" in rtlil and "LOCATE COMP" in pins
"""


def readme() -> str:
    text = (HOUSE / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(import spikewright as spw\n.*?)^```$", text, re.M | re.S)
    return block


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    result = subprocess.run(
        [sys.executable, *map(str, command)], cwd=cwd, env={**os.environ, **variables},
        capture_output=True, text=True, check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=HOUSE)
    (made,) = folder.glob("*.whl")
    return made


def test_a_wheel_has_types_and_whatever_a_module_reads(wheel):
    names = set(ZipFile(wheel).namelist())
    for root in (HOUSE / "hw" / "spikewright_hw", HOUSE / "sw" / "spikewright"):
        files = {path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"}
        assert files
        assert {path.relative_to(root.parent).as_posix() for path in files} <= names
    assert {"spikewright/py.typed", "spikewright_hw/py.typed", "spikewright/__init__.pyi"} <= names


def test_the_lines_of_the_readme_run_from_a_wheel(wheel, tmp_path):
    site, work = tmp_path / "site", tmp_path / "work"
    work.mkdir()
    run(
        "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", site, wheel, cwd=work
    )
    printed = run("-c", BRIEF + readme() + CHECKS, site, cwd=work, PYTHONPATH=str(site))
    equal, accuracy, latency = printed.split()
    assert equal == "True" and 0 <= float(accuracy) <= 100 and float(latency) > 0
