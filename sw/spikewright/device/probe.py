"""What reads the power of a board: the contract of a probe, and one reading of it."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from spikewright_hw.checks import text

__all__ = ["Probe", "Reading"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a probe read at once.

    Parameters
    ----------
    volts, amperes : float
    """

    volts: float
    amperes: float

    @property
    def mw(self) -> float:
        """Power, mW."""
        return self.volts * self.amperes * 1e3


class Probe(ABC):
    """An instrument in the supply of a board.

    Parameters
    ----------
    tap : str
        Which supply runs through it: what the figures are of.
    """

    #: Whether it converts all the time, so that a reading has in it what was before it was asked.
    always: ClassVar[bool] = True
    #: Whether it is read over the link of the board, which a reading ends a RUN on.
    over_link: ClassVar[bool] = False

    def __init__(self, *, tap: str):
        self.tap = text("tap", tap)

    @property
    @abstractmethod
    def name(self) -> str:
        """The instrument, as a report names it."""

    @property
    def simulator(self) -> str:
        """What simulates the board and the instrument; nothing for real ones."""
        return ""

    @property
    @abstractmethod
    def gain(self) -> float:
        """Standard uncertainty of the gains: a share of what is read."""

    def begin(self) -> None:  # noqa: B027
        """Begin a window, where something has to be done for it."""

    @abstractmethod
    def read(self, *, clock: Callable[[], float] = time.monotonic) -> Reading:
        """Return the next reading.

        Raises
        ------
        DeviceError
            It does not answer, or what it says cannot be.
        """

    @abstractmethod
    def uncertainty_mw(self, reading: Reading) -> float:
        """Return the standard uncertainty of a power, mW, by the instrument."""
