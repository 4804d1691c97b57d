"""The bit rate of an open board's port: how a board is found at one, and asked for another.

Whatever is lost on the way, board and host meet again: a board at which nothing right comes at a
new rate goes back to its first one by itself, and a host that gets no answer looks for it there.
"""

import time
from contextlib import suppress

from spikewright_hw.protocol import RATE_BYTES, Command, Hello, Kind, trial_bits

from ..errors import DeviceError
from ..gateware.bit_rate import AUTO, BAUDS, bit_rate, bit_rates, why_not
from ..gateware.board import Board
from .link import Link, Unanswered
from .patience import SLOWEST_HZ

__all__ = ["PortRate"]

#: Frames that are exchanged at a new rate before it is kept.
_CHECKS = 4
#: Seconds in which a real board answers HELLO, at whatever rate.
_ANSWER_S = 0.15
#: Seconds beside those of a trial until a board has to be back at its first rate.
_MARGIN_S = 2.0


class PortRate:
    """The rate of a board's port, from when the link is opened at the first one.

    Parameters
    ----------
    link : Link
    board : Board
        Whose file says how fast the port may be.
    """

    def __init__(self, link: Link, board: Board):
        self._link = link
        self._board = board
        self._first = link.baud
        self._timeout = min(link.timeout, _ANSWER_S)
        self._hello = Hello(0, Kind.REAL, 0, 0, 0, 0, 0, bytes(32))

    def find(self) -> bytes:
        """Ask HELLO at the first rate, and at others if nobody is there; return the answer.

        Whoever had the board before may have left it at another rate.

        Raises
        ------
        DeviceError
            No board answers.
        """
        try:
            return self._link.ask(Command.HELLO)
        except Unanswered:
            for baud in BAUDS:
                if not self._first < baud <= self._board.baud_most or not self._link.turn(baud):
                    continue
                with suppress(Unanswered):
                    return self._link.ask(Command.HELLO, timeout=self._timeout, retries=1)
            self._link.turn(self._first)
            raise

    def choose(self, hello: Hello, rate: int | str) -> None:
        """Take the rate that is asked for, or the highest that board and port can.

        A virtual board that is not asked for a certain rate has the first one, at which a bit is
        as few clock cycles as can be.

        Raises
        ------
        DeviceError
            The board cannot have the rate that is asked for, or does not answer at it.
        """
        self._hello = hello
        rated = Command.RATE in hello.commands
        if hello.kind == Kind.REAL:
            self._timeout = _ANSWER_S
        else:
            self._timeout = self._link.timeout
        if rate != AUTO:
            self._take(int(rate))
        elif rated and hello.kind == Kind.REAL:
            self._take_highest()
        elif rated:
            self._take(self._first)

    def again(self, baud: int) -> None:
        """Take a rate again that the board had before it was reset."""
        self._link.turn(self._first)
        if baud != self._first:
            self._take(baud)

    def give_back(self) -> None:
        """Leave the board at its first rate, for whoever opens it next, if it answers soon."""
        if self._link.baud != self._first:
            with suppress(DeviceError):
                self._ask(self._hello.divisor, retries=0)

    def _take_highest(self) -> None:
        """Try the rates from the highest on, until the first is reached."""
        hz, most = self._hello.clock_hz, self._board.baud_most
        for one in bit_rates(hz, most=most):
            if one.baud <= self._first:
                break
            if one.baud == self._link.baud or self._change(one.baud, one.divisor, perfect=True):
                return
        self._take(self._first)

    def _take(self, baud: int) -> None:
        """Change to a rate, or say why it cannot be."""
        if baud == self._link.baud:
            return
        divisor = self._hello.divisor if baud == self._first else self._divisor(baud)
        if not self._change(baud, divisor):
            raise DeviceError(
                f"The board on {self._link.port} does not answer at {baud} bits per second; it "
                f"goes on at {self._link.baud}. Take a lower rate, or leave the rate out."
            )

    def _divisor(self, baud: int) -> int:
        """Return the clock cycles of a bit at a rate, or say why the board cannot have it."""
        if Command.RATE not in self._hello.commands:
            raise DeviceError(
                f"The board on {self._link.port} was built without RATE, so its port stays at "
                f"{self._first} bits per second; leave the rate out, or build it with all commands "
                "of the link."
            )
        most = self._board.baud_most or self._first
        why = why_not(baud, clock_hz=self._hello.clock_hz, first=self._first, most=most)
        if why:
            raise DeviceError(
                f"The board on {self._link.port} ({self._board.title}) cannot have a serial port "
                f"of {baud} bits per second: {why}."
            )
        return bit_rate(self._hello.clock_hz, baud).divisor

    def _change(self, baud: int, divisor: int, *, perfect: bool = False) -> bool:
        """Ask for a rate and try it; if it does not work, return False, at the first rate."""
        before = self._link.baud
        taken = self._link.turn(baud)
        self._link.turn(before)
        if not taken:
            return False
        with suppress(Unanswered):  # then the answer may be lost, and the rate be there
            self._ask(divisor)
        self._link.turn(baud)
        if self._works(perfect=perfect):
            return True
        self._recover(baud)
        return False

    def _ask(self, divisor: int, *, retries: int | None = None) -> None:
        payload = divisor.to_bytes(RATE_BYTES, "little")
        self._link.ask(Command.RATE, payload, timeout=self._timeout, retries=retries)

    def _works(self, *, perfect: bool) -> bool:
        """Exchange a few frames; of a perfect rate none is to be sent again."""
        before = self._link.repeated
        try:
            for _ in range(_CHECKS):
                payload = self._link.ask(Command.HELLO, timeout=self._timeout)
                if Hello.unpack(payload) != self._hello:
                    return False
        except (Unanswered, ValueError):
            return False
        return not perfect or self._link.repeated == before

    def _recover(self, tried: int) -> None:
        """Meet the board at its first rate again, wherever it is now."""
        virtual = self._hello.kind == Kind.VIRTUAL
        least_hz = SLOWEST_HZ if virtual else self._hello.clock_hz
        trial_s = (1 << trial_bits(self._hello.clock_hz, virtual=virtual)) / least_hz
        until = time.monotonic() + trial_s + _MARGIN_S
        while True:
            for baud in (self._first, tried):
                self._link.turn(baud)
                with suppress(Unanswered):
                    self._link.ask(Command.HELLO, timeout=self._timeout, retries=0)
                    if baud == self._first:
                        return
                    self._ask(self._hello.divisor, retries=0)
            if time.monotonic() > until:
                raise DeviceError(
                    f"The board on {self._link.port} does not answer any more, at "
                    f"{self._first} bits per second or at {tried}; power it off and on."
                )
