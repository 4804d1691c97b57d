"""A power probe by its name and its settings, as a command line or a script gives them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from spikewright_hw.checks import instance
from spikewright_hw.protocol import Command

from ..errors import DeviceError
from ..gateware.board import BOARDS, Board
from .gateware_probe import GatewareProbe, sensors_of
from .i2c_probe import I2cBus, Ina219, Ina226
from .joulescope_probe import Joulescope
from .power import Power, power_of_csv
from .probe import Probe
from .session import Session

__all__ = ["PROBES", "ProbeChoice"]


def _address(text: str) -> int:
    return int(text, 0)


#: How the text of a setting is read, and what it has to be.
_READ: Mapping[Callable[[str], Any], str] = {
    float: "a number", int: "a whole number", _address: "a whole number, such as 0x40", str: "text",
}
_SHUNT: Mapping[str, Callable[[str], Any]] = {
    "shunt_ohm": float, "tap": str, "bus": str, "shunt_tolerance": float, "address": _address,
}
#: The settings of each probe; those that it cannot do without are the first ones, and how many.
PROBES: Mapping[str, tuple[Mapping[str, Callable[[str], Any]], int]] = {
    "ina219": (_SHUNT, 2),
    "ina226": (_SHUNT, 2),
    "joulescope": (
        {"tap": str, "current_gain": float, "voltage_gain": float, "current_offset": float,
         "limits": str, "seconds": float}, 5,
    ),
    "gateware": ({"supply": str}, 0),
    "csv": (
        {"path": str, "instrument": str, "tap": str, "inferences": int, "relative": float,
         "window_s": float}, 5,
    ),
}
#: The I2C adapter unless another is named.
_BUS = "/dev/i2c-1"


@dataclass(frozen=True, kw_only=True)
class ProbeChoice:
    """Which probe reads the power of a board, and what it is told.

    Parameters
    ----------
    name : str
        ``ina219``, ``ina226``, ``joulescope``, ``gateware`` (the converter on the board's own
        part) or ``csv`` (a file that any instrument wrote).
    settings : mapping
        Arguments of the probe's class, or of :func:`~spikewright.power_of_csv`; ``bus`` is the path
        of an I2C adapter. Texts are read as numbers where numbers are meant.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        if self.name not in PROBES:
            raise ValueError(f"probe is {self.name!r}; there are {', '.join(PROBES)}")
        known, needed = PROBES[self.name]
        for setting in self.settings:
            if setting not in known:
                raise ValueError(
                    f"probe: {self.name} has no setting {setting!r}; it has {', '.join(known)}"
                )
        missing = [name for name in list(known)[:needed] if name not in self.settings]
        if missing:
            raise ValueError(f"probe: {self.name} also needs {', '.join(missing)}")
        read = {name: self._value(name, value) for name, value in self.settings.items()}
        object.__setattr__(self, "settings", read)

    def _value(self, name: str, value: Any) -> Any:
        """Return a setting, whose text may be that of a number."""
        kind = PROBES[self.name][0][name]
        if isinstance(value, str) and not value.strip():
            raise ValueError(f"probe: {name} is empty; it must be {_READ[kind]}")
        if not isinstance(value, str) or kind is str:
            return value
        try:
            return kind(value)
        except ValueError:
            raise ValueError(f"probe: {name} is {value!r}, and not {_READ[kind]}") from None

    def check(self, board: Board) -> None:
        """Make sure of what can be known before a board is opened: an instrument is asked.

        Parameters
        ----------
        board : Board
            Whose power it is to read.

        Raises
        ------
        DeviceError
            The instrument does not answer, or is another one; or the board has no sensors.
        DataError, ToolError, ValueError
            The file, a package or a setting is none.
        """
        instance(Board)("board", board)
        with _named():
            if self.name == "csv":
                self.recorded(latency_us=1.0)
            elif self.name == "gateware":
                self._supply(board)
            else:
                with self._instrument():
                    pass

    def check_session(self, session: Session) -> None:
        """Make sure that this probe can read the power of a board that is open.

        Raises
        ------
        DeviceError
            The board is virtual, its gateware has no sensors, or it lacks RUN, by which it works
            while a Joulescope records.
        """
        if session.simulator and self.name != "gateware":
            raise DeviceError(
                f"The board on {session.port} is virtual and takes no power that {self.name} could "
                "read; leave the probe out, or name the port of a real one."
            )
        if self.name == "gateware":
            session.sensors()
        if self.name == "joulescope" and Command.RUN not in session.commands:
            raise DeviceError(
                f"The board on {session.port} was built without RUN, by which it works while a "
                "Joulescope records; build it with all commands of the link."
            )

    @contextmanager
    def opened(self, session: Session) -> Iterator[Probe]:
        """Open the probe, and close it at the end of the ``with``; not of ``csv``, which is none.

        Parameters
        ----------
        session : Session
            The board whose power it reads.
        """
        self.check_session(session)
        with ExitStack() as stack:
            with _named():
                probe = (
                    GatewareProbe(session, **self.settings) if self.name == "gateware"
                    else stack.enter_context(self._instrument())
                )
            yield probe

    def recorded(self, *, latency_us: float) -> Power:
        """Return the power in the file of an instrument, of inferences of this latency."""
        with _named():
            return power_of_csv(latency_us=latency_us, **self.settings)

    @contextmanager
    def _instrument(self) -> Iterator[Probe]:
        settings = dict(self.settings)
        with ExitStack() as stack:
            if self.name == "joulescope":
                yield stack.enter_context(Joulescope(**settings))
            else:
                bus = stack.enter_context(closing(I2cBus(settings.pop("bus", _BUS))))
                yield (Ina219 if self.name == "ina219" else Ina226)(bus, **settings)

    def _supply(self, board: Board) -> None:
        """Make sure that the board's file says how to read this supply."""
        if not board.sensors:
            having = " and ".join(name for name, one in BOARDS.items() if one.sensors)
            raise DeviceError(
                f"{board.title} has no sensors of its supplies; use another probe, or a board "
                f"whose file has some: {having}"
            )
        sensors_of(board, self.settings.get("supply", "board"))


@contextmanager
def _named() -> Iterator[None]:
    """Let what is wrong with a setting be said of the probe."""
    try:
        yield
    except ValueError as error:
        said = str(error)
        raise ValueError(said if said.startswith("probe") else f"probe: {said}") from error
