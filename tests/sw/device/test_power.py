"""Probes against models of their registers, and windows of power."""

import itertools
import math
from abc import ABC, abstractmethod
from dataclasses import replace

import pytest

from spikewright.device.i2c_probe import I2cBus, Ina219, Ina226
from spikewright.device.power import Power, Trial, Window, measure_power, power_of_csv
from spikewright.device.probe import Reading
from spikewright.device.repeats import Ran, Repeats
from spikewright.errors import DataError, DeviceError
from spikewright_hw.engine.record import Result


class Part(ABC):
    """Registers of 16 bits at an address, as a data sheet has them."""

    name = "a bus"

    def __init__(self, *, volts=1.2, amperes=0.01, shunt=1.0, address=0x40):
        self.volts, self.amperes, self.shunt, self.address = volts, amperes, shunt, address
        self.config, self.converted, self.stuck, self.short = 0, True, False, False

    def write(self, address, register, data):
        assert register == 0x00 and len(data) == 2
        self._here(address)
        self.config = int.from_bytes(data, "big")

    def read(self, address, register, count):
        self._here(address)
        value = self.register(register) & 0xFFFF
        return value.to_bytes(2, "big")[: 1 if self.short else count]

    def _here(self, address):
        if address != self.address:
            raise OSError(121, "Remote I/O error")

    @abstractmethod
    def register(self, number) -> int:
        """Return the bits of a register."""

    def convert(self):
        self.converted = self.converted or not self.stuck


class Part219(Part):
    """INA219: the voltage in bits 15 to 3, 4 mV each; bit 1 a conversion, bit 0 an overflow."""

    overflow = 0

    def register(self, number):
        if number == 0x01:
            return round(self.amperes * self.shunt / 10e-6)
        if number == 0x02:
            self.convert()
            return round(self.volts / 4e-3) << 3 | self.converted << 1 | self.overflow
        if number == 0x03:
            self.converted = False
            return 0
        return {0x00: self.config}[number]


class Part226(Part):
    """INA226: 1.25 mV each; bit 3 of register 6 a conversion, which reading takes away."""

    maker, die = 0x5449, 0x2260

    def register(self, number):
        if number == 0x01:
            return round(self.amperes * self.shunt / 2.5e-6)
        if number == 0x02:
            return round(self.volts / 1.25e-3)
        if number == 0x06:
            self.convert()
            found, self.converted = self.converted, False
            return found << 3
        return {0x00: self.config, 0xFE: self.maker, 0xFF: self.die}[number]


PARTS = [(Ina219, Part219), (Ina226, Part226)]


@pytest.mark.parametrize(("kind", "part"), PARTS)
@pytest.mark.parametrize("amperes", [0.01, 0.0, -0.002])
def test_a_probe_reads_what_its_registers_mean(kind, part, amperes):
    model = part(amperes=amperes)
    probe = kind(model, shunt_ohm=1.0, tap="core rail")
    for _ in range(3):
        found = probe.read()
        assert found.volts == pytest.approx(1.2) and found.amperes == pytest.approx(amperes)
    assert probe.read().mw == pytest.approx(1.2 * amperes * 1e3)
    assert model.config == kind.configuration


def test_the_configurations_are_those_of_the_data_sheets():
    # INA219: 32 V | 320 mV | 16 samples behind the shunt | 16 at it | both, again and again.
    assert Ina219.configuration == 1 << 13 | 3 << 11 | 0b1100 << 7 | 0b1100 << 3 | 7
    # INA226: bit 14 is always set | 4 samples | 1.1 ms | 1.1 ms | both, again and again.
    assert Ina226.configuration == 1 << 14 | 1 << 9 | 4 << 6 | 4 << 3 | 7


@pytest.mark.parametrize(
    ("kind", "model", "said"),
    [
        (Ina226, Part226(address=0x41), "INA226 at 0x40 on a bus does not answer; check its wires"),
        (Ina219, Part219(address=0x41), "INA219 at 0x40 on a bus does not answer; check its wires"),
    ],
)
def test_a_probe_that_is_not_there(kind, model, said):
    with pytest.raises(DeviceError, match=f"^the probe {said}"):
        kind(model, shunt_ohm=1.0, tap="core rail")


def spoiled(model, **values):
    for name, value in values.items():
        setattr(model, name, value)
    return model


