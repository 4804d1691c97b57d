"""A power probe that is in the board's own gateware: the converter on the part's die.

It has never met a real part. It is tested against a model of the converter's registers, after its
user guide, on a virtual board, whose figures are made up.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from spikewright_hw.checks import instance, text
from spikewright_hw.protocol import POWER_BYTES, power_bytes

from ..errors import DeviceError
from ..gateware.board import Board
from ..gateware.board_file import Sensor
from .probe import Probe, Reading
from .session import Session

__all__ = ["GatewareProbe", "Sums", "sensors_of"]

#: Seconds in which the converter has to have made a round; a virtual one on a busy machine, too.
_ROUND_S = 20.0
#: Rounds after which a sum may have wrapped; and the share of full scale from which on a channel is
#: out of its range.
_WRAPS, _FULL = 1 << 16, 0.998


@dataclass(frozen=True)
class Sums:
    """What a board has added up: ``rounds`` of its converter, and of each sensor the codes."""

    rounds: int
    codes: tuple[int, ...]

    @classmethod
    def unpack(cls, payload: bytes, *, sensors: int) -> "Sums":
        """Read the answer to POWER. Raises :exc:`ValueError` for a malformed one."""
        if len(payload) != power_bytes(sensors):
            raise ValueError(
                f"a POWER answer of {sensors} sensors has {power_bytes(sensors)} bytes, not "
                f"{len(payload)}"
            )
        rounds, *codes = (
            int.from_bytes(payload[at : at + POWER_BYTES], "little")
            for at in range(0, len(payload), POWER_BYTES)
        )
        return cls(rounds, tuple(codes))

    def since(self, before: "Sums") -> tuple[int, tuple[float, ...]]:
        """Return how many rounds there were since then, and the mean code of each sensor."""
        span = 1 << 8 * POWER_BYTES
        rounds = (self.rounds - before.rounds) % span
        return rounds, tuple(
            (now - then) % span / max(rounds, 1)
            for now, then in zip(self.codes, before.codes, strict=True)
        )


class GatewareProbe(Probe):
    """The converter on a board's own part, asked over the link that runs the inferences.

    The board sums what it reads all the time, and a reading is the mean since the one before, so
    that the inferences between two readings are in it. Since a byte on the link ends what a board
    runs by itself, give :func:`~spikewright.measure_power` runs that end:
    ``lambda: board.run(spikes, times=1000)``.

    Parameters
    ----------
    board : Session
        An open board; its sensors are those of the ``board`` that it was opened as.
    supply : str
        Which supply: one that has a voltage and a current in the board's file.

    Raises
    ------
    DeviceError
        The gateware has no sensors, or does not answer.
    ValueError
        The board has no such supply.
    """

    over_link = True

    def __init__(self, board: Session, *, supply: str = "board"):
        self._session, self._board = instance(Session)("board", board), board.board
        text("supply", supply)
        sums = board.sensors()
        self._at = {sensor.name: at for at, sensor in enumerate(self._board.sensors)}
        self._volts, self._amperes = sensors_of(self._board, supply)
        self._before = sums
        super().__init__(tap=f"{supply} supply of the {self._board.title}")

    @property
    def name(self) -> str:
        """The converter and its channels, and whether their scales were verified."""
        used = (self._volts, self._amperes)
        unverified = any("unverified" in sensor.source for sensor in used)
        return (
            f"converter on the die of the {self._board.device.label}, "
            f"{' and '.join(sensor.name for sensor in used)}"
            + (", scales unverified" if unverified else "")
        )

    @property
    def simulator(self) -> str:
        """What simulates the board; nothing for a real one."""
        return self._session.simulator

    @property
    def gain(self) -> float:
        """Standard uncertainty of the gains: of what is before the converter, and its own."""
        shares = [
            share for sensor in (self._volts, self._amperes)
            for share in (sensor.tolerance, self._limits(sensor)[1])
        ]
        return math.hypot(*shares) / math.sqrt(3)

    def begin(self) -> None:
        """Let the next reading begin here, after the round that is in work."""
        self._before = self._session.sensors()
        self._before = self._next()

    def read(self, *, clock: Callable[[], float] = time.monotonic) -> Reading:
        """Return the mean since the reading before, of one round of the converter at least.

        Raises
        ------
        DeviceError
            The board or its converter does not answer, a channel is out of its range, or the
            reading before is too long ago.
        """
        now = self._next()
        rounds, codes = now.since(self._before)
        self._before = now
        if rounds >= _WRAPS:
            raise self._nonsense(
                f"made {rounds} rounds since the reading before, and its sums hold {_WRAPS - 1}; "
                "let fewer inferences be between two readings"
            )
        volts, amperes = (self._value(sensor, codes) for sensor in (self._volts, self._amperes))
        return Reading(volts=volts, amperes=amperes)

    def uncertainty_mw(self, reading: Reading) -> float:
        """Return the standard uncertainty of a power, mW, of the converter and what is before it.

        Limits become standard uncertainties of even distributions (JCGM 100:2008, 4.3.7).
        """
        volts, amperes = map(self._offset, (self._volts, self._amperes))
        offset = math.hypot(volts * reading.amperes, amperes * reading.volts) * 1e3
        return math.hypot(offset / math.sqrt(3), self.gain * reading.mw)

    def _next(self) -> Sums:
        """Ask until there was a round."""
        end = time.monotonic() + _ROUND_S
        while (now := self._session.sensors()).rounds == self._before.rounds:
            if time.monotonic() > end:
                raise self._nonsense(f"has made no conversion for {_ROUND_S:g} s")
        if now.rounds == 0:
            raise self._nonsense("gives nothing any more; reset the board")
        return now

    def _limits(self, sensor: Sensor) -> tuple[float, float]:
        return self._board.family.sensor_limits(sensor.channel)

    def _offset(self, sensor: Sensor) -> float:
        """Return the limit of a sensor's offset, in its unit."""
        return math.hypot(self._limits(sensor)[0] * sensor.scale, sensor.offset)

    def _value(self, sensor: Sensor, codes: tuple[float, ...]) -> float:
        code = codes[self._at[sensor.name]]
        if not 0 < code < _FULL * (1 << 16):
            raise self._nonsense(
                f"reads a code of {code:.0f} at {sensor.name}, which is the end of its range"
            )
        return self._board.family.sensed(sensor.channel, code) * sensor.scale

    def _nonsense(self, what: str) -> DeviceError:
        return DeviceError(f"the converter of the board on {self._session.port} {what}")


def sensors_of(board: Board, supply: str) -> tuple[Sensor, Sensor]:
    """Return what reads the voltage and the current of a supply.

    Raises :exc:`ValueError` if the board's file has no such pair.
    """
    found = {(sensor.supply, sensor.unit): sensor for sensor in board.sensors}
    whole = sorted(name for name, unit in found if unit == "A" and (name, "V") in found)
    if supply not in whole:
        raise ValueError(
            f"supply is {supply!r}; of the supplies of the {board.title}, a voltage and a current "
            f"are read of {', '.join(whole)}"
        )
    return found[supply, "V"], found[supply, "A"]
