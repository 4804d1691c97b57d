"""One network on a board of each family: the same answers, sound records, one page."""

import json
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from spikewright import cli
from spikewright.bench import board_designs, boards, boards_compared
from spikewright.bench.board_designs import design_for
from spikewright.bench.boards import FAMILIES, bench_boards
from spikewright.coding.ttfs import Ttfs
from spikewright.device.simulation import simulate
from spikewright.errors import BuildError, DataError, DeviceError, ToolError
from spikewright.gateware.bitstream import Bitstream
from spikewright.gateware.board import BOARDS, board_named
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright.record.report import Report
from spikewright.task.task import Task
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format

SIZES = (6, 4, 3)
NETWORK = QuantizedNetwork(
    network=example_network(
        sizes=SIZES, steps=3, weight_bits=4, membrane=Format(8, 8), exponent=2,
        neurons=("lif", "li"),
    ),
    coding=Ttfs(inputs=6, steps=3, high=1.0, silent=0.1),
    provenance=Provenance(
        data_set="made up", seed=0, accuracy_float=0.5, accuracy_integer=0.5,
        versions={"processor": "a processor"},
    ),
)
X = np.random.default_rng(3).random((5, 6)).astype(np.float32)
TASK = Task(name="made up", x_train=X, y_train=np.arange(5) % 3, x_test=X, y_test=np.arange(5) % 3,
            low=0.0, high=1.0)
BITSTREAM = Bitstream(
    path=Path("design.bin"), clock_mhz=24, fmax_mhz=31.25, lut=4, ff=3, bram=2, dsp=0,
    available={}, seed=7, tools=("yosys 1", "nextpnr-ice40 2", "icepack 3"),
)


@pytest.fixture
def in_process(monkeypatch, undrawn):
    """The engine in Amaranth's simulator in the place of compiled boards, which may be wrong."""
    spoil = SimpleNamespace(board="")

    def opened(network, *, board, design, build):
        def infer_all(spikes, *, progress):
            found = simulate(network, spikes, board=board, design=design)
            if board.name == spoil.board:
                for one in found.inferences:
                    object.__setattr__(one.result, "prediction", (one.result.prediction + 1) % 3)
            return found

        return nullcontext(SimpleNamespace(infer_all=infer_all))

    monkeypatch.setattr(boards, "open_board", opened)
    return spoil


def run(tmp_path, **more) -> tuple[Report, str]:
    stream = StringIO()
    report = bench_boards(
        NETWORK, task=TASK, samples=2, build=tmp_path, console=Console(file=stream, width=200),
        **more,
    )
    return report, stream.getvalue()


def test_there_is_a_board_of_each_family():
    assert [BOARDS[name].family.name for name in FAMILIES] == ["ice40", "ecp5", "xc7", "gowin"]


def test_all_are_alike_but_for_their_clocks(tmp_path, in_process):
    report, said = run(tmp_path, boards=("icebreaker", "ulx3s"))
    rows, folder = {row["figure"]: row for row in report.rows}, tmp_path / "reports/boards-made_up"
    assert rows["mismatches"]["icebreaker"] == rows["mismatches"]["ulx3s"] == "0 (computed)"
    assert rows["cycles_mean"]["icebreaker"] == rows["cycles_mean"]["ulx3s"]
    for name in ("icebreaker", "ulx3s"):
        clock = board_named(name).clock_hz / 1e6
        assert rows["clock_mhz"][name] == f"{clock:g} (computed)"
        kept = json.loads((folder / name / "report.json").read_text())
        assert kept["system"]["identity"]["part"].startswith(("iCE40", "ECP5"))
    assert "latency_us" in said and (folder / "report.html").is_file()


def test_more_samples_than_there_are_are_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(boards, "train", lambda *_, **__: pytest.fail("was trained"))
    with pytest.raises(DataError, match=(
        r"^made up has 5 test samples; samples= must be 1 to 5, not 6$"
    )):
        bench_boards(task=TASK, samples=6, build=tmp_path)


def test_bitstreams_give_size_and_clock_and_one_that_is_missed_says_so(
    tmp_path, in_process, monkeypatch
):
    def built(network, *, board, design, limit_s, build, progress):
        if board.name == "ulx3s":
            raise BuildError("the design does not fit")
        assert (network, limit_s, build) == (NETWORK, 60, tmp_path)
        progress("placing")
        return BITSTREAM

    monkeypatch.setattr(boards, "build_bitstream", built)
    report, said = run(tmp_path, boards=("icebreaker", "ulx3s"), place=True, limit_s=60)
    rows = {row["figure"]: row for row in report.rows}
    assert rows["fmax_mhz"]["icebreaker"] == "31.25 (post-route)"
    assert rows["fmax_mhz"]["ulx3s"] == rows["lut"]["ulx3s"] == "–"
    assert "There is no bitstream for ULX3S: the design does not fit\n" in said


