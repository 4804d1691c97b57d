import io
from dataclasses import replace

import pytest
from rich.console import Console

from spikewright import tools
from spikewright.doctor import doctor, examine_tools


def report() -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=200)
    status = doctor(console=console)
    assert isinstance(console.file, io.StringIO)
    return status, console.file.getvalue()


def without(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(tools.TOOLS, name, replace(tools.TOOLS[name], search=()))


def test_every_tool_is_listed_with_version_and_place():
    status, text = report()
    assert status == 0
    assert text.rstrip().endswith("The main job has all it needs.")
    for finding in examine_tools():
        assert finding.name in text
        if finding.tool is not None:
            assert finding.tool.version in text
            assert finding.tool.command[0] in text


def test_a_missing_tool_of_the_main_job_is_an_error(monkeypatch):
    without(monkeypatch, "nextpnr-ecp5")
    status, text = report()
    assert status == 1
    assert "no ECP5 design can be placed and routed" in text
    assert text.rstrip().endswith("The main job cannot run without nextpnr-ecp5.")


def test_of_two_tools_that_can_stand_in_for_another_one_is_enough(monkeypatch):
    without(monkeypatch, "pyosys")
    assert report()[0] == 0
    without(monkeypatch, "yosys")
    status, text = report()
    assert status == 1
    assert text.rstrip().endswith("The main job cannot run without yosys, pyosys.")


def test_a_missing_tool_of_something_else_is_told_and_no_error(monkeypatch):
    without(monkeypatch, "iverilog")
    status, text = report()
    assert status == 0
    assert "the testbenches run on Verilator alone. To get it, on Debian: apt-get" in text
