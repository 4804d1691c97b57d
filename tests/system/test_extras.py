"""What is installed without extras, and what is said where an extra is missing."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from spikewright.imports import DISTRIBUTIONS

HOUSE = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}


def imported(folder: str) -> set[str]:
    """Return the packages of others that a folder's files import, as they are installed."""
    found: set[str] = set()
    for file in (HOUSE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module)
    packages = {name.split(".")[0] for name in found} - {"spikewright", "spikewright_hw"}
    return {DISTRIBUTIONS.get(name, name) for name in packages - set(sys.stdlib_module_names)}


def without_extras(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command where no package of an extra can be imported."""
    kept = names(PROJECT["dependencies"])
    absent = {name for extra in EXTRAS.values() for name in names(extra)} - kept - {"spikewright"}
    modules = {distribution: module for module, distribution in DISTRIBUTIONS.items()}
    blocked = [modules.get(name, name).replace("-", "_") for name in sorted(absent)]
    code = (
        "import sys\n"
        f"sys.modules |= dict.fromkeys({blocked})\n"
        "from spikewright.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=cwd, capture_output=True, text=True,
        check=False,
    )


def test_all_that_is_imported_is_declared():
    base = names(PROJECT["dependencies"])
    assert imported("hw/spikewright_hw") <= base
    brought = base.union(*(names(EXTRAS[extra]) for extra in EXTRAS if extra != "dev"))
    # What others' packages are measured beside, a checkout has without what these depend on.
    (beside,) = re.findall(r"--no-deps ([\w ]+) \|\|", (HOUSE / "bootstrap.sh").read_text())
    assert imported("sw/spikewright") <= brought.union(beside.split())


def test_what_is_declared_is_locked():
    lock = names((HOUSE / "constraints.txt").read_text(encoding="utf-8").splitlines())
    lock = {name.lower() for name in lock}
    declared = names(PROJECT["dependencies"]).union(*(names(extra) for extra in EXTRAS.values()))
    assert declared - {"spikewright"} - lock == {"joulescope"}  # which fits beside none of these
    assert "joulescope" not in " ".join(EXTRAS["all"] + EXTRAS["dev"]), "make setup would fail"


@pytest.mark.parametrize(
    "command", [["--version"], ["cores"], ["doctor"], ["emit", "lif", "-o", "out"], ["--help"]],
    ids=" ".join,
)
def test_cores_need_no_extra(command, tmp_path):
    result = without_extras(*command, cwd=tmp_path)
    assert "Traceback" not in result.stderr
    assert result.returncode == 0 or command == ["doctor"], result.stderr


@pytest.mark.parametrize(
    ("command", "package"),
    [
        (["train", "x.spw"], "torch|scikit-learn"),
        (["run"], "torch|matplotlib|scikit-learn|pyserial"),
    ],
    ids=["train", "run"],
)
def test_a_missing_extra_is_one_sentence(command, package, tmp_path):
    result = without_extras(*command, cwd=tmp_path)
    advice = "run `make setup` in the checkout"
    message = rf"spikewright: ({package}) is not installed\. To get it, {advice}\.\n"
    assert re.fullmatch(message, result.stderr), result.stderr
    assert result.returncode == 1
