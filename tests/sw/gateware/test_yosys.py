"""The program that runs scripts by the library of pyosys, as SymbiYosys calls it."""

import subprocess

import pytest

from spikewright import tools

DESIGN = "module \\top\nend\n"


@pytest.fixture
def yosys(tmp_path):
    """Return ``yosys(*arguments)``, which runs it in the test's folder."""
    (tmp_path / "top.il").write_text(DESIGN)
    tool = tools.require("pyosys")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*tool.command, *arguments], cwd=tmp_path, env=tool.full_environment(),
            capture_output=True, text=True, check=False,
        )

    return run


def test_a_quiet_run_says_all_in_its_log(yosys, tmp_path):
    (tmp_path / "one.ys").write_text("read_rtlil top.il\nstat\nwrite_rtlil out.il\n")
    result = yosys("-ql", "one.log", "one.ys")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert "=== top ===" in (tmp_path / "one.log").read_text()
    assert "module \\top" in (tmp_path / "out.il").read_text()


def test_a_quiet_run_that_fails_says_why(yosys, tmp_path):
    (tmp_path / "one.ys").write_text("no_such_pass\n")
    result = yosys("-ql", "one.log", "one.ys")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "ERROR: No such command: no_such_pass (type 'help' for a command overview)\n"
    )


def test_a_run_prints_what_it_does(yosys, tmp_path):
    (tmp_path / "one.ys").write_text("read_rtlil top.il\nstat\n")
    result = yosys("one.ys")
    assert result.returncode == 0
    assert "=== top ===" in result.stdout


def test_what_it_takes(yosys):
    result = yosys("-p", "stat", "top.il")
    assert (result.returncode, result.stderr) == (1, "usage: yosys.py [-ql LOG] SCRIPT\n")
