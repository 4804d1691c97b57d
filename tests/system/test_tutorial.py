"""The tutorials are true: what stands on a page is run, in a copy of the checkout."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from .copies import HOUSE, copied, variables

TUTORIALS = HOUSE / "docs" / "tutorials"
NEURON = TUTORIALS / "your_own_neuron.md"
BITSTREAMS = TUTORIALS / "bitstreams.md"
FOLDERS = ("hw", "sw", "sim", "formal", "boards", "tests/hw", "docs")
FILES = ("README.md", "CONTRIBUTING.md", "pyproject.toml", "Makefile", "tests/test_house.py")


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str


def blocks(page: Path) -> list[tuple[Block, Block]]:
    """Return each block of a page, and the one after it."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    made = [Block(*one) for one in found]
    return [*zip(made, [*made[1:], Block("", "")], strict=True)]


def script(page: Path) -> tuple[str, str]:
    """Return all Python of a page, and what it prints."""
    code, expected = "", ""
    for block, after in blocks(page):
        if block.language == "python":
            code += block.text
            expected += after.text if after.language == "text" else ""
    return code, expected


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """Return a copy of what the tutorial needs."""
    return copied(tmp_path_factory.mktemp("checkout"), folders=FOLDERS, files=FILES)


def run(checkout: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the copy, with the tools of the environment that this runs in."""
    tools = Path(sys.executable).parent
    path = os.pathsep.join([str(tools), os.environ["PATH"]])
    return subprocess.run(
        command, cwd=checkout, capture_output=True, text=True, check=False,
        env=variables(checkout) | {"PATH": path, "SIM": "verilator"},
    )


def test_every_tutorial_is_run():
    assert {*TUTORIALS.glob("*.md")} == {NEURON, BITSTREAMS}


@pytest.mark.slow
def test_the_python_prints_what_the_page_says(checkout):
    code, expected = script(NEURON)
    assert code.count("print(") == 3
    result = run(checkout, sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr
    assert result.stdout == expected


@pytest.mark.slow
def test_the_commands_do_what_the_page_says(checkout):
    """In order, since each needs what those before it have made."""
    shells = [(one, then) for one, then in blocks(NEURON) if one.language == "sh"]
    lines = [line for block, _ in shells for line in block.text.splitlines()]
    assert [line.split()[0] for line in lines] == ["spikewright", "make", *["spikewright"] * 3]
    for block, then in shells:
        output = ""
        for line in block.text.splitlines():
            # The environment is there already: make is told where, and not to set up another.
            tools = Path(sys.executable).parent
            line = line.replace("make ", f"make -o Makefile STAMP=Makefile BIN={tools} ", 1)
            result = run(checkout, "sh", "-c", line)
            output += result.stdout + result.stderr
            fails = "new-core wrong" in line
            assert result.returncode == fails, f"{line}\n{output}"
        if then.language == "text":
            assert then.text in output
    assert (checkout / "build" / "verilog" / "tired_q8_8.v").is_file()


@pytest.mark.slow
def test_a_network_on_bitstreams(checkout):
    lines = [
        line for block, _ in blocks(BITSTREAMS) if block.language == "sh"
        for line in block.text.splitlines()
    ]
    assert [line.split()[1] for line in lines] == ["train", "train", "emit"]
    for line in lines:
        result = run(checkout, "sh", "-c", line)
        assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
    assert "module " in (checkout / "build" / "verilog" / "sums.v").read_text()
    code, expected = script(BITSTREAMS)
    assert code.count("print(") == 3
    result = run(checkout, sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr
    assert result.stdout == expected
