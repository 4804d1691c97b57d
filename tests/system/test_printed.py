"""What commands print: help, versions and tables, in any width and encoding, and for scripts."""

import argparse
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from spikewright import cli
from spikewright.cli.parser import parser as whole_parser
from spikewright.gateware.board import BOARDS
from spikewright.gateware.board_list import print_boards
from spikewright.gateware.emit import print_cores
from spikewright.record.figure import Computed, Figure
from spikewright.record.report import Report
from spikewright.record.store import write_report
from spikewright_hw.cores import CORES


def test_without_a_verb_there_is_help(capsys):
    assert cli.main([]) == 0
    assert "usage: " in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert re.fullmatch(r"\S+ \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


ASCII = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}


@pytest.mark.parametrize(
    ("verb", "columns"),
    [
        (("cores",), "20"), (("doctor",), "20"), (("report", "seen"), "20"), (("report",), "20"),
        (("cores",), "80"),
        *(pytest.param(verb, "80", marks=pytest.mark.slow)
          for verb in (("doctor",), ("report", "seen"), ("report",))),
    ],
)
def test_a_pipe_in_ascii_has_every_word(start, tmp_path, verb, columns):
    """No traceback, nothing cut, whatever the terminal's width and encoding."""
    if verb[0] == "report":
        report(tmp_path / "build" / "reports" / "seen")
    process = start(*verb, COLUMNS=columns, **ASCII)
    out, err = process.communicate(timeout=120)
    assert process.returncode in (0, 1) and "Traceback" not in err, err
    assert out.isascii() and "..." not in out
    words = {"cores": ("accumulative_parallel_counter", "Leaky integrate-and-fire neuron."),
             "doctor": ("The main job",), "report": ("seen",)}[verb[0]]
    for word in words:
        assert word in out


def test_the_help_of_every_command_is_ascii():
    def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
        yield parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for below in action.choices.values():
                    yield from parsers(below)

    for parser in parsers(whole_parser()):
        assert parser.format_help().isascii(), parser.prog


def report(folder: Path) -> None:
    figures = (Figure("energy_of_a_long_name", 1.5, "µJ", Computed("a rule → a value")),)
    seen = Report(name="seen", title="Seen → here", figures=figures, made={"command": "x"})
    write_report(seen, folder)


def test_the_cores_for_a_script(start):
    process = start("cores")
    out, _ = process.communicate(timeout=60)
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == list(CORES)
    assert {len(row) for row in rows} == {4}


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("printed", [print_cores, print_boards])
def test_a_table_cuts_no_word(printed, width):
    seen = StringIO()
    printed(console=Console(file=seen, width=width, force_terminal=False))
    assert "…" not in seen.getvalue()


def test_the_boards_for_a_script_and_what_was_built_of_them(start, tmp_path):
    for place, content in {
        "ulx3s-1": '{"board": "ulx3s", "fmax_mhz": 81.25}',
        "ulx3s-2": '{"board": "ulx3s", "fmax_mhz": 95.04, "seed": 3}',
        "ulx3s-3": '{"board": "ul',  # cannot be read: not counted
    }.items():
        folder = tmp_path / "build" / "bitstreams" / place
        folder.mkdir(parents=True)
        (folder / "report.json").write_text(content)
    out, _ = start("boards").communicate(timeout=60)
    rows = {row[0]: row[1:] for row in (line.split("\t") for line in out.splitlines())}
    assert set(rows) == {*BOARDS} - {"other"}
    assert rows["ulx3s"][-2:] == ["2 bitstreams, up to 95.0 MHz post-route (seed 3)", "no"]
    assert rows["ulx3s-85f"][1:3] == ["ECP5 LFE5U-85F", "25"] and rows["ulx3s-85f"][-2] == "nothing"
