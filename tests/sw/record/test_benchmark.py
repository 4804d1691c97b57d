import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import ClassVar

import pytest
from rich.console import Console

from spikewright.errors import DataError
from spikewright.machine import processor
from spikewright.record.benchmark import Benchmark, Outcome, made_by, run_benchmark, said
from spikewright.record.figure import Computed, Figure
from spikewright.record.report import Report
from spikewright.record.store import read_report


@dataclass(frozen=True, kw_only=True)
class Counting(Benchmark):
    """Counts; asks for a page of two blocks, of which it writes one."""

    page: ClassVar[Path] = Path("docs") / "counting.md"

    highest: int = 3
    folder: str | None = None

    @property
    def name(self) -> str:
        return "counting"

    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        figure = Figure("highest", self.highest, "1", Computed(f"by counting, kept in {build}"))
        report = Report(
            name=self.name, title="Counting", summary=f"Counted to {self.highest}.",
            figures=(figure,), rows=({"number": self.highest},), made=made_by(command),
        )
        blocks = {"numbers": said(report, "So."), "old": None}
        return Outcome(report=report, lines=["| number |"], blocks=blocks)


def quiet() -> Console:
    return Console(file=StringIO(), width=200)


def test_a_report_is_written_and_the_page_gets_its_blocks(tmp_path):
    page = tmp_path / Counting.page
    page.parent.mkdir()
    page.write_text("".join(
        f"<!-- generated: {name} -->\n{name}\n<!-- end -->\n" for name in ("numbers", "old")
    ))
    console = quiet()
    report = run_benchmark(
        Counting(highest=5), command="count 5", directory=tmp_path / "kept", pages=True,
        root=tmp_path, build=tmp_path / "build", console=console,
    )
    assert console.file.getvalue() == "| number |\n\nCounted to 5.\n"  # pyright: ignore
    assert read_report(tmp_path / "kept") == report
    kept = Computed(f"by counting, kept in {tmp_path / 'build'}")
    assert report["highest"].provenance == kept
    made = report.made
    assert page.read_text() == (
        "<!-- generated: numbers -->\n\n"
        f"Counted to 5. So. count 5, {made['date']}, {processor()}, numpy {made['numpy']}.\n\n"
        "<!-- end -->\n<!-- generated: old -->\nold\n<!-- end -->\n"
    )


def test_the_call_is_what_repeats_a_report_unless_a_command_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = run_benchmark(Counting(), console=quiet())
    assert report.made["command"] == (
        "spikewright.run_benchmark(spikewright.Counting(highest=3, folder=None))"
    )
    assert (tmp_path / "build" / "reports" / "counting" / "report.json").is_file()
    told = run_benchmark(Counting(folder=str(tmp_path)), console=quiet()).made["command"]
    assert told == "spikewright.run_benchmark(spikewright.Counting(highest=3, folder='DIR'))"


def test_without_its_page_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.setattr(Counting, "outcome", None)
    said = re.escape(f"there is no page {tmp_path / Counting.page}; run this in the checkout")
    with pytest.raises(DataError, match=f"^{said}$"):
        run_benchmark(Counting(), pages=True, root=tmp_path)


@pytest.mark.parametrize(("given", "message"), [
    ({"benchmark": "qubo"}, "benchmark is 'qubo'; it must be of the class Benchmark"),
    ({"pages": 1}, "pages is 1; it must be True or False"),
    ({"directory": ""}, "directory is ''; it must be a path"),
    ({"root": 3}, "root is 3; it must be a path"),
    ({"build": 3}, "build is 3; it must be a path"),
])
def test_what_is_malformed_is_refused(given, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        run_benchmark(**{"benchmark": Counting(), "console": quiet()} | given)
