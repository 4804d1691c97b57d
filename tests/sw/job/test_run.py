"""The main job around a board that is played by the reference: what it concludes."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from spikewright import tools
from spikewright.coding.coding import encode
from spikewright.coding.ttfs import Ttfs
from spikewright.device.answers import Answers, Inference
from spikewright.device.boards import VIRTUAL
from spikewright.device.connect import UNKNOWN_SIMULATOR
from spikewright.device.power import Power, Trial, Window
from spikewright.device.probe_choice import ProbeChoice
from spikewright.errors import BuildError, DataError, DeviceError, ToolError
from spikewright.gateware.bitstream import Bitstream
from spikewright.gateware.board import BOARDS, DEFAULT_BOARD
from spikewright.job import run as job
from spikewright.job.observations import make_report
from spikewright.job.run_options import RunOptions
from spikewright.network.reference import run
from spikewright.network.training_config import TrainingConfig, training_config
from spikewright.quantized.network import Provenance, QuantizedNetwork
from spikewright.quantized.spw import read, write
from spikewright.record.stored import report_name
from spikewright.task.known import load_task
from spikewright_hw.engine import reference
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format
from spikewright_hw.network import Network
from spikewright_hw.protocol import Kind

BITSTREAM = Bitstream(
    path=Path("design.bit"), clock_mhz=80.0, fmax_mhz=90.0, lut=1, ff=1, bram=1, dsp=0,
    available={}, seed=1, tools=("yosys 1", "nextpnr-ecp5 1", "ecppack 1"),
)  # fmt: skip


def model(folder: Path, *, outputs: int = 10) -> Path:
    coding = Ttfs()
    network = example_network(
        sizes=(64, 4, outputs), steps=coding.steps, weight_bits=4, membrane=Format(8, 2)
    )
    provenance = Provenance(data_set="digits", seed=0, accuracy_float=0.5, accuracy_integer=0.1)
    path = folder / "model.spw"
    write(path, QuantizedNetwork(network=network, coding=coding, provenance=provenance))
    return path


@cache
def inference(network: Network, bitmaps: tuple[int, ...]) -> Inference:
    result, trace = reference.run(network, bitmaps)
    return Inference(replace(result, cycles=50), trace)


def answered(network, spikes, **how) -> Answers:
    """What a board answers that is as right as the reference, in 50 cycles."""
    given = []
    for sample in np.asarray(spikes, int).tolist():
        bitmaps = tuple(sum(bit << at for at, bit in enumerate(step)) for step in sample)
        given.append(inference(network, bitmaps))
    how = {
        "board": BOARDS[DEFAULT_BOARD], "design": EventDesign(), "clock_hz": 80_000_000,
        "simulator": "", **how,
    }
    return Answers(sent=spikes, inferences=tuple(given), **how)


@pytest.fixture
def board(monkeypatch, undrawn):
    """A board at any port, as right as the reference, but for what ``break_it`` does."""
    played = SimpleNamespace(kind=Kind.REAL, clock_hz=80_000_000, break_it=lambda one: one)

    class Opened:
        def __init__(self, network, *, port, board, design, rate, build):
            self.network = network.network
            self.how = {"board": board, "design": design}

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def close(self):
            pass

        def infer_all(self, spikes, *, progress):
            simulator = "" if played.kind == Kind.REAL else UNKNOWN_SIMULATOR
            right = answered(
                self.network, spikes, clock_hz=played.clock_hz, simulator=simulator, **self.how
            )
            given = list(right.inferences)
            given[7] = played.break_it(given[7])
            return replace(right, inferences=tuple(given))

    monkeypatch.setattr(job, "open_board", Opened)
    monkeypatch.setattr(job, "check_port", lambda port: None)
    monkeypatch.setattr(job, "build_bitstream", lambda *_, **__: BITSTREAM)
    return played


@pytest.fixture
def probed(monkeypatch) -> SimpleNamespace:
    """A probe that gives made trials, or ``fails``; ``missing`` is what it says at once."""
    played = SimpleNamespace(
        choice=ProbeChoice(name="ina226", settings={"shunt_ohm": 1.0, "tap": "core rail"}),
        fails=None, missing=None, checked=[], given={},
    )

    def check(choice, board):
        if played.missing:
            raise played.missing
        played.checked.append("board file")

    def measure(session, choice, *, inputs, latency_us):
        played.given |= {"latency_us": latency_us, "inputs": inputs}
        if played.fails:
            raise played.fails
        window = Window(mw=20.0, seconds=10.0, readings=100)
        trial = Trial(idle=window, work=replace(window, mw=30.0), inferences=1_000_000)
        return Power(
            instrument="INA226", tap=choice.settings["tap"], trials=(trial,) * 5,
            latency_us=latency_us, uncertainty_mw=0.1, gain=0.01,
        )

    monkeypatch.setattr(ProbeChoice, "check", check)
    monkeypatch.setattr(
        ProbeChoice, "check_session", lambda choice, board: played.checked.append("open board")
    )
    monkeypatch.setattr(job, "board_power", measure)
    return played


def figures(build: Path) -> dict[str, dict]:
    report = json.loads((build / "reports" / "run" / "report.json").read_text())
    return {figure["name"]: figure for figure in report["figures"]}


def options(tmp_path: Path) -> RunOptions:
    build = tmp_path / "build"
    return RunOptions(network=model(tmp_path), port="/dev/ttyTest", build=build)


def test_counters_of_a_real_board_are_counted(board, tmp_path):
    job.main_job(options(tmp_path))
    found = figures(tmp_path / "build")
    assert found["mismatches"]["value"] == 0
    assert found["cycles_mean"] | {"source": None, "detail": None} == {
        "name": "cycles_mean", "value": 50.0, "unit": "cycles", "provenance": "counted",
        "source": None, "detail": None,
    }  # fmt: skip


def test_a_virtual_board_is_known_at_any_port(board, tmp_path):
    board.kind = Kind.VIRTUAL
    job.main_job(options(tmp_path))
    cycles = figures(tmp_path / "build")["cycles_mean"]
    assert cycles["provenance"] == "simulated"
    assert cycles["source"]["simulator"] == "unknown simulator"  # it was not made here


def test_a_probe_measures_the_board_after_its_samples(board, tmp_path, probed):
    """On the sample whose inference takes about as long as the mean; the record says by what."""
    job.main_job(replace(options(tmp_path), probe=probed.choice))
    assert probed.checked == ["board file", "open board"]
    found = figures(tmp_path / "build")
    assert found["energy_per_inference_uj"]["provenance"] == "measured"
    assert found["energy_per_inference_uj"]["source"]["instrument"] == "INA226"
    assert probed.given["latency_us"] == found["latency_us"]["value"]
    assert probed.given["inputs"].shape == (Ttfs().steps, 64)


def test_power_that_cannot_be_measured_leaves_the_other_results(board, tmp_path, probed):
    probed.fails = DeviceError("the probe INA226 at 0x40 on a bus does not answer")
    with pytest.raises(DeviceError, match=r"^no power was measured: the probe INA226 .* answer; .*"
                       r"report\.html reports everything else$"):
        job.main_job(replace(options(tmp_path), probe=probed.choice))
    found = figures(tmp_path / "build")
    assert found["mismatches"]["value"] == 0
    assert found["energy_per_inference_uj"]["provenance"] == "estimated"


def test_a_probe_that_is_not_there_is_told_before_any_work(board, tmp_path, probed, monkeypatch):
    probed.missing = DeviceError("the I2C adapter /dev/i2c-1 cannot be opened")
    monkeypatch.setattr(job, "open_board", lambda *_, **__: pytest.fail("opened"))
    monkeypatch.setattr(job, "build_bitstream", lambda *_, **__: pytest.fail("built"))
    with pytest.raises(DeviceError, match=r"^the I2C adapter"):
        job.main_job(replace(options(tmp_path), probe=probed.choice))


def test_a_probe_is_of_a_real_board_that_is_run(tmp_path, probed):
    for wrong, said in (
        ({"port": VIRTUAL}, "the board is virtual; name the port of a real one by port=$"),
        ({"build_only": True}, "of a board that is run, and build_only is True; leave one of the"),
    ):
        with pytest.raises(ValueError, match=f"^probe is given, .*{said}"):
            replace(options(tmp_path), probe=probed.choice, **wrong)


def test_latency_is_stated_at_the_clock_that_the_board_has(board, tmp_path):
    board.clock_hz = 25_000_000
    job.main_job(options(tmp_path))
    assert figures(tmp_path / "build")["latency_us"]["value"] == 2.0


def test_one_wrong_value_fails_the_job_after_its_report(board, tmp_path):
    board.break_it = lambda one: replace(one, result=replace(one.result, synops=99))
    with pytest.raises(DeviceError) as caught:
        job.main_job(options(tmp_path))
    assert str(caught.value).startswith("1 of ")
    assert "differ between the board and the reference" in str(caught.value)
    assert figures(tmp_path / "build")["mismatches"]["value"] == 1


def test_a_network_for_another_task(board, tmp_path):
    wrong = replace(options(tmp_path), network=model(tmp_path, outputs=3))
    with pytest.raises(DataError) as caught:
        job.main_job(wrong)
    assert str(caught.value) == (
        "the network has 3 outputs, but digits has 10 classes; give network= a network for it"
    )


@pytest.mark.parametrize(("name", "folder"), [
    ("digits-stratified", "run-digits-stratified"), ("my digits/2", "run-my_digits_2"),
    ("../..", "run-task"), ("x" * 300, "run-" + "x" * 80), ("digits", "run"),
])
def test_each_task_has_its_own_report(board, tmp_path, name, folder):
    build = tmp_path / "build"
    job.main_job(replace(options(tmp_path), task=replace(load_task(), name=name)))
    assert [path.name for path in (build / "reports").iterdir()] == [folder]
    assert json.loads((build / "reports" / folder / "report.json").read_text())["name"] == folder
    other = replace(load_task(), name=name, x_test=load_task().x_test[::-1])
    if name == "digits":  # another task of that name has another report
        job.main_job(replace(options(tmp_path), task=other))
        assert (build / "reports" / "run-digits" / "report.json").is_file()


def test_samples_that_the_coding_of_the_network_does_not_take(board, tmp_path):
    wide = replace(load_task(), name="bright", low=0, high=32, x_test=load_task().x_test * 2)
    with pytest.raises(DataError) as caught:
        job.main_job(replace(options(tmp_path), task=wide))
    said = str(caught.value)
    assert said.startswith("the network's coding does not take the samples of bright: value ")
    assert said.endswith("; give network= a network for it")


def test_a_network_that_is_trained_takes_no_training(tmp_path):
    with pytest.raises(ValueError) as caught:
        replace(options(tmp_path), config=TrainingConfig())
    assert str(caught.value) == (
        "config is given, but network is one that is trained already; leave one of the two out"
    )


def test_a_network_may_be_given_itself_and_is_trained_as_told(board, tmp_path, monkeypatch):
    given = read(model(tmp_path))
    job.main_job(replace(options(tmp_path), network=given))
    before = figures(tmp_path / "build")
    config = replace(TrainingConfig(), batch=7)
    asked = []
    monkeypatch.setattr(
        job, "train", lambda task, config, *, seed, **_: asked.append((config, seed)) or given
    )
    job.main_job(replace(options(tmp_path), network=None, config=config, seeds=(3, 5)))
    assert asked == [(config, 3), (config, 5)]
    assert figures(tmp_path / "build")["mismatches"] == before["mismatches"]


def test_what_the_engine_cannot_run_is_refused_before_it_is_trained(board, tmp_path, monkeypatch):
    config = training_config(load_task(), hidden=(9,), steps=3)
    asked = []

    def refuse(design, network):
        asked.append((design, [len(layer.weights) for layer in network.layers], network.steps))
        raise DataError("the network cannot run")

    monkeypatch.setattr(job, "train", lambda *_, **__: pytest.fail("trained"))
    monkeypatch.setattr(job, "check_design", refuse)
    chosen = replace(options(tmp_path), network=None, config=config)
    with pytest.raises(DataError, match=r"^the network cannot run$"):
        job.main_job(chosen)
    assert asked == [(chosen.design, [64, 9], 3)]


def test_the_first_samples_alone(board, tmp_path):
    """The board answers them; the integer reference answers the whole test split, as always."""
    job.main_job(options(tmp_path))
    whole = figures(tmp_path / "build")
    report = job.main_job(replace(options(tmp_path), samples=9))
    assert report is not None
    some = figures(tmp_path / "build")
    first = "the first 9 of the 360 samples of the test split"
    assert report.summary.endswith(f" {first[0].upper()}{first[1:]}.")
    page = (tmp_path / "build" / "reports" / "run" / "report.html").read_text()
    assert f"{first[0].upper()}{first[1:]} were run on the board." in page
    assert some["accuracy_integer"] == whole["accuracy_integer"]
    assert some["accuracy_integer"]["detail"]["samples"] == 360
    counted = {"accuracy_device", "cycles_mean", "cycles_max", "latency_us",
               "synops_per_inference", "input_events_per_inference", "spikes_per_inference"}
    for name in counted:
        assert some[name]["detail"]["samples"] == 9, name
        assert whole[name]["detail"]["samples"] == 360, name
    assert first in some["accuracy_device"]["source"]["method"]
    assert some["compared"]["value"] * 40 == whole["compared"]["value"]


def test_no_more_samples_than_there_are(board, tmp_path, monkeypatch):
    monkeypatch.setattr(job, "open_board", lambda *_, **__: pytest.fail("was opened"))
    with pytest.raises(DataError) as caught:
        job.main_job(replace(options(tmp_path), samples=361))
    assert str(caught.value) == (
        "digits has 360 test samples; samples= must be 1 to 360, not 361"
    )


@pytest.mark.parametrize("samples", [0, -3, 1.5, True, "9"])
def test_samples_are_a_number_of_them(tmp_path, samples):
    with pytest.raises(ValueError, match=r"^samples is .*; it must be a whole number"):
        replace(options(tmp_path), samples=samples)


def test_answers_of_other_samples_are_refused():
    task, network = load_task(), example_network(
        sizes=(64, 4, 10), steps=4, weight_bits=4, membrane=Format(8, 2)
    )
    quantized = QuantizedNetwork(
        network=network, coding=Ttfs(),
        provenance=Provenance(data_set="", seed=0, accuracy_float=0.5, accuracy_integer=0.1),
    )
    for spikes, said in (
        (
            encode(task.x_test[1:3], Ttfs()),
            "answers are not those of the first 2 samples of digits; run these",
        ),
        (
            encode(task.x_train[:361], Ttfs()),
            ("answers has 361 samples, and the test part of digits has 360; run the whole test "
            "part, or its first samples"),
        ),
    ):
        expected = run(network, spikes)
        answers = answered(network, spikes)
        with pytest.raises(DataError) as caught:
            make_report(answers, expected, task=task, network=quantized)
        assert str(caught.value) == said


def test_a_bitstream_alone(board, tmp_path, monkeypatch):
    """A network that is given needs no task; of a task, the first seed's is built."""
    monkeypatch.setattr(job, "open_board", lambda *_, **__: pytest.fail("was opened"))
    chosen = replace(options(tmp_path), build_only=True)
    assert job.build_job(chosen) is BITSTREAM and job.main_job(chosen) is None
    other = replace(chosen, network=model(tmp_path, outputs=3))
    assert job.build_job(other) is BITSTREAM
    with pytest.raises(DataError, match=r"^the network has 3 outputs, but digits has 10 classes;"):
        job.build_job(replace(other, task=load_task()))
    given, asked = read(model(tmp_path)), []
    monkeypatch.setattr(
        job, "train", lambda task, config, *, seed, **_: asked.append((task.name, seed)) or given
    )
    assert job.build_job(replace(chosen, network=None, seeds=(5, 6))) is BITSTREAM
    assert asked == [("digits", 5)]


