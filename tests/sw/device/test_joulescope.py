"""A Joulescope, by a module that has the signatures of its maker's package, version 1.5.0."""

import math
import sys
from types import ModuleType

import numpy as np
import pytest

import spikewright as spw
from spikewright.device.joulescope_probe import Joulescope
from spikewright.device.power import measure_power
from spikewright.device.repeats import Ran, Repeats
from spikewright.errors import DeviceError, ToolError
from spikewright_hw.engine.record import Result

GIVEN = {
    "tap": "core rail", "current_gain": 0.003, "voltage_gain": 0.004, "current_offset": 1e-5,
    "limits": "a data sheet",
}


class Device:
    """Two million samples a second there, a thousand here: currents, then voltages."""

    def __init__(self, serial="JS220-000415", *, amperes=0.01):
        self.serial, self.amperes, self.held = serial, amperes, False
        self.fault = self.gone = None

    def __str__(self):
        return self.serial

    def open(self, event_callback_fn=None, mode=None, timeout=None):
        if self.fault:
            raise RuntimeError(self.fault)
        self.held = True

    def close(self, timeout=None):
        self.held = False

    def read(self, duration=None, contiguous_duration=None, out_format=None, fields=None):
        assert self.held and duration is None and contiguous_duration is not None
        if self.gone is not None:
            return self.gone()
        count = round(1000 * contiguous_duration)
        return np.column_stack([np.full(count, self.amperes), np.full(count, 1.2)]).astype("f4")


@pytest.fixture
def plugged(monkeypatch):
    """Return the instruments that are plugged in, to be changed."""
    devices = [Device()]

    def scan(name=None, config=None):
        assert config == "auto"
        return devices

    module = ModuleType("joulescope")
    module.scan = scan  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "joulescope", module)
    return devices


def test_it_reads_a_mean_and_is_closed_after(plugged):
    with spw.Joulescope(**GIVEN) as probe:
        reading = probe.read()
        assert reading.volts == pytest.approx(1.2) and reading.amperes == pytest.approx(0.01)
        assert probe.name == "Joulescope JS220-000415, limits: a data sheet"
        assert plugged[0].held
    assert not plugged[0].held


def test_the_power_is_the_mean_of_products(plugged):
    """Not the product of means: a supply that sags where the current rises."""
    plugged[0].gone = lambda: [[0.0, 2.0], [1.0, 1.0]]
    with Joulescope(**GIVEN) as probe:
        assert probe.read().mw == pytest.approx(500)


def test_uncertainties_add_in_squares(plugged):
    with Joulescope(**GIVEN) as probe:
        reading = probe.read()  # 12 mW; gains of 0.3 % and 0.4 % are 0.5 %
        assert probe.gain == pytest.approx(0.005 / math.sqrt(3))
        found = probe.uncertainty_mw(reading)
    assert found == pytest.approx(math.hypot(0.012, 0.005 * 12) / math.sqrt(3))


class Counted(Repeats):
    """A board that does 1000 inferences a second, and draws 12 mA while it does."""

    def __init__(self, device, clock):
        self.device, self.clock = device, clock

    def begin(self):
        self.started, self.device.amperes = self.clock.now, 0.012

    def end(self):
        self.device.amperes = 0.010
        done = round((self.clock.now - self.started) * 1000)
        return Ran(result=Result(0, 1, 0, 0, (), ()), inferences=done, cycles=done)


class Time:
    """A clock that each look at it takes a little of."""

    now = 0.0

    def __call__(self):
        self.now += 0.1
        return self.now


def test_a_board_is_measured_by_it(plugged):
    clock = Time()
    with Joulescope(**GIVEN) as probe:
        board = Counted(plugged[0], clock)
        power = measure_power(probe, board, latency_us=5.0, clock=clock, trials=2)
        assert power.gain == probe.gain and power.instrument == probe.name
    assert power.idle_mw == pytest.approx(12.0)
    assert power.dynamic_uj == pytest.approx(2.4, rel=0.01)


def test_it_sees_nothing_between_its_readings(plugged):
    said = r"^Joulescope JS220-.* sees nothing between .* board\.repeats\(spikes\)$"
    with Joulescope(**GIVEN) as probe, pytest.raises(ValueError, match=said):
        measure_power(probe, lambda: None, latency_us=5.0)


def test_the_package_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "joulescope", None)
    said = r'joulescope, which reads .* `pip install "spikewright\[joulescope\]"` brings it$'
    with pytest.raises(ToolError, match=said):
        Joulescope(**GIVEN)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([], "no Joulescope is there; plug it in, and see whether you may use its USB device"),
        (["JS110-1", "JS220-2"], "there are 2 Joulescopes, JS110-1, JS220-2; unplug all but one"),
    ],
)
def test_none_and_two(plugged, there, said):
    plugged[:] = map(Device, there)
    with pytest.raises(DeviceError, match=f"^{said}$"):
        Joulescope(**GIVEN)


def test_another_program_has_it(plugged):
    plugged[0].fault = "open failed"
    with pytest.raises(DeviceError, match=r"^JS220-000415 cannot be opened: open failed; end "):
        Joulescope(**GIVEN)


def unplugged():
    raise OSError("no such device")


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (unplugged, "does not answer: no such device; see whether it is still plugged in"),
        (lambda: [], r"gave an array of shape \(0,\); it must have a current and a voltage"),
        (lambda: [[1.0, 1.2, 0.0]], r"gave an array of shape \(1, 3\); it must have a current"),
        (lambda: [[math.nan, 1.2]], "lost samples; plug it into a port of its own"),
        (lambda: [[0.01, -1.2]], "reads -1.2 V; see whether the supply is on, and runs through"),
    ],
)
def test_an_instrument_that_answers_nonsense(plugged, gone, said):
    with Joulescope(**GIVEN) as probe:
        plugged[0].gone = gone
        with pytest.raises(DeviceError, match=f"^JS220-000415 {said}"):
            probe.read()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"current_gain": 2}, "current_gain is 2; it must be a number from 0 to 1"),
        ({"voltage_gain": -1}, "voltage_gain is -1; it must be a number from 0 to 1"),
        ({"current_offset": -1}, "current_offset is -1; it must be a number from 0 to 10"),
        ({"limits": " "}, "limits is empty; name the data sheet that the limits are of"),
        ({"seconds": 0}, "seconds is 0; it must be a number from 0.001 to 30"),
        ({"tap": 3}, "tap is 3; it must be a text"),
    ],
)
def test_arguments_that_cannot_be(plugged, wrong, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        Joulescope(**GIVEN | wrong)
