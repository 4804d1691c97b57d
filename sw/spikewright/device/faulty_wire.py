"""A wire that spoils frames on purpose, between a host and a board: to see that nothing is lost.

It stands between the board's port and a port of its own, which the host opens. Frames of both
directions are lost, sent twice, sent late, cut short or changed in one bit, each at a rate.
"""

import fcntl
import os
import random
import select
import struct
import sys
import termios
import threading
import tty
from collections import Counter
from types import TracebackType
from typing import Self

from spikewright_hw.protocol import DELIMITER

__all__ = ["FAULTS", "FaultyWire"]

#: What may happen to a frame.
FAULTS = ("dropped", "duplicated", "reordered", "truncated", "flipped")

#: `struct termios2` of Linux, its control flags and speeds, and the requests that get and set it.
_SETTINGS = struct.Struct("4I B19s 2I")
_FLAGS, _SPEED = slice(8, 12), slice(36, 44)
_GET, _SET = 0x802C542A, 0x402C542B


class FaultyWire:
    """A wire to the port of a board; ``port`` is the host's end, inside ``with``.

    Parameters
    ----------
    board_port : str
        Path of the board's port, a pseudo terminal.
    rate : float
        Share of the frames that something happens to, 0 to 1.
    seed : int
        What happens to which follows from it.
    """

    #: Path of the port that the host opens.
    port: str

    def __init__(self, board_port: str, *, rate: float, seed: int):
        if not 0 <= rate <= 1:
            raise ValueError(f"rate is {rate}; it must be from 0 to 1")
        self._board_port = board_port
        self._rate = rate
        self._random = random.Random(seed)
        #: How often each of :data:`FAULTS` happened, and how many ``frames`` there were.
        self.done: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._board = os.open(self._board_port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._board)
        self.plug()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.unplug()
        os.close(self._board)

    def plug(self) -> None:
        """Offer a port to the host, a new one each time."""
        self._host, held = os.openpty()
        tty.setraw(held)
        self.port = os.ttyname(held)
        self._held = held
        self._end, self._stop = os.pipe()
        ends = ((self._host, self._board), (self._board, self._host))
        self._threads = [
            threading.Thread(target=self._carry, args=each, daemon=True) for each in ends
        ]
        for thread in self._threads:
            thread.start()

    def unplug(self) -> None:
        """Take the port away, as a cable that is pulled: whoever has it open gets an error."""
        os.write(self._stop, b"x")
        for thread in self._threads:
            thread.join()
        for each in (self._host, self._held, self._end, self._stop):
            os.close(each)

    def _carry(self, source: int, target: int) -> None:
        """Carry frames one way, until the wire is unplugged."""
        pending, late = bytearray(), b""
        while True:
            ready, _, _ = select.select([source, self._end], [], [], 1.0)
            if self._end in ready:
                return
            if not ready:
                continue
            try:
                data = os.read(source, 4096)
            except OSError:  # the other side has closed its port, for a while or for good
                select.select([self._end], [], [], 0.01)
                continue
            pending += data
            out = b""
            while (end := pending.find(DELIMITER)) >= 0:
                frame, pending = bytes(pending[: end + 1]), pending[end + 1 :]
                if len(frame) == 1:  # an empty frame, which ends whatever came before
                    out += frame
                    continue
                made, later = self._spoil(frame)
                out, late = out + made + late, later
            if out:
                if source == self._host:
                    _copy_speed(self._host, self._board)
                os.write(target, out)

    def _spoil(self, frame: bytes) -> tuple[bytes, bytes]:
        """Return what is sent of a frame now, and what after the next one."""
        with self._lock:
            self.done["frames"] += 1
            if self._random.random() >= self._rate:
                return frame, b""
            what = self._random.choice(FAULTS)
            self.done[what] += 1
            if what == "dropped":
                return b"", b""
            if what == "duplicated":
                return frame * 2, b""
            if what == "reordered":
                return b"", frame
            if what == "truncated":  # the zero at its end may be lost with the rest, or not
                kept = frame[: self._random.randrange(len(frame) - 1)]
                return kept + bytes(self._random.randrange(2)), b""
            spoiled = bytearray(frame)
            bit = self._random.randrange(8 * len(frame))
            spoiled[bit // 8] ^= 1 << bit % 8
            return bytes(spoiled), b""


def _copy_speed(source: int, target: int) -> None:
    """Give a terminal the speed of another, which the kernel keeps in numbers."""
    if sys.platform != "linux":  # elsewhere the two are plain numbers, and any is taken
        settings, speed = termios.tcgetattr(target), termios.tcgetattr(source)[4:6]
        termios.tcsetattr(target, termios.TCSANOW, [*settings[:4], *speed, settings[6]])
        return
    theirs, ours = (bytearray(_SETTINGS.size) for _ in range(2))
    fcntl.ioctl(source, _GET, theirs)
    fcntl.ioctl(target, _GET, ours)
    if theirs[_SPEED] != ours[_SPEED]:
        ours[_SPEED], ours[_FLAGS] = theirs[_SPEED], theirs[_FLAGS]
        fcntl.ioctl(target, _SET, bytes(ours))
