"""``spikewright new-core``: what it lays out works as laid out, and it refuses what would not."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spikewright.errors import SpikewrightError, StorageError
from spikewright.files import write_text
from spikewright.job.new_core import new_core

HOUSE = Path(__file__).resolve().parents[2]
FUSESOC = """
import sys
from spikewright.gateware.fusesoc import core_file
from spikewright_hw.cores import CORES
sys.stdout.write(core_file(CORES[sys.argv[1]]))
"""
FILE_COUNT = 8
WRITE = "spikewright.job.new_core.write_text"
NAME = "twenty_four_letters_long"  # the longest there may be


@pytest.fixture
def checkout(tmp_path) -> Path:
    """Give a copy of the parts of the house that a core needs."""
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("hw", "sw", "sim", "formal", "tests/hw", "docs/cores"):
        shutil.copytree(HOUSE / folder, tmp_path / folder, ignore=ignore)
    shutil.copy(HOUSE / "pyproject.toml", tmp_path)
    objects = HOUSE / "build" / "sim" / "objects"  # of Verilator's run-time library
    if objects.is_dir():
        shutil.copytree(objects, tmp_path / "build" / "sim" / "objects")
    return tmp_path


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def run(checkout: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy, not on the installed house."""
    places = os.pathsep.join(str(checkout / place) for place in ("hw", "sw"))
    variables = {name: value for name, value in os.environ.items() if "COCOTB" not in name}
    return subprocess.run(
        [sys.executable, *command],
        cwd=checkout,
        env={**variables, "PYTHONPATH": places, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_passes_as_laid_out(checkout):
    result = run(checkout, "-m", "spikewright.cli", "new-core", NAME)
    assert result.returncode == 0, result.stderr
    files = result.stdout.split()
    assert run(checkout, "-c", FUSESOC, NAME).stdout == next(
        Path(file).read_text() for file in files if file.endswith(".core")
    )
    assert len(files) == FILE_COUNT

    python = [file for file in files if file.endswith(".py")]
    for check in (
        ("-m", "ruff", "check", "--no-cache", *python),
        ("-m", "pytest", "-q", f"tests/hw/test_{NAME}.py"),
        ("-m", "pytest", "-q", f"sim/test_{NAME}.py"),
        ("formal/run.py", NAME),
        ("-m", "pyright", "--pythonpath", sys.executable, *python),
    ):
        result = run(checkout, *check, SIM="verilator")
        assert result.returncode == 0, f"{check}\n{result.stdout}\n{result.stderr}"


def test_registry_lists_it_behind_its_family(checkout):
    *_, registry = new_core("halver", family="stochastic", root=checkout)
    names = re.findall(r'Core\("(\w+)", "(\w+)"\)', registry.read_text())
    kin = [name for family, name in names if family == "stochastic"]
    assert kin[-1] == "halver"
    first = names.index(("stochastic", kin[0]))
    assert [name for _, name in names[first : first + len(kin)]] == kin


@pytest.mark.parametrize(
    ("name", "family", "message"),
    [
        ("Halver", "stochastic", r"^'Halver' cannot name a core; a name is lower-case words"),
        ("half-er", "stochastic", r"^'half-er' cannot name a core"),
        ("../halver", "stochastic", r"^'../halver' cannot name a core"),
        ("lambda", "stochastic", r"^'lambda' cannot name a core"),
        ("a" * 25, "stochastic", r"^a{25} has 25 letters; a core's name has at most 24"),
        ("lfsr", "stochastic", r"^there is a core lfsr already; take another name$"),
        ("queue", "stochastic", r"^queue is the name of a Python module, which formal/queue.py"),
        ("prover", "stochastic", r"^prover is the name of a Python module"),
        ("halver", "stochastics", r"^there is no family 'stochastics'; there are .*stochastic"),
    ],
)
def test_refuses(checkout, name, family, message):
    before = tree(checkout)
    with pytest.raises(SpikewrightError, match=message):
        new_core(name, family=family, root=checkout)
    assert tree(checkout) == before


def test_refuses_to_overwrite(checkout):
    (checkout / "sim" / "test_halver.py").write_text("mine\n")
    before = tree(checkout)
    with pytest.raises(SpikewrightError, match=r"^sim/test_halver.py exists already; take another"):
        new_core("halver", family="stochastic", root=checkout)
    assert tree(checkout) == before


def test_refuses_outside_a_checkout(tmp_path):
    with pytest.raises(SpikewrightError, match=r"is no checkout of Spikewright, for it has no hw/"):
        new_core("halver", family="stochastic", root=tmp_path)
    assert not tree(tmp_path)


@pytest.mark.parametrize("count", range(FILE_COUNT))
def test_a_failure_leaves_nothing(checkout, monkeypatch, count):
    """Whichever file cannot be written, all others go again."""
    before = tree(checkout)
    written = []

    def failing(path: Path, text: str) -> None:
        if len(written) == count:
            monkeypatch.setattr(WRITE, write_text)
            raise StorageError(f"{path} cannot be written: the disk is full")
        written.append(path)
        write_text(path, text)

    monkeypatch.setattr(WRITE, failing)
    with pytest.raises(StorageError, match="the disk is full"):
        new_core("halver", family="stochastic", root=checkout)
    assert len(written) == count
    assert tree(checkout) == before
