"""Probes by their names: what is refused, and when."""

import re
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from spikewright.device import board_power as measuring
from spikewright.device import probe_choice
from spikewright.device.board_power import board_power
from spikewright.device.power import Power, measure_power
from spikewright.device.probe_choice import PROBES, ProbeChoice
from spikewright.errors import DataError, DeviceError, ToolError
from spikewright.gateware.board import BOARDS
from spikewright_hw.protocol import Command

from .test_gateware_probe import ARTY, Answers, sums
from .test_power import Part226

SHUNT = {"shunt_ohm": "0.5", "tap": "core rail"}
SCOPE = {"tap": "5 V", "current_gain": "0.002", "voltage_gain": "0.002", "current_offset": "1e-6",
         "limits": "a data sheet"}
FILE = {"path": "power.csv", "instrument": "a meter", "tap": "5 V", "inferences": "100",
        "relative": "0.01"}
#: Windows of ten seconds, idle and at work.
ROWS = "time_s,volts,amperes,busy\n" + "".join(
    f"{at},1.2,{0.02 if busy else 0.01},{busy}\n"
    for busy in (0, 1) for at in range(100 * busy, 100 * busy + 12, 2)
)


@pytest.fixture
def bus(monkeypatch) -> Part226:
    """An adapter with an INA226 on it, of a shunt of half an ohm."""
    part = Part226(shunt=0.5)
    part.closed = 0  # pyright: ignore[reportAttributeAccessIssue]  # a model, for this test

    def opened(name: str) -> Part226:
        part.name = name
        return part

    def close() -> None:
        part.closed += 1  # pyright: ignore[reportAttributeAccessIssue]

    part.close = close  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setattr(probe_choice, "I2cBus", opened)
    return part


