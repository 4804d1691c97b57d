"""What is printed where there is no terminal, or one that knows ASCII alone."""

import ast
import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import spikewright
import spikewright_hw
from spikewright import terminal
from spikewright.bench import neurons, resources
from spikewright.bench.stochastic_engine.gateware import Deployment, Placed, printed
from spikewright.gateware.resources import Resources, Target
from spikewright.gateware.synthesis import CellCounts
from spikewright.job.progress import JobProgress
from spikewright.record.figure import Coefficient, Computed, Estimated, Figure
from spikewright.record.report import Report
from spikewright.record.table import print_table
from spikewright_hw.engine.design import EventDesign

SOURCES = [
    path
    for package in (spikewright, spikewright_hw)
    for path in Path(package.__path__[0]).rglob("*.py")
    if path != Path(terminal.__file__)
]


def texts(path: Path) -> Iterator[str]:
    """Yield the texts of a source that may be printed: all but those that document."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            documents = isinstance(node, ast.Expr)
            if isinstance(child, ast.Constant) and isinstance(child.value, str) and not documents:
                yield child.value


def test_every_sign_in_a_text_can_be_spelled_in_ascii():
    signs = {sign for path in SOURCES for text in texts(path) for sign in text if ord(sign) > 127}
    assert signs
    assert {sign for sign in signs if sign not in terminal._SPELLED} == set()
    assert "".join(terminal._SPELLED.values()).isascii()


def test_what_is_printed_goes_through_one_console():
    """Another would cut or wrap at 80 columns where there is no terminal."""
    made = [path.name for path in SOURCES if re.search(r"\bConsole\(", path.read_text("utf-8"))]
    assert made == []


def piped(prints: Callable[[], None], monkeypatch) -> str:
    """Return what is printed into a pipe in ASCII."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setenv("COLUMNS", "20")
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, stream)
    terminal.take_any_text()
    prints()
    stream.seek(0)
    return stream.read()


LONG = "a_name_that_is_longer_than_a_terminal_is_wide_" * 4
COEFFICIENT = Coefficient("standby", 77.0, "mA", "unverified: from memory", verified=False)
TARGET = Target("ecp5-25f", 120)
SIZE = Resources(
    core=LONG, preset="q8_8", target=TARGET, counts=CellCounts(lut=1), fmax_mhz=None,
    digest="", note="µ × ±", size_source="synthesis", fmax_source="route",
)


def table_of_a_report() -> None:
    figures = (Figure(f"{LONG}2", 123456.7, "µJ", Computed("a → b")),
               Figure(LONG, 1.5, "µs", Estimated("power × time", (COEFFICIENT,))))
    print_table(Report("seen", "64 × 64", summary="2 ± 1", figures=figures, rows=({LONG: "–"},)))


def table_of_engines() -> None:
    deployed = Deployment(hidden=128, design=EventDesign(), target=TARGET)
    placed = Placed(
        deployment=deployed, sizes=LONG, accuracy=98.0, resources=SIZE, cycles=80.0, synops=40.0
    )
    terminal.console().print(printed([placed]))


def table_of_cores() -> None:
    terminal.console().print(resources._table([SIZE]))


def table_of_neurons() -> None:
    bench: list = [SimpleNamespace(name=LONG, real=0.9, integer=0.9, time=1.0)]
    rows = ({"neuron": LONG, "states": 1, "lut4_ecp5": 7},)
    terminal.console().print(neurons._table(bench, Report("seen", "µ", rows=rows)))


def parts_of_a_job() -> None:
    with JobProgress() as progress, progress.part(LONG + " on 8 × 8"):
        pass


@pytest.mark.parametrize(
    "prints",
    [table_of_a_report, table_of_engines, table_of_cores, table_of_neurons, parts_of_a_job],
)
def test_a_narrow_pipe_in_ascii_has_every_word(monkeypatch, prints):
    text = piped(prints, monkeypatch)
    assert LONG in text and "..." not in text
    assert "?" not in text  # a sign without a spelling