@pytest.mark.parametrize(
    ("kind", "model", "values", "said"),
    [
        (Ina226, Part226(), {"stuck": True, "converted": False}, "has made no conversion for 0.5"),
        (Ina219, Part219(), {"stuck": True, "converted": False}, "has made no conversion for 0.5"),
        (Ina219, Part219(), {"overflow": 1}, "has an overflow; take a smaller shunt"),
        (Ina219, Part219(), {"volts": 31.0}, "reads 31 V, and it can be 0 to 26 V"),
        (Ina226, Part226(), {"volts": 0.0}, "reads 0 V, and it can be 0 to 36 V"),
        (Ina226, Part226(), {"amperes": 0.0819175}, "is out of its range at the shunt; take a sm"),
        (Ina226, Part226(), {"short": True}, "answers 1 bytes of a register, which has 2"),
    ],
)
def test_a_probe_that_answers_nonsense(kind, model, values, said):
    probe = kind(model, shunt_ohm=1.0, tap="core rail")
    spoiled(model, **values)
    ticks = itertools.count(0, 0.1)
    with pytest.raises(DeviceError, match=f" on a bus {said}"):
        probe.read(clock=lambda: next(ticks))


@pytest.mark.parametrize(("maker", "die"), [(0x5449, 0x2270), (0xFFFF, 0xFFFF)])
def test_another_part_is_refused(maker, die):
    with pytest.raises(DeviceError, match=r"says that it is 0x.{4} 0x.{4}, another part"):
        Ina226(spoiled(Part226(), maker=maker, die=die), shunt_ohm=1.0, tap="core rail")


def test_uncertainties_add_in_squares():
    probe = Ina226(Part226(), shunt_ohm=0.1, tap="core rail", shunt_tolerance=0.01)
    reading = Reading(volts=1.2, amperes=0.05)  # 60 mW
    offset = 10e-6 / 0.1 * 1.2 * 1e3
    parts = (offset, 0.6, 0.06, 0.06)
    assert probe.uncertainty_mw(reading) == pytest.approx(math.hypot(*parts) / math.sqrt(3))