class Played(Answers):
    """A board that is open, and runs what it is told in no time."""

    def __init__(self, *given, board=ARTY, commands=frozenset(Command), virtual=False):
        super().__init__(*given, board=board)
        self._commands, self._virtual, self._simulator = commands, virtual, "Verilator 5"
        self.asked: list[int] = []

    def infer(self, inputs) -> Any:
        return SimpleNamespace(cycles=500)

    def hello(self) -> Any:
        return SimpleNamespace(clock_hz=50_000_000)

    def run(self, inputs, *, times: int) -> Any:
        self.asked.append(times)
        return SimpleNamespace(inferences=times)


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("ina260", {}, "probe is 'ina260'; there are ina219, ina226, joulescope, gateware, csv"),
        ("ina219", {"tap": "core"}, "probe: ina219 also needs shunt_ohm"),
        ("csv", {"path": "x"}, "probe: csv also needs instrument, tap, inferences, relative"),
        ("gateware", {"rail": "core"}, "probe: gateware has no setting 'rail'; it has supply"),
        ("ina226", {**SHUNT, "shunt_ohm": "1 ohm"}, "probe: shunt_ohm is '1 ohm', and not a numb"),
        ("ina226", {**SHUNT, "address": "forty"}, "probe: address is 'forty', and not a whole num"),
        ("csv", {**FILE, "inferences": "1.5"}, "probe: inferences is '1.5', and not a whole numb"),
        ("csv", {**FILE, "instrument": " "}, "probe: instrument is empty; it must be text"),
        ("ina226", {**SHUNT, "shunt_ohm": ""}, "probe: shunt_ohm is empty; it must be a number"),
    ],
)
def test_a_choice_that_is_none(name, settings, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        ProbeChoice(name=name, settings=settings)


def test_texts_become_numbers():
    chosen = ProbeChoice(name="ina226", settings=SHUNT | {"address": "0x41"})
    assert chosen.settings == {"shunt_ohm": 0.5, "tap": "core rail", "address": 0x41}
    assert ProbeChoice(name="csv", settings=FILE).settings["inferences"] == 100
    assert {*PROBES} == {"ina219", "ina226", "joulescope", "gateware", "csv"}


@pytest.mark.parametrize(
    ("choice", "kind", "said"),
    [
        (("ina226", SHUNT | {"bus": "/dev/i2c-77"}), DeviceError, "the I2C adapter /dev/i2c-77 c"),
        (("ina226", SHUNT | {"shunt_ohm": "-1"}), ValueError, "probe: shunt_ohm is -1.0; it must"),
        (("gateware", {"supply": "bram"}), ValueError, "probe: supply is 'bram'; of the supplies"),
        (("csv", FILE), DataError, "power.csv cannot be read as the file of an instrument"),
    ],
)
def test_what_is_wrong_with_a_probe_is_known_before_a_board_is_opened(
    choice, kind, said, tmp_path, monkeypatch, request
):
    monkeypatch.chdir(tmp_path)
    if "-1" in choice[1].values():
        request.getfixturevalue("bus")
    with pytest.raises(kind, match=f"^{re.escape(said)}"):
        ProbeChoice(name=choice[0], settings=choice[1]).check(ARTY)


def test_another_part_on_the_bus_and_no_package(bus, monkeypatch):
    bus.die = 0x1234
    with pytest.raises(DeviceError, match="on /dev/i2c-9 says that it is 0x5449 0x1234, another"):
        ProbeChoice(name="ina226", settings=SHUNT | {"bus": "/dev/i2c-9"}).check(ARTY)
    assert bus.closed == 1
    monkeypatch.setitem(sys.modules, "joulescope", None)
    with pytest.raises(ToolError, match=r"^the package joulescope, which reads the instrument"):
        ProbeChoice(name="joulescope", settings=SCOPE).check(ARTY)


def test_a_board_without_sensors_is_told_from_its_file():
    with pytest.raises(DeviceError, match=r"^ULX3S has no sensors of its supplies; use another "
                       "probe, or a board whose file has some: arty-a7-35 and arty-a7-100$"):
        ProbeChoice(name="gateware").check(BOARDS["ulx3s"])


@pytest.mark.parametrize(
    ("choice", "session", "said"),
    [
        (("ina226", SHUNT), {"virtual": True}, "The board on .* is virtual and takes no power tha"),
        (("csv", FILE), {"virtual": True}, "The board on .* is virtual and takes no power"),
        (("gateware", {}), {"commands": frozenset()}, "The gateware of the board on .* was built"),
        (("joulescope", SCOPE), {"commands": frozenset()}, "The board on .* was built without RUN"),
    ],
)
def test_a_board_whose_power_the_probe_cannot_read(choice, session, said):
    session = {"commands": frozenset(Command), **session}
    board = Played(**session)
    if choice[0] == "gateware":
        board.sensors = lambda: Answers.__mro__[1].sensors(board)  # that of a Session
    with pytest.raises(DeviceError, match=f"^{said}"):
        ProbeChoice(name=choice[0], settings=choice[1]).check_session(board)


def test_a_board_is_measured_with_what_its_probe_can_see(bus, monkeypatch):
    """An instrument while the board runs by itself; the converter in runs that end."""
    works: list[Any] = []

    def measured(probe, work, *, latency_us, window_s, trials):
        works.append((probe.name, work, latency_us))

    monkeypatch.setattr(measuring, "measure_power", measured)
    inputs = np.zeros((2, 6))
    board = Played(*[sums(at, {}) for at in range(9)])
    board.repeats = lambda inputs: "repeats"  # pyright: ignore[reportAttributeAccessIssue]
    board_power(board, ProbeChoice(name="ina226", settings=SHUNT), inputs=inputs)
    assert works.pop() == ("INA226, shunt 0.5 Ω", "repeats", 10.0)
    board_power(board, ProbeChoice(name="gateware", settings={"supply": "core"}),
                inputs=inputs, latency_us=3.0)
    _, work, latency = works.pop()
    assert board.asked == [16] and latency == 3.0
    work()
    assert board.asked[1] > 16  # a run of about a second of a board that takes no time

    without = Played(commands=frozenset())
    board_power(without, ProbeChoice(name="ina226", settings=SHUNT), inputs=inputs)
    assert works.pop()[1]().cycles == 500


def test_a_file_is_taken_with_the_latency_of_the_board(tmp_path):
    path = tmp_path / "power.csv"
    path.write_text(ROWS)
    power = board_power(
        Played(), ProbeChoice(name="csv", settings=FILE | {"path": str(path)}),
        inputs=np.zeros((2, 6)),
    )
    assert isinstance(power, Power) and power.latency_us == 10.0
    assert power.idle_mw == pytest.approx(12) and power.instrument == "a meter"


def test_the_windows_of_a_chosen_probe_are_those_of_any_other(bus, monkeypatch):
    """Through to the end, with a clock of its own for ten seconds."""
    ticks = iter(range(10_000))
    monkeypatch.setattr(
        measuring, "measure_power",
        lambda probe, work, **how: measure_power(probe, work, clock=lambda: next(ticks), **how),
    )
    board = Played(commands=frozenset())
    power = board_power(board, ProbeChoice(name="ina226", settings=SHUNT), inputs=np.zeros(1),
                        trials=1)
    assert power.idle_mw == pytest.approx(12) and power.tap == "core rail"
    assert bus.closed == 1
