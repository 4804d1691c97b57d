"""The probe in the board's own gateware: on a virtual Arty A7, and against made answers."""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikewright.device.boards import open_board
from spikewright.device.gateware_probe import GatewareProbe, Sums
from spikewright.device.power import measure_power
from spikewright.device.probe import Reading
from spikewright.device.session import Session
from spikewright.errors import DeviceError, ReportError
from spikewright.gateware.board import BOARDS
from spikewright.job.measured_power import power_figures, with_power
from spikewright_hw.engine.example import example_network
from spikewright_hw.fixed import Format
from spikewright_hw.protocol import Command

from ..job.test_measured_power import REAL, measured

ARTY = BOARDS["arty-a7-35"]
NETWORK = example_network(
    sizes=(6, 3), steps=2, weight_bits=4, membrane=Format(8, 4), neurons=("li",)
)
#: Where in an answer the voltage and the current of each supply are.
NAMES = [sensor.name for sensor in ARTY.sensors]


class Answers(Session):
    """A session that gives sums, one after the other, and knows no link."""

    def __init__(self, *sums: Sums, board=ARTY):
        self._sums, self._board, self._virtual = iter(sums), board, False
        self._commands = frozenset(Command)

    @property
    def port(self) -> str:
        return "/dev/ttyUSB1"

    def sensors(self) -> Sums:
        return next(self._sums)


def sums(rounds: int, codes: dict[str, int], *, before: int = 0) -> Sums:
    """Return the sums of so many rounds of these codes; of the others it is code 100."""
    return Sums(
        (before + rounds) % 2**32,
        tuple(rounds * codes.get(name, 100) % 2**32 for name in NAMES),
    )


def test_a_reading_is_the_mean_since_the_one_before():
    board = Answers(
        sums(0, {}), sums(4, {"vccint": 21845, "isns0v95": 6554}),
        sums(8, {"vccint": 21845, "isns0v95": 6554}), sums(8, {"vccint": 21845, "isns0v95": 6554}),
        sums(16, {"vccint": 21845, "isns0v95": 9830}),
    )
    probe = GatewareProbe(board, supply="core")
    reading = probe.read()
    assert reading.volts == pytest.approx(1.0, abs=1e-4)
    assert reading.amperes == pytest.approx(0.2, abs=1e-4)  # 0.1 V, 500 mV an ampere
    assert probe.read().mw == pytest.approx(reading.mw)
    # The sums stand still once, which is no round; then 8 rounds of a mean of twice as much.
    assert probe.read().amperes == pytest.approx(2 * 2 * (2 * 9830 - 6554) / 65536 / 2)
    assert probe.name == (
        "converter on the die of the Artix-7 XC7A35T, vccint and isns0v95, scales unverified"
    )
    assert probe.tap == "core supply of the Arty A7-35T" and probe.simulator == ""


def test_a_window_begins_after_the_round_that_is_in_work():
    """Its mean has something in it of what was before the window."""
    board = Answers(
        sums(0, {}), sums(4, {"isns0v95": 500}), sums(4, {"isns0v95": 500}),
        sums(5, {"isns0v95": 500}), sums(10, {"isns0v95": 300}),
    )
    probe = GatewareProbe(board, supply="core")
    probe.begin()
    assert probe.read().amperes == pytest.approx(2.0 * (3000 - 2500) / 5 / 65536)


def test_sums_and_rounds_may_wrap():
    before, now = Sums(2**32 - 2, (2**32 - 5, 7)), Sums(2, (11, 27))
    assert now.since(before) == (4, (4.0, 5.0))
    payload = b"".join(one.to_bytes(4, "little") for one in (3, 4, 5))
    assert Sums.unpack(payload, sensors=2) == Sums(3, (4, 5))
    with pytest.raises(ValueError, match=r"^a POWER answer of 3 sensors has 16 bytes, not 12$"):
        Sums.unpack(payload, sensors=3)


