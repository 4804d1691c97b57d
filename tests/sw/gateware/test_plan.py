import subprocess

import pytest

from spikewright import tools
from spikewright.errors import ToolError
from spikewright.gateware.bitstream import build_bitstream
from spikewright.gateware.board import BOARDS
from spikewright.gateware.plan import write_plan
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

NETWORK = example_network(sizes=(4, 3, 2), steps=2, weight_bits=3, membrane=Format(6, 2))


@pytest.mark.parametrize("name", BOARDS)
def test_a_plan_is_written_without_a_tool(name, tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "find", lambda name: pytest.fail(f"{name} was looked for"))
    board = BOARDS[name]
    folder = write_plan(NETWORK, board=board, build=tmp_path)
    assert folder == tmp_path / "plans" / name
    script = (folder / "build.sh").read_text()
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    called_by = script + (folder / "design.tcl").read_text() if board.family.vendor_plan else script
    for file in folder.iterdir():
        assert file.name == "build.sh" or file.name in called_by or file.name.startswith("design.")
    called = "vivado" if board.family.vendor_plan else board.family.flow.tool
    assert called in script.lower()
    for command in (board.load, board.flash):
        assert " ".join(command) in script


@pytest.mark.slow
def test_a_plan_is_built_by_its_script(tmp_path):
    """With Yosys, nextpnr and the packer by their own names, as another machine has them."""
    folder = write_plan(NETWORK, board="icebreaker", build=tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("yosys", "nextpnr-ice40", "icepack"):
        quick = tools.find("pyosys") if name == "yosys" else None
        tool = quick or tools.require(name)
        (programs / name).write_text(f'#!/bin/sh\nexec {tool.shell} "$@"\n')
        (programs / name).chmod(0o755)
    subprocess.run(
        ["sh", folder / "build.sh"], check=True, capture_output=True,
        env={"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert b"\x7e\xaa\x99\x7e" in (folder / "design.bin").read_bytes()[:64]


def test_a_board_whose_tools_are_not_there_is_told_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError) as caught:
        build_bitstream(NETWORK, board="basys3", build=tmp_path)
    assert str(caught.value).endswith(
        "Project X-Ray's data base, with xc7frames2bit, was not found; without it, no Artix-7 "
        "bitstream can be written but by Vivado, from a plan. To get it, run "
        "`sh boards/artix7_tools.sh` of Spikewright's repository."
    )
    assert not any(tmp_path.iterdir())
