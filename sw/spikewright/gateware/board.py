"""Boards as data: what a bitstream must know of each."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from spikewright_hw.checks import real, shown
from spikewright_hw.protocol import LEAST_DIVISOR, Command

from .bit_rate import AUTO, BitRate, bit_rates, why_not
from .board_file import Pins, Row, Sensor, rows
from .families.family import Family, Part, Pll
from .parts import PARTS, family_of

__all__ = ["BOARDS", "DEFAULT_BOARD", "Board", "board_named"]

#: How far the serial port may be from its rate; a frame of ten bits bears about four times as much
#: on both sides together.
_TOLERANCE = 0.01
#: What a virtual board's sensors of each unit read, codes of 12 bits at rest and at work. They are
#: made up: a virtual board takes no power.
_MADE_UP = {"V": (1365, 1365), "A": (400, 600), "°C": (2520, 2540)}


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board.

    Parameters
    ----------
    name : str
        Name on the command line.
    title : str
        Name for people.
    part : str
        One of :data:`~spikewright.gateware.parts.PARTS`.
    oscillator_hz : int
        The clock on the board.
    clock_hz : int
        Clock frequency of the design.
    baud : int
        Rate at which the serial port begins, bits per second.
    baud_most : int
        Highest rate of what is between it and the host; 0 if that is not known.
    bridge : str
        What that is, and where its rate is from; "" if it is not known.
    serial : str
        Where a host finds the serial port.
    platform : str
        Module and class of its pins in ``amaranth_boards``; "" if ``pins`` has all of them.
    pins : Pins, optional
        Pins that ``platform`` has not.
    measure : str
        Connector, its number, and the pin of it that is high while RUN is in work, for an
        instrument; "" if there is none.
    load, flash : tuple of str
        Command that loads a bitstream, whose path follows, and command that writes it into the
        board's memory; empty where there is none.
    load_else, flash_else : tuple of str
        The same by another programmer, which is taken where it is there and the first is not.
    sensors : tuple of Sensor
        What the part's own converter reads of its supplies.
    met : str
        When, and by whom, a bitstream of ours ran on such a board; "" if never.
    """

    name: str
    title: str
    part: str
    oscillator_hz: int
    clock_hz: int
    baud: int
    serial: str
    baud_most: int = 0
    bridge: str = ""
    platform: str = ""
    pins: Pins | None = None
    measure: str = ""
    load: tuple[str, ...] = ()
    flash: tuple[str, ...] = ()
    load_else: tuple[str, ...] = ()
    flash_else: tuple[str, ...] = ()
    met: str = ""
    sensors: tuple[Sensor, ...] = ()

    @property
    def device(self) -> Part:
        """Its part."""
        return PARTS[self.part]

    @property
    def family(self) -> Family:
        """The family of its part."""
        return family_of(self.part)

    @property
    def pll(self) -> Pll:
        """From the oscillator to the design's clock."""
        return self.family.plls(self.oscillator_hz)[self.clock_hz]

    @property
    def divisor(self) -> int:
        """Clock cycles per bit of the serial port."""
        return round(self.clock_hz / self.baud)

    @property
    def bit_rates(self) -> tuple[BitRate, ...]:
        """Rates above the first that its port can be asked for, at this clock, highest first."""
        found = bit_rates(self.clock_hz, most=self.baud_most)
        return tuple(one for one in found if one.baud > self.baud)

    def check_rate(self, rate: int | str, *, optional: Container[Command]) -> None:
        """Raise ``ValueError``, beginning with ``rate is``, if its port cannot have a rate.

        Parameters
        ----------
        rate : int or str
            Bits per second; or ``"auto"``, which it always can.
        optional : container of Command
            Those that the board is built with, of the commands that may be left out.
        """
        if rate in (AUTO, self.baud):
            return
        if Command.RATE not in optional:
            raise ValueError(
                f"rate is {rate}, but a board without the command RATE stays at {self.baud} bits "
                "per second; leave rate= out, or take commands='all'"
            )
        why = why_not(
            int(rate), clock_hz=self.clock_hz, first=self.baud, most=self.baud_most or self.baud
        )
        if why:
            raise ValueError(
                f"rate is {rate}, which the serial port of {self.title} cannot have: {why}"
            )

    @property
    def clocks_hz(self) -> tuple[int, ...]:
        """Every clock that the design can have here, the slowest first.

        The PLL can make it, and the serial port keeps its rate within 1 %.
        """
        return tuple(hz for hz in self.family.plls(self.oscillator_hz) if self._keeps_rate(hz))

    def _keeps_rate(self, clock_hz: int) -> bool:
        divisor = round(clock_hz / self.baud)
        return (
            divisor >= LEAST_DIVISOR
            and abs(clock_hz / divisor / self.baud - 1) <= _TOLERANCE
        )

    def monitor(self, *, virtual: bool) -> Any:
        """Return what reads the board's sensors, or a model of it; None if it has none."""
        if not self.sensors:
            return None
        channels = [sensor.channel for sensor in self.sensors]
        if not virtual:
            return self.family.monitor(channels, clock_hz=self.clock_hz)
        return self.family.monitor_model(
            channels, clock_hz=self.clock_hz,
            codes={sensor.channel: _MADE_UP[sensor.unit] for sensor in self.sensors},
        )

    def at(self, clock_mhz: float) -> "Board":
        """Return the board with another clock for its design, in MHz.

        Raises
        ------
        ValueError
            The board cannot make this clock; the message names the nearest ones.
        """
        clocks, asked_hz = self.clocks_hz, real()("clock_mhz", clock_mhz) * 1e6
        for hz in clocks:
            if abs(hz - asked_hz) < 1:
                return replace(self, clock_hz=hz)
        below = max((hz for hz in clocks if hz < asked_hz), default=None)
        above = min((hz for hz in clocks if hz > asked_hz), default=None)
        if below is None or above is None:
            raise ValueError(
                f"{clock_mhz:g} MHz is out of the range of {self.title}, whose clock can be "
                f"{clocks[0] / 1e6:.9g} to {clocks[-1] / 1e6:.9g} MHz"
            )
        raise ValueError(
            f"{self.title} cannot make a clock of {clock_mhz:.9g} MHz; the nearest are "
            f"{below / 1e6:.9g} and {above / 1e6:.9g} MHz"
        )