def test_a_bitstream_whose_tool_is_missing_is_told_before_any_work(
    tmp_path, in_process, monkeypatch
):
    """The boards are compared all the same, and the page says why it has no clock of this one."""
    begun: list[str] = []

    def required(names):
        if "nextpnr-ecp5" in names:
            raise ToolError("nextpnr-ecp5 was not found")

    monkeypatch.setattr(boards, "require_all", required)
    monkeypatch.setattr(
        boards, "build_bitstream", lambda *_, board, **__: begun.append(board.name) or BITSTREAM
    )
    report, said = run(tmp_path, boards=("icebreaker", "ulx3s"), place=True)
    told = "There is no bitstream for ULX3S: nextpnr-ecp5 was not found\n"
    assert said.startswith(told) and said.count(told) == 2 and begun == ["icebreaker"]
    assert report.made["no bitstream of ULX3S"] == "nextpnr-ecp5 was not found"
    page = (tmp_path / "reports/boards-made_up/report.html").read_text()
    assert "no bitstream of ULX3S" in page


def test_the_engine_is_the_fastest_that_fits_all(monkeypatch):
    """By estimate; the smallest where none does, whose refusal then says by how much."""
    asked: list[str] = []

    def fitting(kinds):
        def estimate(network, *, boards, design):
            asked.append(str(design))
            small = design.fold is not None
            return SimpleNamespace(boards=[
                SimpleNamespace(fits=kinds[name] if not small else kinds[f"{name} small"])
                for name in boards
            ])
        return estimate

    chosen = [board_named("icebreaker"), board_named("ulx3s")]
    for fits, said in (
        ({"icebreaker": True, "ulx3s": None}, "event engine"),  # None: nothing is known of it
        ({"icebreaker": False, "ulx3s": True, "icebreaker small": True, "ulx3s small": True},
         "event engine, folded to 16 and 2 neurons"),
        ({"icebreaker": False, "ulx3s": True, "icebreaker small": False, "ulx3s small": True},
         str(EventDesign(fold=(16, 2), share=(8, 2), weights="loaded", commands="few"))),
    ):
        monkeypatch.setattr(board_designs, "estimate", fitting(fits))
        assert str(design_for(NETWORK, chosen)) == said
        assert asked[-1] == said


def test_the_table_of_the_page_has_figures_and_where_they_are_from(
    tmp_path, in_process, monkeypatch
):
    monkeypatch.setattr(boards_compared, "BLOCKS", {"boards-made_up": "made"})
    monkeypatch.setattr(boards_compared, "PAGE", page := tmp_path / "page.md")
    with pytest.raises(DataError, match=r"^there is no page .*page\.md; run this in the checkout"):
        run(tmp_path, boards=("icebreaker", "ulx3s"), pages=True)
    page.write_text("# A page\n\n<!-- generated: made -->\n<!-- end -->\n")
    run(tmp_path, boards=("icebreaker", "ulx3s"), pages=True, command="spikewright bench boards")
    text = page.read_text()
    assert "engine: event engine. command: spikewright bench boards." in text
    assert "| figure | unit | iCEBreaker | ULX3S |" in text
    assert "| `mismatches` |  | 0 (computed) | 0 (computed) |" in text
    assert "| `clock_mhz` | MHz | 24 (computed) | 80 (computed) |" in text


def test_a_task_without_a_table_is_refused_before_any_work(tmp_path):
    with pytest.raises(DataError, match=r"boards_compared\.md has tables of digits and mnist; le"):
        run(tmp_path, boards=("icebreaker", "ulx3s"), pages=True)


def test_a_board_that_answers_something_else_is_told(tmp_path, in_process):
    in_process.board = "ulx3s"
    with pytest.raises(DeviceError) as caught:
        run(tmp_path, boards=("icebreaker", "ulx3s"))
    assert str(caught.value).startswith(
        "the boards are not alike: ulx3s and icebreaker answer differently; ulx3s: 4 of "
    )


def test_a_board_that_is_named_twice_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"^the board ulx3s is named twice; name each once$"):
        run(tmp_path, boards=("ulx3s", "ulx3s"))


def test_one_board_is_no_comparison(tmp_path):
    with pytest.raises(DataError, match=r"^boards are compared with one another; name two, at l"):
        run(tmp_path, boards=("ulx3s",))
    with pytest.raises(ValueError, match="board is 'nosuch'; the nearest names are"):
        run(tmp_path, boards=("ulx3s", "nosuch"))


def test_a_board_that_there_is_not_is_refused_before_a_data_set_is_read(monkeypatch, capsys):
    monkeypatch.setattr(
        "spikewright.task.known.load_task", lambda *_, **__: pytest.fail("a data set was read")
    )
    assert cli.main(["bench", "boards", "--task", "mnist", "--board", "nope", "ulx3s"]) == 1
    assert capsys.readouterr().err.startswith("spikewright: --board is 'nope'; ")