def test_the_uncertainty_is_that_of_the_converter_and_of_what_is_before_it():
    probe = GatewareProbe(Answers(sums(0, {})), supply="core")
    assert probe.gain == pytest.approx(math.hypot(0.025, 0.01, 0.005) / math.sqrt(3))
    small, large = (
        probe.uncertainty_mw(Reading(volts=1.0, amperes=amperes)) for amperes in (0.0, 10.0)
    )
    offset = math.hypot(8 / 4096 * 2.0, 0.015) * 1e3 / math.sqrt(3)
    assert small == pytest.approx(offset)
    assert large == pytest.approx(math.hypot(offset, probe.gain * 10_000))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([sums(4, {}), sums(0, {})], "gives nothing any more; reset the board"),
        ([sums(0, {}), sums(70_000, {})], "made 70000 rounds since the reading before, and its"),
        ([sums(0, {}), sums(3, {"isns0v95": 65530})], "reads a code of 65530 at isns0v95, which"),
        ([sums(0, {}), sums(3, {"vccint": 0})], "reads a code of 0 at vccint, which is the end"),
    ],
)
def test_what_cannot_be_is_told(answers, said):
    probe = GatewareProbe(Answers(*answers), supply="core")
    with pytest.raises(DeviceError, match=f"^the converter of the board on /dev/ttyUSB1 {said}"):
        probe.read()


def test_a_converter_that_stands_still(monkeypatch):
    monkeypatch.setattr("spikewright.device.gateware_probe._ROUND_S", 0.01)
    probe = GatewareProbe(Answers(*[sums(5, {})] * 1_000_000), supply="core")
    with pytest.raises(DeviceError, match=r"has made no conversion for 0\.01 s$"):
        probe.read()


def test_supplies_that_there_are_not():
    for supply in ("memories", "usb"):
        with pytest.raises(ValueError, match=(
            rf"^supply is '{supply}'; of the supplies of the Arty A7-35T, a voltage and a current "
            r"are read of board, core$"
        )):
            GatewareProbe(Answers(sums(0, {})), supply=supply)


@pytest.fixture(scope="module")
def arty(tmp_path_factory):
    build = tmp_path_factory.mktemp("build")
    with open_board(NETWORK, board=ARTY, build=build) as opened:
        yield opened


def test_a_virtual_board_is_measured_and_called_simulated(arty):
    """The whole way: codes of the model, over the link, to figures."""
    spikes = np.ones((2, 6), int)
    probe = GatewareProbe(arty, supply="core")
    ticks = itertools.count()
    power = measure_power(
        probe, lambda: arty.run(spikes, times=2000), latency_us=3.0, trials=2,
        clock=lambda: 2.0 * next(ticks),
    )
    rests, works = 1.0 * 400 / 4096 * 2.0, 1.0 * 600 / 4096 * 2.0
    assert power.idle_mw == pytest.approx(1e3 * rests, rel=0.01)
    for trial in power.trials:
        assert trial.inferences % 2000 == 0 < trial.inferences
        assert 1e3 * rests < trial.work.mw <= 1e3 * works * 1.001
    assert power.simulator.startswith("Verilator ")
    figures = power_figures(power)
    assert {figure.provenance.kind for figure in figures} == {"simulated"}
    assert power.energy_uncertainty_uj > 0


def test_power_of_a_virtual_board_is_put_into_no_record():
    with pytest.raises(ReportError, match=r"^the power is of a virtual board, which takes none: i"):
        with_power(REAL, replace(measured(), simulator="Verilator 5"))


def test_what_the_board_runs_by_itself_would_be_ended(arty):
    probe = GatewareProbe(arty, supply="board")
    with pytest.raises(ValueError, match=r"is read over the link, where a byte ends what the "):
        measure_power(probe, arty.repeats(np.ones((2, 6), int)), latency_us=3.0)


def test_gateware_without_sensors(tmp_path):
    with open_board(NETWORK, build=tmp_path) as opened:
        assert Command.POWER not in opened.commands
        with pytest.raises(DeviceError) as caught:
            GatewareProbe(opened)
    assert str(caught.value) == (
        f"The gateware of the board on {opened.port} has no sensors of its supplies; use another "
        "probe, or a board whose file has some (of these, `arty-a7-35` and `arty-a7-100`)."
    )


def test_answers_of_other_sensors(arty):
    other: Any = replace(ARTY, sensors=ARTY.sensors[:2])
    arty._board, kept = other, arty._board
    try:
        with pytest.raises(DeviceError, match=r"answers POWER with something else: a POWER answer"):
            arty.sensors()
    finally:
        arty._board = kept