class Time:
    """A clock that an inference, and each look at it, takes a little of."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 0.01
        return self.now


def test_idle_and_work_are_told_from_one_another():
    """A model that draws 10 mA, and 12 mA while inferences run."""
    model, clock = Part226(amperes=0.010), Time()
    left = [0]

    class Watched(Ina226):
        def read(self, **given):
            model.amperes = 0.012 if left[0] else 0.010
            left[0] = 0
            return super().read(**given)

    probe = Watched(model, shunt_ohm=1.0, tap="core rail")

    def infer():
        clock.now += 0.05
        left[0] = 1

    power = measure_power(probe, infer, latency_us=5.0, clock=clock, trials=3)
    assert power.idle_mw == pytest.approx(12.0) and len(power.trials) == 3
    trial = power.trials[0]
    assert trial.work.mw == pytest.approx(14.4) and trial.work.seconds >= 10
    # 2.4 mW more for some ten seconds, shared by the inferences of these.
    each = 2.4 * trial.work.seconds / trial.inferences * 1e3
    assert power.dynamic_uj == pytest.approx(each, rel=1e-3)
    assert power.energy_uj == pytest.approx(power.active_mw * 5.0 / 1e3)
    assert power.active_mw == pytest.approx(power.idle_mw + power.dynamic_mw)
    assert power.energy_uncertainty_uj > power.gain * power.dynamic_uj > 0


@pytest.mark.parametrize(
    ("kind", "part", "values", "said"),
    [
        (Ina226, Part226, {"address": None}, "does not answer; check its wires"),
        (Ina219, Part219, {"address": None}, "does not answer; check its wires"),
        (Ina226, Part226, {"stuck": True, "converted": False}, "has made no conversion for 0.5 s"),
        (Ina219, Part219, {"volts": 0.0}, "reads 0 V, and it can be 0 to 26 V"),
    ],
)
@pytest.mark.parametrize("at_work", [False, True])
def test_a_probe_that_stops_in_a_window_ends_the_measurement(kind, part, values, said, at_work):
    model, clock = part(), Time()
    windows = [0]

    class Stops(kind):
        def read(self, **given):
            if windows[0] or (not at_work and clock.now > 5):
                spoiled(model, **values)
            return super().read(clock=clock)

    def infer():
        windows[0] += 1

    probe = Stops(model, shunt_ohm=1.0, tap="core rail")
    with pytest.raises(DeviceError, match=f"^the probe {kind.part} at 0x40 on a bus {said}"):
        measure_power(probe, infer, latency_us=5.0, clock=clock, trials=1)
    assert (windows[0] > 0) == at_work, "it ended in the other window"


class Counted(Repeats):
    """A board that does 1000 inferences a second while it is told to."""

    def __init__(self, model, clock):
        self.model, self.clock = model, clock

    def begin(self):
        self.started = self.clock.now
        self.model.amperes = 0.012

    def end(self):
        self.model.amperes = 0.010
        done = round((self.clock.now - self.started) * 1000)
        result = Result(0, 1, 0, 0, (), ())
        return Ran(result=result, inferences=done, cycles=done)


def test_a_board_that_runs_by_itself_says_how_many_inferences_a_window_had():
    model, clock = Part226(amperes=0.010), Time()
    probe = Ina226(model, shunt_ohm=1.0, tap="core rail")
    power = measure_power(
        probe, Counted(model, clock), latency_us=5.0, clock=clock, trials=2
    )
    for trial in power.trials:
        assert (trial.idle.mw, trial.work.mw) == pytest.approx((12.0, 14.4))
        assert trial.inferences == pytest.approx(1000 * trial.work.seconds, rel=0.01)
    assert power.dynamic_uj == pytest.approx(2.4, rel=0.01)


def made(dynamic=2.0):
    idle = Window(mw=10.0, seconds=10.0, readings=1000)
    return Power(
        instrument="INA226", tap="core rail", latency_us=100.0, uncertainty_mw=0.1, gain=0.01,
        trials=tuple(
            Trial(idle=idle, work=replace(idle, mw=10.0 + dynamic + step), inferences=10_000)
            for step in (-0.1, 0.0, 0.1)
        ),
    )


def test_the_energy_of_an_inference_by_hand():
    power = made()
    # 2 mW for 10 s are 20 mJ, for 10,000 inferences: 2 µJ each; idling adds 10 mW × 100 µs = 1 µJ.
    assert power.dynamic_uj == pytest.approx(2.0) and power.energy_uj == pytest.approx(3.0)
    scatter = 0.1 / math.sqrt(3)
    assert power.energy_uncertainty_uj == pytest.approx(math.hypot(scatter, 0.02, 0.01))
    assert power.rate_hz == 100 and power.window_s == 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"window_s": 2}, "window_s is 2; it must be"), ({"trials": 0}, "trials is 0; it must be"),
     ({"latency_us": 0}, "latency_us is 0; it must be")],
)
def test_windows_that_are_none(arguments, said):
    probe = Ina226(Part226(), shunt_ohm=1.0, tap="core rail")
    with pytest.raises(ValueError, match=f"^{said}"):
        measure_power(probe, lambda: None, **{"latency_us": 1.0, **arguments})


def table(seconds=10, pairs=2):
    lines, now = ["time_s, volts, amperes, busy"], 0.0
    for _ in range(pairs):
        for busy in (0, 1):
            for _ in range(seconds * 10 + 1):
                lines.append(f"{now:.1f}, 1.2, {0.012 if busy else 0.010}, {busy}")
                now += 0.1
    return lines


def recorded(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return power_of_csv(
        path, instrument="a meter", tap="core rail", inferences=100, latency_us=50.0, relative=0.01
    )


def test_what_an_instrument_recorded(tmp_path):
    power = recorded(tmp_path / "power.csv", table())
    assert len(power.trials) == 2 and power.idle_mw == pytest.approx(12.0)
    assert power.dynamic_uj == pytest.approx(2.4 * 10 / 100 * 1e3)
    assert power.uncertainty_mw == pytest.approx(0.12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: table(seconds=3), "has a window of 3 s from 0 s on; it must be 10 s"),
        (lambda lines: lines[:102], "has 1 windows; they must come in pairs, idle"),
        (lambda lines: [lines[0], *lines[102:]], "has 3 windows; they must come in pairs, idle"),
        (lambda lines: [], "lacks the columns time_s, volts, amperes, busy"),
        (lambda lines: ["time_s,volts", *lines[1:]], "lacks the columns amperes, busy"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], ":3 is no later than the line before"),
        (lambda lines: [*lines[:2], "x, 1, 1, 0"], ":3 has no four numbers: 'x, 1, 1, 0'"),
        (lambda lines: [*lines[:2], "1, nan, 1, 0"], ":3 is no reading: '1, nan, 1, 0'"),
    ],
)
def test_files_that_have_no_windows(tmp_path, change, said):
    with pytest.raises(DataError, match=rf"power\.csv ?{said}"):
        recorded(tmp_path / "power.csv", change(table()))


def test_a_file_and_a_bus_that_are_not_there(tmp_path):
    with pytest.raises(DataError, match="cannot be read as the file of an instrument"):
        power_of_csv(tmp_path / "gone.csv", instrument="a", tap="b", inferences=1, latency_us=1,
                     relative=0)
    with pytest.raises(DeviceError, match=r"^the I2C adapter .*i2c-9 cannot be opened: No such"):
        I2cBus(str(tmp_path / "i2c-9"))