def test_a_bitstream_alone_and_none_of_it(tmp_path):
    with pytest.raises(ValueError) as caught:
        replace(options(tmp_path), build_only=True, bitstream=False)
    assert str(caught.value) == (
        "build_only is True, and bitstream is False; leave one of the two out"
    )


def test_the_report_of_a_task_is_found_by_the_task(board, tmp_path):
    for task in (load_task(), replace(load_task(), name="my digits/2")):
        report = job.main_job(replace(options(tmp_path), task=task))
        assert report is not None and report_name(task) == report.name
    assert report_name("digits") == "run" and report_name("mnist") == "run-mnist"
    assert report_name("mnist", stochastic=True) == "run_stochastic-mnist"
    with pytest.raises(ValueError, match=r"^task is 'nosuch'; there are digits, mnist"):
        report_name("nosuch")


SIZES = {"fmax_mhz", "lut", "ff", "bram", "dsp"}


def test_a_bitstream_that_fails_leaves_the_report_of_everything_else(
    board, tmp_path, monkeypatch
):
    job.main_job(options(tmp_path))
    whole = figures(tmp_path / "build")

    def fails(*_, **__):
        raise BuildError("the design reaches 58.0 MHz")

    monkeypatch.setattr(job, "build_bitstream", fails)
    page = tmp_path / "build" / "reports" / "run" / "report.html"
    page.unlink()
    with pytest.raises(BuildError) as caught:
        job.main_job(options(tmp_path))
    assert str(caught.value) == (
        f"there is no bitstream: the design reaches 58.0 MHz; {page} reports everything else"
    )
    assert "There is no bitstream: the design reaches 58.0 MHz." in page.read_text()
    assert figures(tmp_path / "build").keys() == whole.keys() - SIZES
    assert whole.keys() >= SIZES


