"""Power probes: current monitors on an I2C bus, which read a shunt and the voltage behind it.

No driver here has met its real part. Each is tested against a model of the part's registers, after
its data sheet: Texas Instruments SBOS448 (INA219) and SBOS547 (INA226).
"""

import fcntl
import math
import os
import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from spikewright_hw.checks import real, text

from ..errors import DeviceError
from .probe import Probe, Reading

__all__ = ["Accuracy", "Bus", "I2cBus", "Ina219", "Ina226", "ShuntProbe"]

#: Request to a Linux I2C adapter: which address the reads and writes are for (``I2C_SLAVE``).
_SLAVE = 0x0703
#: Seconds in which a conversion has to end; the longest that is asked for takes 20 ms.
_CONVERSION_S = 0.5


class Bus(Protocol):
    """What a probe is read over: registers of parts at addresses."""

    #: What messages call it.
    name: str

    def read(self, address: int, register: int, count: int) -> bytes:
        """Return the bytes of a register. Raises :exc:`OSError` if nothing answers."""
        ...

    def write(self, address: int, register: int, data: bytes) -> None:
        """Write the bytes of a register. Raises :exc:`OSError` if nothing answers."""
        ...


class I2cBus:
    """An I2C adapter of Linux, such as ``/dev/i2c-1``; closed by :meth:`close`.

    Raises
    ------
    DeviceError
        It cannot be opened.
    """

    def __init__(self, name: str):
        self.name = text("name", name)
        try:
            self._file = os.open(name, os.O_RDWR)
        except OSError as error:
            raise DeviceError(
                f"the I2C adapter {name} cannot be opened: {error.strerror}; `ls /dev/i2c-*` says "
                "which there are"
            ) from error

    def read(self, address: int, register: int, count: int) -> bytes:
        """Return the bytes of a register."""
        fcntl.ioctl(self._file, _SLAVE, address)
        os.write(self._file, bytes([register]))
        return os.read(self._file, count)

    def write(self, address: int, register: int, data: bytes) -> None:
        """Write the bytes of a register."""
        fcntl.ioctl(self._file, _SLAVE, address)
        os.write(self._file, bytes([register]) + data)

    def close(self) -> None:
        """Close the adapter."""
        os.close(self._file)


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Limits of a converter, either way: of its offset, in volts at the shunt, and of its gains."""

    shunt_offset: float
    shunt_gain: float
    bus_gain: float


class ShuntProbe(Probe):
    """A current monitor with a shunt.

    Parameters
    ----------
    bus : Bus
    shunt_ohm : float
        Resistance of the shunt.
    tap : str
        Which supply runs through it: what the figures are of.
    shunt_tolerance : float
        Of the resistance, either way: 0.01 for 1 %.
    address : int
        Of the part on the bus.

    Raises
    ------
    DeviceError
        Nothing answers at the address, or another part does.
    ValueError
        A number is out of its range.
    """

    #: Name of the part.
    part: ClassVar[str]
    #: Volts of one step, at the shunt and behind it.
    shunt_step: ClassVar[float]
    bus_step: ClassVar[float]
    #: The converter's limits at 25 °C. Unverified: the tables of the data sheets were not at hand.
    accuracy: ClassVar[Accuracy]
    #: Most volts behind the shunt.
    most_volts: ClassVar[float]
    #: What is written to the configuration: both values, again and again.
    configuration: ClassVar[int]

    def __init__(
        self,
        bus: Bus,
        *,
        shunt_ohm: float,
        tap: str,
        shunt_tolerance: float = 0.01,
        address: int = 0x40,
    ):
        self.shunt_ohm = real(1e-6, 1e3)("shunt_ohm", shunt_ohm)
        self.shunt_tolerance = real(0, 1)("shunt_tolerance", shunt_tolerance)
        super().__init__(tap=tap)
        self._bus, self._address = bus, address
        self._identify()
        self._write(0x00, self.configuration)
        if self._read(0x00) != self.configuration:
            raise self._nonsense("does not keep its configuration")

    @property
    def name(self) -> str:
        """The part, and its shunt."""
        return f"{self.part}, shunt {self.shunt_ohm:g} Ω"

    def read(self, *, clock: Callable[[], float] = time.monotonic) -> Reading:
        """Wait for the next conversion and return what it gave.

        Raises
        ------
        DeviceError
            It does not answer, does not convert, or what it says cannot be.
        """
        end = clock() + _CONVERSION_S
        while not self._converted():
            if clock() > end:
                raise self._nonsense(f"has made no conversion for {_CONVERSION_S:g} s")
        volts = self._volts()
        shunt = self._read(0x01)
        steps = shunt - (1 << 16) if shunt >> 15 else shunt
        if not 0 < volts <= self.most_volts:
            raise self._nonsense(f"reads {volts:.4g} V, and it can be 0 to {self.most_volts:g} V")
        if abs(steps) >= (1 << 15) - 1:
            raise self._nonsense("is out of its range at the shunt; take a smaller one")
        return Reading(volts=volts, amperes=steps * self.shunt_step / self.shunt_ohm)

    def uncertainty_mw(self, reading: Reading) -> float:
        """Return the standard uncertainty of a power, mW, of the shunt and of the converter.

        Limits become standard uncertainties of even distributions (JCGM 100:2008, 4.3.7).
        """
        offset = self.accuracy.shunt_offset / self.shunt_ohm * reading.volts * 1e3
        return math.hypot(offset / math.sqrt(3), self.gain * reading.mw)

    @property
    def gain(self) -> float:
        """Standard uncertainty of the gains: a share of what is read."""
        shares = (self.shunt_tolerance, self.accuracy.shunt_gain, self.accuracy.bus_gain)
        return math.hypot(*shares) / math.sqrt(3)

    def _identify(self) -> None:
        """Make sure that the part is there."""
        self._read(0x00)

    @abstractmethod
    def _converted(self) -> bool:
        """Return whether there is a conversion that was not read yet."""

    @abstractmethod
    def _volts(self) -> float:
        """Return the volts behind the shunt, of that conversion."""

    def _read(self, register: int) -> int:
        try:
            data = self._bus.read(self._address, register, 2)
        except OSError as error:
            raise self._silent() from error
        if len(data) != 2:
            raise self._nonsense(f"answers {len(data)} bytes of a register, which has 2")
        return int.from_bytes(data, "big")

    def _write(self, register: int, value: int) -> None:
        try:
            self._bus.write(self._address, register, value.to_bytes(2, "big"))
        except OSError as error:
            raise self._silent() from error

    def _silent(self) -> DeviceError:
        return DeviceError(
            f"the probe {self.part} at {self._address:#04x} on {self._bus.name} does not answer; "
            "check its wires, its supply and its address"
        )

    def _nonsense(self, what: str) -> DeviceError:
        return DeviceError(
            f"the probe {self.part} at {self._address:#04x} on {self._bus.name} {what}"
        )


class Ina219(ShuntProbe):
    """INA219: 12 bits, 10 µV a step at the shunt, 4 mV behind it; 12 bits and 320 mV are asked."""

    part = "INA219"
    shunt_step, bus_step, most_volts = 10e-6, 4e-3, 26.0
    accuracy = Accuracy(shunt_offset=100e-6, shunt_gain=0.005, bus_gain=0.005)
    #: 32 V, 320 mV, both converters 16 samples of 12 bits (8.51 ms), both again and again.
    configuration = 0x3E67

    def _converted(self) -> bool:
        return bool(self._read(0x02) >> 1 & 1)  # CNVR

    def _volts(self) -> float:
        register = self._read(0x02)
        if register & 1:  # OVF
            raise self._nonsense("has an overflow; take a smaller shunt")
        self._read(0x03)  # reading the power is what takes the mark of a conversion away
        return (register >> 3) * self.bus_step


class Ina226(ShuntProbe):
    """INA226: 16 bits, 2.5 µV a step at the shunt, 1.25 mV behind it."""

    part = "INA226"
    shunt_step, bus_step, most_volts = 2.5e-6, 1.25e-3, 36.0
    accuracy = Accuracy(shunt_offset=10e-6, shunt_gain=0.001, bus_gain=0.001)
    #: 4 samples of 1.1 ms of both, again and again.
    configuration = 0x4327

    def _identify(self) -> None:
        maker, die = self._read(0xFE), self._read(0xFF)
        if (maker, die >> 4) != (0x5449, 0x226):
            raise self._nonsense(f"says that it is {maker:#06x} {die:#06x}, another part")

    def _converted(self) -> bool:
        return bool(self._read(0x06) >> 3 & 1)  # CVRF, which this takes away

    def _volts(self) -> float:
        return self._read(0x02) * self.bus_step
