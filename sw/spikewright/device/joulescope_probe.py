"""A Joulescope as a power probe: JS110 or JS220, by its maker's package ``joulescope``.

It has not met its real part. It is tested against a module with the signatures of ``joulescope``
1.5.0: ``scan``, and ``open``, ``close`` and ``read`` of a device.
"""

import math
import time
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from spikewright_hw.checks import real, text

from ..errors import DeviceError, ToolError
from .probe import Probe, Reading

__all__ = ["Joulescope"]

#: Seconds that an instrument's own buffer holds.
_BUFFER_S = 30.0


class Joulescope(Probe):
    """The one Joulescope on USB; closed by :meth:`close`, or at the end of a ``with``.

    Its limits depend on the model, and those of the current on the range that it is in. The data
    sheets were not at hand, so that none is filled in: take them from yours, or from the
    certificate of its calibration.

    Parameters
    ----------
    tap : str
        Which supply runs through it: what the figures are of.
    current_gain, voltage_gain : float
        Limits of its gains, either way: 0.002 for 0.2 %.
    current_offset : float
        Limit of its offset, in amperes, in the range that the board's current lies in.
    limits : str
        Where these three stand, such as a data sheet and its revision; reports name it.
    seconds : float, 0.001 to 30
        Of a reading, which is a mean over so long.

    Raises
    ------
    DeviceError
        There is none, or more than one, or it cannot be opened.
    ToolError
        The package ``joulescope`` is not installed.
    ValueError
        A number is out of its range.
    """

    always: ClassVar[bool] = False

    def __init__(
        self,
        *,
        tap: str,
        current_gain: float,
        voltage_gain: float,
        current_offset: float,
        limits: str,
        seconds: float = 0.1,
    ):
        super().__init__(tap=tap)
        self.current_gain = real(0, 1)("current_gain", current_gain)
        self.voltage_gain = real(0, 1)("voltage_gain", voltage_gain)
        self.current_offset = real(0, 10)("current_offset", current_offset)
        if not text("limits", limits).strip():
            raise ValueError("limits is empty; name the data sheet that the limits are of")
        self.limits = limits
        self.seconds = real(1e-3, _BUFFER_S)("seconds", seconds)
        self._device = _only(_package().scan(config="auto"))
        try:
            self._device.open()
        except Exception as error:  # its package raises RuntimeError, OSError and its own
            raise DeviceError(
                f"{self._device} cannot be opened: {error}; end other programs that use it, and "
                "see whether you may use its USB device"
            ) from error

    def __enter__(self) -> "Joulescope":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the instrument."""
        self._device.close()

    @property
    def name(self) -> str:
        """Model and serial number, and where its limits stand."""
        return f"Joulescope {self._device}, limits: {self.limits}"

    @property
    def gain(self) -> float:
        """Standard uncertainty of the gains: a share of what is read."""
        return math.hypot(self.current_gain, self.voltage_gain) / math.sqrt(3)

    def read(self, *, clock: Callable[[], float] = time.monotonic) -> Reading:
        """Record for :attr:`seconds`; return the mean voltage, and the current of the mean power.

        Raises
        ------
        DeviceError
            It does not answer, or what it says cannot be.
        """
        try:
            samples = np.asarray(self._device.read(contiguous_duration=self.seconds), np.float64)
        except Exception as error:
            raise DeviceError(
                f"{self._device} does not answer: {error}; see whether it is still plugged in"
            ) from error
        if samples.ndim != 2 or samples.shape[1] != 2 or not len(samples):
            raise DeviceError(
                f"{self._device} gave an array of shape {samples.shape}; it must have a current "
                "and a voltage in each row"
            )
        if not np.isfinite(samples).all():
            raise DeviceError(f"{self._device} lost samples; plug it into a port of its own")
        amperes, volts = samples.T
        if not (mean := float(volts.mean())) > 0:
            raise DeviceError(
                f"{self._device} reads {mean:.4g} V; see whether the supply is on, and runs "
                "through it the right way"
            )
        return Reading(volts=mean, amperes=float((amperes * volts).mean()) / mean)

    def uncertainty_mw(self, reading: Reading) -> float:
        """Return the standard uncertainty of a power, mW, of its offset and its gains.

        Limits become standard uncertainties of even distributions (JCGM 100:2008, 4.3.7).
        """
        offset = self.current_offset * reading.volts * 1e3
        return math.hypot(offset / math.sqrt(3), self.gain * reading.mw)


def _package() -> ModuleType:
    try:
        return import_module("joulescope")  # by name: its maker's package is in no other extra
    except ImportError as error:
        raise ToolError(
            "the package joulescope, which reads the instrument, is not installed; "
            '`pip install "spikewright[joulescope]"` brings it'
        ) from error


def _only(devices: list[Any]) -> Any:
    if not devices:
        raise DeviceError(
            "no Joulescope is there; plug it in, and see whether you may use its USB device"
        )
    if len(devices) > 1:
        found = ", ".join(map(str, devices))
        raise DeviceError(f"there are {len(devices)} Joulescopes, {found}; unplug all but one")
    return devices[0]