def test_no_bitstream_needs_none_of_its_tools(board, tmp_path, monkeypatch):
    for name in ("nextpnr-ecp5", "ecppack", "yosys", "pyosys"):
        monkeypatch.setitem(tools.TOOLS, name, replace(tools.TOOLS[name], search=()))
    monkeypatch.setattr(job, "build_bitstream", lambda *_, **__: pytest.fail("was built"))
    job.main_job(replace(options(tmp_path), bitstream=False))
    assert not SIZES & figures(tmp_path / "build").keys()
    page = tmp_path / "build" / "reports" / "run" / "report.html"
    assert "There is no bitstream: none was asked for." in page.read_text()


ADVICE = " Or run without a bitstream: bitstream=False."


@pytest.mark.parametrize(
    ("missing", "changes", "advice"),
    [
        (("nextpnr-ecp5",), {}, ADVICE),
        (("ecppack",), {}, ADVICE),
        (("nextpnr-ecp5", "ecppack"), {}, ADVICE),
        (("yosys", "pyosys"), {}, ADVICE),
        (("nextpnr-ecp5",), {"build_only": True}, ""),
        (("verilator",), {"port": VIRTUAL}, ""),
        (("make", "c++"), {"port": VIRTUAL}, ""),
        (("perl",), {"port": VIRTUAL, "bitstream": False}, ""),
    ],
)
def test_what_is_missing_is_said_before_any_work(
    board, tmp_path, monkeypatch, missing, changes, advice
):
    for name in missing:
        monkeypatch.setitem(tools.TOOLS, name, replace(tools.TOOLS[name], search=()))
    monkeypatch.setattr(job, "read", lambda path: pytest.fail("worked"))
    with pytest.raises(ToolError) as caught:
        job.main_job(replace(options(tmp_path), **changes))
    said = re.findall(r"(\S+) was not found; without it, ", str(caught.value))
    assert said == [name for name in missing if name != "yosys"]  # named by the better of the two
    assert str(caught.value).endswith(f".{advice}")
