"""``spikewright new-core``: what it lays out works as laid out, and it refuses what would not."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from spikewright import cli
from spikewright.equations import Specification
from spikewright.errors import SpikewrightError, StorageError
from spikewright.files import write_text
from spikewright.scaffold.new_core import new_core
from spikewright.scaffold.new_neuron import new_neuron
from spikewright_hw.registry import ENTRIES, listed

from .copies import copied, variables

FILE_COUNT = 7
NEURON_FILE_COUNT = 5
WRITE = "spikewright.scaffold.new_core.write_text"
#: Exits with an error unless the page of a core is what ``spikewright pages`` writes.
PAGE_IS_CURRENT = """
import pathlib, sys
from spikewright.pages.pages import current
((page, text),) = current(sys.argv[1], root=pathlib.Path()).items()
sys.exit(page.read_text(encoding="utf-8") != text)
"""
NAME = "twenty_four_letters_long"  # the longest there may be
HALVER = Specification(name="halver", equations=("dv/dt = i - v/2",), readout=True)


@pytest.fixture
def checkout(tmp_path) -> Path:
    """Return a copy of the parts of the house that a core needs."""
    folders = ("hw", "sw", "sim", "formal", "tests/hw", "docs/cores")
    return copied(tmp_path, folders=folders, files=["pyproject.toml"])


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def run(checkout: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy, not on the installed house."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=checkout,
        env=variables(checkout) | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_passes_as_laid_out(checkout):
    result = run(checkout, "-m", "spikewright.cli", "new-core", NAME)
    assert result.returncode == 0, result.stderr
    files = result.stdout.split()
    assert len(files) == FILE_COUNT

    python = [file for file in files if file.endswith(".py")]
    for check in (
        ("-m", "ruff", "check", "--no-cache", *python),
        ("-m", "pytest", "-q", f"tests/hw/test_{NAME}.py"),
        ("-m", "pytest", "-q", "sim", "--core", NAME),
        ("formal/run.py", NAME),
        ("-m", "pyright", "--pythonpath", sys.executable, *python),
        ("-c", PAGE_IS_CURRENT, NAME),
    ):
        result = run(checkout, *check, SIM="verilator")
        assert result.returncode == 0, f"{check}\n{result.stdout}\n{result.stderr}"


def test_registry_lists_it_behind_its_family(checkout):
    *_, registry = new_core("halver", family="stochastic.arithmetic", root=checkout)
    names = [entry.name for entry in listed(registry.read_text())]
    before = [entry.name for entry in ENTRIES]
    place = before.index("relu") + 1  # the last of the family
    assert names == [*before[:place], "halver", *before[place:]]


@pytest.mark.parametrize(
    ("name", "family", "message"),
    [
        ("Halver", "link", r"^'Halver' cannot name a core; a name is lower-case words"),
        ("half-er", "link", r"^'half-er' cannot name a core"),
        ("../halver", "link", r"^'../halver' cannot name a core"),
        ("lambda", "link", r"^'lambda' cannot name a core"),
        ("a" * 25, "link", r"^a{25} has 25 letters; a core's name has at most 24"),
        ("lfsr", "link", r"^there is a core lfsr already; take another name$"),
        ("queue", "link", r"^queue is the name of a Python module, which formal/queue.py"),
        ("prover", "link", r"^prover is the name of a Python module"),
        ("gate", "link", r"^sim/benches/gate.py exists already; take another name$"),
        ("properties", "link", r"^formal/properties.py exists already; take another name$"),
        ("halver", "stochastics", r"^there is no family 'stochastics'; there are .*stochastic"),
    ],
)
def test_refuses(checkout, name, family, message):
    before = tree(checkout)
    with pytest.raises(SpikewrightError, match=message):
        new_core(name, family=family, root=checkout)
    assert tree(checkout) == before


def test_refuses_to_overwrite(checkout):
    (checkout / "sim" / "benches" / "halver.py").write_text("mine\n")
    before = tree(checkout)
    with pytest.raises(SpikewrightError, match=r"^sim/benches/halver.py exists already; take"):
        new_core("halver", family="stochastic.arithmetic", root=checkout)
    assert tree(checkout) == before


def test_refuses_outside_a_checkout(tmp_path):
    with pytest.raises(SpikewrightError, match=r"is no checkout of Spikewright, for it has no hw/"):
        new_core("halver", family="stochastic.arithmetic", root=tmp_path)
    assert not tree(tmp_path)


def lay_out_core(checkout: Path) -> None:
    new_core("halver", family="stochastic.arithmetic", root=checkout)


def lay_out_neuron(checkout: Path) -> None:
    new_neuron(HALVER, root=checkout)


@pytest.mark.parametrize(
    ("lay_out", "count"),
    [
        *((lay_out_core, count) for count in range(FILE_COUNT)),
        *((lay_out_neuron, count) for count in (0, 2, NEURON_FILE_COUNT - 1)),
    ],
)
def test_a_failure_leaves_nothing(checkout, monkeypatch, lay_out, count):
    """Whichever file cannot be written, all others go again, and what was changed is as before."""
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
        lay_out(checkout)
    assert len(written) == count
    assert tree(checkout) == before


# Neurons ------------------------------------------------------------------------------------------

BIOLOGICAL = """
--equations 'dv/dt = (v_rest - v + R*i)/tau' --threshold 'v > v_th' --reset 'v = v_reset'
--dt 1ms --param 'tau=20ms: membrane time constant' --param R=10MOhm --param v_rest=-65mV
--param v_th=-50mV --param v_reset=-70mV --unit v=mV --unit i=nA --start v=v_rest --refractory 3
"""
LONG = """
--equations 'm = sigmoid((v - v_half)/slope); fast = g_fast*m*(reversal - v)/capacity'
--equations 'dv/dt = fast + (v_rest - v)/membrane_time_constant + i*input_resistance - adaptation'
--equations 'dadaptation/dt = (coupling*max(v, 0) - adaptation)/slow_time_constant'
--threshold 'v >= v_peak and m > 0.5 or v > 100' --reset 'v = v_rest; adaptation += jump' --dt 0.5
--param v_half=1 --param slope=0.25 --param g_fast=0.5 --param reversal=6 --param capacity=4
--param v_rest=0 --param membrane_time_constant=5 --param input_resistance=2 --param coupling=0.1
--param slow_time_constant=200 --param v_peak=3 --param jump=0.5 --format Q8.6
"""
#: Command lines, and what must be in the report.
NEURONS = {
    "halver": ("--equations 'dv/dt = i - v/2' --readout", ["halver in Q8.8", "rest: v = 0"]),
    "biological": (BIOLOGICAL, ["state rest: Q8.0, -128 to 127"]),
    NAME: (LONG, ["in Q8.6", "table sigmoid: ", "state adaptation: Q8.17"]),
}


@pytest.mark.parametrize(
    "name", [name if name == "halver" else pytest.param(name, marks=pytest.mark.slow)
             for name in NEURONS]
)
def test_a_neuron_passes_as_laid_out(checkout, name):
    options, expected = NEURONS[name]
    command = ("-m", "spikewright.cli", "new-core", name, *shlex.split(options))
    result = run(checkout, *command)
    assert result.returncode == 0, result.stderr
    paths, _, report = result.stdout.partition("\n\n")
    files = paths.split()
    assert len(files) == NEURON_FILE_COUNT
    for words in expected:
        assert words in report
    python = [file for file in files if file.endswith(".py")]
    for check in (
        ("-m", "ruff", "check", "--no-cache", *python),
        ("-m", "pyright", "--pythonpath", sys.executable, *python),
        ("-m", "pytest", "-q", f"tests/hw/test_{name}.py"),
    ):
        result = run(checkout, *check)
        assert result.returncode == 0, f"{check}\n{result.stdout}\n{result.stderr}"


def test_a_neuron_is_listed_with_the_others(checkout):
    new_neuron(HALVER, root=checkout)
    listed = "from spikewright_hw.neuron import DEFINITIONS; print(*DEFINITIONS)"
    assert run(checkout, "-c", listed).stdout.split()[-1] == "halver"


TUA = """\
dv/dt: tua is no state, no definition and no parameter; give a parameter by --param tua=..., a \
state by an equation dtua/dt = ...; did you mean tau?
    dv/dt = i - v/tua
                  ^^^"""
LEVEL = """\
halver.v_rest is -200; a Q8.8 level lies in -128 to 127.996; take another format by --format, or \
other parameters"""
NO_NEURON = "does not apply to a core that is not given by --equations; give them, or leave it out"
FAMILY = "--family does not apply to a neuron, whose family is neuron; leave it out"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("halver", "--equations 'dv/dt = i - v/tua' --readout --param tau=2", TUA),
        ("lif", "--equations 'dv/dt = i'", "there is a core lif already; take another name"),
        (
            "clip",
            "--equations 'dv/dt = i'",
            "clip has a meaning in every neuron's module; take another name",
        ),
        ("halver", "--equations 'dv/dt = i' --family stochastic", FAMILY),
        (
            "halver",
            "--threshold 'v > 1'",
            f"--threshold {NO_NEURON}",
        ),
        (
            "halver",
            "--equations 'dv/dt = i' --param tau",
            "--param tau: write it as --param NAME=VALUE",
        ),
        (
            "halver",
            "--equations 'dv/dt = i' --param tau=2 --param tau=3",
            "--param gives tau twice; leave one of the two out",
        ),
        (
            "halver",
            "--equations 'dv/dt = i' --format 8.8",
            "--format: a number format is written like Q8.8, not '8.8'",
        ),
        (
            "halver",
            "--equations 'dv/dt = i + (v_rest - v)/9' --readout --param v_rest=-200",
            LEVEL,
        ),
    ],
)
def test_a_neuron_is_refused(checkout, monkeypatch, capsys, name, options, message):
    monkeypatch.chdir(checkout)
    before = tree(checkout)
    assert cli.main(["new-core", name, *shlex.split(options)]) == 1
    assert capsys.readouterr().err == f"spikewright: {message}\n"
    assert tree(checkout) == before