def _board(row: Row) -> Board:
    made = Board(
        name=row.name, title=row.title, part=row.part, serial=row.serial, baud=row.baud,
        baud_most=row.baud_most, bridge=row.bridge,
        oscillator_hz=round(row.oscillator_mhz * 1e6), clock_hz=round(row.clock_mhz * 1e6),
        platform=row.platform, pins=row.pins, measure=row.measure, load=row.load, flash=row.flash,
        load_else=row.load_else, flash_else=row.flash_else, met=row.met, sensors=row.sensors,
    )
    if made.part not in PARTS:
        raise ValueError(f"{row.file}: part is {made.part!r}; there are {', '.join(PARTS)}")
    return made


#: The board that is built for unless another is asked for.
DEFAULT_BOARD = "ulx3s"

_ROWS = tuple(rows())

BOARDS: Mapping[str, Board] = {row.name: _board(row) for row in _ROWS}
"""The boards that bitstreams are built for."""

#: Other names of some of them.
_ALSO = {other: row.name for row in _ROWS for other in row.also}


def board_named(board: str | Board, *, among: Iterable[str] = ()) -> Board:
    """Return a board by its name, or as it is given.

    Parameters
    ----------
    board : str or Board
        Its name, or the board.
    among : iterable of str
        The names that it may have; any of :data:`BOARDS` unless given.

    Raises
    ------
    ValueError
        There is no board of that name; the message has the nearest ones.
    """
    if isinstance(board, Board):
        return board
    names = list(among) or list(BOARDS)
    name = _ALSO.get(board, board) if isinstance(board, str) else ""
    if name in names:
        return BOARDS[name]
    near = get_close_matches(str(board), [*names, *_ALSO], n=3, cutoff=0.4) or names[:3]
    raise ValueError(
        f"board is {shown(board)}; the nearest names are {', '.join(near)} "
        "(`spikewright boards` lists all)"
    )
