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

PUBLIC = """
import sys
import spikewright as spw

assert spw.__file__.startswith(sys.argv[1]), spw.__file__
of_a_checkout = {"new_core", "new_neuron"}
print(len([getattr(spw, name) for name in spw.__all__ if name not in of_a_checkout]))
for name in of_a_checkout:
    try:
        getattr(spw, name)
    except spw.ToolError as error:
        assert "is not in an installed package" in str(error), error
    else:
        raise AssertionError(name)
"""

#: What writes files of the repository itself.
OF_A_CHECKOUT = ("spikewright/pages/", "spikewright/scaffold/")


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
        files = {
            path.relative_to(root.parent).as_posix()
            for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"
        }
        left_out = {name for name in files if name.startswith(OF_A_CHECKOUT)}
        assert files - left_out <= names and not left_out & names
    assert {"spikewright/py.typed", "spikewright_hw/py.typed", "spikewright/__init__.pyi"} <= names


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    run("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", folder, wheel,
        cwd=folder)
    return folder


@pytest.mark.parametrize("command", [("new-core", "halver"), ("pages",)])
def test_what_writes_the_repository_says_that_it_needs_one(site, tmp_path, command):
    result = subprocess.run(
        [sys.executable, "-m", "spikewright.cli", *command], cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True, check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "spikewright: This writes files of a checkout of Spikewright, and is not in an installed "
        "package; clone the repository, and run the command there after `make setup`.\n"
    )
    assert not list(tmp_path.iterdir())


def test_all_that_is_public_loads_from_a_wheel(site, tmp_path):
    printed = run("-c", PUBLIC, site, cwd=tmp_path, PYTHONPATH=str(site))
    assert int(printed) > 0


@pytest.mark.slow  # `make notebooks` runs the same lines in the checkout
def test_the_lines_of_the_readme_run_from_a_wheel(site, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    printed = run("-c", BRIEF + readme() + CHECKS, site, cwd=work, PYTHONPATH=str(site))
    equal, accuracy, latency = printed.split()
    assert equal == "True" and 0 <= float(accuracy) <= 100 and float(latency) > 0
