import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
STAMP = Path(".venv") / ".complete"

# Stands for Python: `-c` asks about the version or a module, `-m venv` makes a Python whose pip
# does what {pip} says.
PYTHON = """\
#!/bin/sh
case "$1 $2" in
    "-m venv")
        mkdir -p .venv/bin
        cp "$0" .venv/bin/python ;;
    "-m pip")
        {pip} ;;
    *) exec {python} "$@" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    """Return a folder with the script and, in ``bin``, the programs that a system must have."""
    shutil.copy(HOUSE / "bootstrap.sh", tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "cat", "chmod", "cp", "dirname", "ln", "mkdir", "rm", "sleep", "touch"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    for name in ("c++", "make", "perl"):
        (programs / name).symlink_to("/bin/true")
    write_python(tmp_path, pip="true")
    return tmp_path


def write_python(checkout: Path, *, pip: str) -> None:
    path = checkout / "bin" / "python3"
    path.write_text(PYTHON.format(pip=pip, python=sys.executable))
    path.chmod(0o755)


def start(checkout: Path, launch=subprocess.Popen) -> subprocess.Popen[str]:
    return launch(
        ["sh", "bootstrap.sh", str(STAMP)], cwd=checkout, text=True,
        env={**os.environ, "PATH": str(checkout / "bin")}, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


def bootstrap(checkout: Path) -> tuple[int, str]:
    process = start(checkout)
    _, text = process.communicate(timeout=60)
    return process.returncode, text


def test_a_set_up_that_ends_well_leaves_its_stamp(checkout):
    assert bootstrap(checkout) == (0, "")
    assert (checkout / STAMP).is_file()


def answering(checkout: Path, found: str) -> None:
    """Let the interpreter say that the command of Verilator is this."""
    path = checkout / "bin" / "python3"
    answer = f'*"require("*) cat "{checkout}/found" ;;'
    (checkout / "found").write_text(found + "\n")
    path.write_text(PYTHON.format(pip="true", python=sys.executable).replace(
        'case "$1 $2" in', f'case "$1 $2" in\n    {answer}'
    ))


def test_verilator_is_linked_unless_it_is_the_system_s(checkout):
    system, packaged = checkout / "bin" / "verilator", checkout / "cache" / "bin" / "verilator"
    linked = checkout / ".venv" / "bin" / "verilator"
    packaged.parent.mkdir(parents=True)
    for path in (system, packaged):
        path.symlink_to("/bin/true")
    for found, links in ((system, False), (packaged, True), (packaged, True)):
        answering(checkout, str(found))
        assert bootstrap(checkout) == (0, "")
        assert linked.is_symlink() == links
    assert linked.readlink() == packaged


def test_a_verilator_whose_command_has_several_words_is_started_by_name(checkout):
    """It has in an environment whose path no shell takes as it is, see `tools`."""
    packaged, linked = checkout / "packaged", checkout / ".venv" / "bin" / "verilator"
    packaged.write_text("kept")
    (checkout / ".venv" / "bin").mkdir(parents=True)
    linked.symlink_to(packaged)  # of an earlier set-up; what it leads to is not written over
    answering(checkout, """sh -c 'printf "<%s>" "$0" "$@"' '/opt/a b$c'""")
    assert bootstrap(checkout) == (0, "")
    said = subprocess.run([linked, "--lint", "x y"], capture_output=True, text=True, check=True)
    assert said.stdout == "</opt/a b$c><--lint><x y>"
    assert packaged.read_text() == "kept"


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("c++", "a C++ compiler, for the virtual board and the simulations: apt-get install g++"),
        ("make", "make, for the same: apt-get install make"),
        ("perl", "perl, which starts Verilator: apt-get install perl"),
        (
            "python3",
            "Python 3.11 or newer: apt-get install python3 python3-venv (Debian 12 or newer)",
        ),
    ],
)
def test_what_the_system_lacks_is_named_before_anything_is_done(checkout, program, words):
    (checkout / "bin" / program).unlink()
    status, text = bootstrap(checkout)
    assert status == 1
    assert text == (
        "Spikewright cannot be set up; this system lacks (commands for Debian):\n"
        f"  {words}\n"
    )
    assert not (checkout / ".venv").exists()


def test_everything_that_is_missing_is_named_at_once(checkout):
    for program in ("c++", "perl"):
        (checkout / "bin" / program).unlink()
    _, text = bootstrap(checkout)
    assert "install g++" in text and "install perl" in text


def test_a_package_that_cannot_be_installed_is_a_sentence_and_leaves_no_stamp(checkout):
    bootstrap(checkout)
    write_python(checkout, pip="echo no such package >&2; exit 1")
    status, text = bootstrap(checkout)
    assert status == 1
    assert text == (
        "no such package\n"
        "Spikewright is not set up: a package could not be installed (see above); try again.\n"
    )
    assert not (checkout / STAMP).exists()


def test_a_set_up_that_is_interrupted_leaves_no_stamp(checkout, launch):
    bootstrap(checkout)
    write_python(checkout, pip="touch installing; exec sleep 60")
    process = start(checkout, launch)
    deadline = time.monotonic() + 20
    while not (checkout / "installing").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does
    process.communicate(timeout=20)
    assert process.returncode != 0
    assert not (checkout / STAMP).exists()
