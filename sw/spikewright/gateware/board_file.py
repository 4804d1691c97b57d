"""Files of boards: ``boards/*.toml``, one for each kind, with its variants.

A file has keys that are common to its boards, and a table ``[boards.NAME]`` for each of them with
its own; tables within them, such as ``[pins]``, are joined.
"""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["FOLDER", "Pins", "Row", "Sensor", "read_rows", "rows"]

#: Where the boards that come with the package are.
FOLDER = Path(__file__).with_name("boards")


@dataclass(frozen=True, kw_only=True)
class Pins:
    """Pins of a board that amaranth-boards has not.

    Parameters
    ----------
    source, checked : str
        Where the pins are from, and the second source that they were compared with.
    attributes : dict of str to str
        Of each of them, as the vendor's tools name them.
    clock, rx, tx : str
        Pins of the oscillator and of the serial port, as the FPGA sees it; "" if they are known.
    leds : str
        Pins of lights, parted by spaces.
    leds_inverted : bool
        A light is on where its pin is low.
    high : str
        Pins that are driven high, such as the select of a memory on the same wires.
    """

    source: str
    checked: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    clock: str = ""
    rx: str = ""
    tx: str = ""
    leds: str = ""
    leds_inverted: bool = False
    high: str = ""


@dataclass(frozen=True, kw_only=True)
class Sensor:
    """What a channel of the part's own converter reads on a board.

    Parameters
    ----------
    name : str
        Of what is read, as a user asks for it.
    supply : str
        Which supply it is of: a voltage and a current of the same supply are a power.
    channel : str
        Of the converter, as the family names it.
    unit : str
        "V", "A" or "°C".
    scale : float
        Of this unit, in a volt at the converter.
    source : str
        Where the channel and the scale are from; with the word "unverified" if a source was not
        read.
    tolerance, offset : float
        Limits, either way, of what is between the supply and the converter: of its scale, as a
        share, and of its offset, in the unit.
    pins : str
        Positive and negative pin, of a channel that has some.
    """

    name: str
    supply: str
    channel: str
    unit: str
    source: str
    scale: float = 1.0
    tolerance: float = 0.0
    offset: float = 0.0
    pins: str = ""

    def __post_init__(self):
        if self.unit not in ("V", "A", "°C"):
            raise TypeError(f"sensor {self.name}: unit is {self.unit!r}; it is V, A or °C")
        if self.scale <= 0 or self.tolerance < 0 or self.offset < 0:
            raise TypeError(
                f"sensor {self.name}: scale is {self.scale}, tolerance {self.tolerance} and offset "
                f"{self.offset}; the first is above 0, the others are not below it"
            )


@dataclass(frozen=True, kw_only=True)
class Row:
    """A board as its file has it; see :class:`~spikewright.gateware.board.Board`."""

    file: str
    name: str
    title: str
    part: str
    oscillator_mhz: float
    clock_mhz: float
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
    also: tuple[str, ...] = ()


def rows() -> Iterator[Row]:
    """Return the boards that come with the package, in the order of their names."""
    for file in sorted(FOLDER.glob("*.toml")):
        yield from read_rows(file)


def read_rows(file: Path) -> Iterator[Row]:
    """Return the boards of a file.

    Raises
    ------
    ValueError
        It is no TOML, or a key is missing, unknown or wrong; the message names the file.
    """
    try:
        common = tomllib.loads(file.read_text(encoding="utf-8"))
        boards = common.pop("boards")
        for name, own in boards.items():
            yield _row(file.name, name, _joined(common, own))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name} is no TOML: {error}") from error
    except (KeyError, AttributeError) as error:
        raise ValueError(f"{file.name} has no table [boards.NAME]") from error


def _joined(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    both = {**common, **own}
    for name, value in common.items():
        if isinstance(value, dict) and isinstance(own.get(name), dict):
            both[name] = {**value, **own[name]}
    return both


def _row(file: str, name: str, keys: dict[str, Any]) -> Row:
    try:
        for command in ("load", "flash", "load_else", "flash_else"):
            keys[command] = tuple(shlex.split(keys.get(command, "")))
        keys["also"] = tuple(keys.get("also", ()))
        keys["sensors"] = tuple(Sensor(**sensor) for sensor in keys.get("sensors", ()))
        if "pins" in keys:
            keys["pins"] = Pins(**keys["pins"])
        if bool(keys.get("baud_most")) != bool(keys.get("bridge")):
            raise TypeError(
                "baud_most, the highest rate of the port, and bridge, what has it and who says so, "
                "go together"
            )
        if not re.fullmatch(r"(\w+ \d+ \S+)?", keys.get("measure", "")):
            raise TypeError(
                f"measure is {keys['measure']!r}; it is a connector of amaranth-boards, its number "
                "and a pin, such as 'pmod 0 1'"
            )
        return Row(file=file, name=name, **keys)
    except TypeError as error:  # the words of a constructor, which name the key
        said = str(error).replace("Row.__init__() ", "").replace("Pins.__init__() ", "pins: ")
        said = said.replace("Sensor.__init__() ", "sensors: ")
        raise ValueError(f"{file}, board {name}: {said}") from error
