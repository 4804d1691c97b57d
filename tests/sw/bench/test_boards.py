"""One network on a board of each family: the same answers, sound records, one page."""

import json
from contextlib import nullcontext
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from spikewright.bench import boards
from spikewright.bench.boards import FAMILIES, bench_boards
from spikewright.coding.ttfs import Ttfs
from spikewright.device.simulation import simulate
from spikewright.errors import BuildError, DataError, DeviceError
from spikewright.gateware.bitstream import Bitstream
from spikewright.gateware.board import BOARDS, board_named
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright.record.report import Report
from spikewright.task.task import Task
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


@pytest.fixture
def in_process(monkeypatch, undrawn):
    """The engine in Amaranth's simulator in the place of compiled boards, which may be wrong."""
    spoil = SimpleNamespace(board="")

    def opened(network, *, board, build):
        def infer_all(spikes):
            found = simulate(network, spikes, board=board)
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


def test_bitstreams_give_size_and_clock_and_one_that_is_missed_says_so(
    tmp_path, in_process, monkeypatch
):
    def built(network, *, board, limit_s, build, progress):
        if board.name == "ulx3s":
            raise BuildError("the design does not fit")
        assert (network, limit_s, build) == (NETWORK, 60, tmp_path)
        progress("placing")
        return Bitstream(
            path=tmp_path / "design.bin", clock_mhz=24, fmax_mhz=31.25, lut=4, ff=3, bram=2, dsp=0,
            available={}, seed=7, tools=("yosys 1", "nextpnr-ice40 2", "icepack 3"),
        )

    monkeypatch.setattr(boards, "build_bitstream", built)
    report, said = run(tmp_path, boards=("icebreaker", "ulx3s"), place=True, limit_s=60)
    rows = {row["figure"]: row for row in report.rows}
    assert rows["fmax_mhz"]["icebreaker"] == "31.25 (post-route)"
    assert rows["fmax_mhz"]["ulx3s"] == rows["lut"]["ulx3s"] == "–"
    assert "There is no bitstream for ULX3S: the design does not fit\n" in said


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
