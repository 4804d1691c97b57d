"""The host's end of the link: a serial port, and commands that are asked until answered.

No call hangs: a port that is silent, that babbles or that cannot be written ends in a
:exc:`~spikewright.errors.DeviceError`.
"""

import errno
import os
import termios
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum

import serial

from spikewright_hw.protocol import (
    BAUD,
    DELIMITER,
    UNKNOWN_SEQUENCE,
    Deframer,
    Frame,
    Status,
    encode_frame,
)

from ..errors import DeviceError

__all__ = ["Link", "Unanswered", "check_port"]

#: Longest time in one read, seconds; deadlines are checked in between.
_READ = 0.02

_REFUSALS = {
    errno.ENOENT: "it does not exist; plug the board in and see `python -m serial.tools.list_ports`"
    ", or use the virtual board",
    errno.EACCES: "there is no permission; on Debian, `sudo adduser $USER dialout` and a new login "
    "give it",
    errno.EBUSY: "another program has it open; close that first",
    errno.EAGAIN: "another program has it open; close that first",
}

#: Refusals that the same command would meet again.
_DEFINITE = {
    Status.UNKNOWN_COMMAND: "it does not know this command",
    Status.BAD_LENGTH: "its network needs a payload of another length",
    Status.NO_INFERENCE: "there was no inference yet",
    Status.NOT_KEPT: "a memory of weights gave back something else than was stored",
    Status.OUT_OF_RANGE: "a number in it is too large for this board",
}

#: Refusals that a repetition may cure.
_GARBLED = {
    Status.BAD_COBS: "a frame was cut off or garbled on the way",
    Status.BAD_CRC: "a frame's checksum was wrong, or bytes of it were lost",
    Status.TOO_LONG: "a frame was longer than any command",
    Status.TOO_SHORT: "a frame was shorter than any command",
}


@dataclass(frozen=True)
class _Failure:
    """Why one attempt came to nothing, to follow "the board on PORT ..."."""

    reason: str


#: The port took nothing in time.
_NO_BYTES = _Failure("takes no bytes")


class Unanswered(DeviceError):
    """No valid answer to a command came; the board may be there all the same."""


def check_port(port: str) -> None:
    """Raise :exc:`~spikewright.errors.DeviceError` unless a serial port can be opened."""
    Link(port, timeout=1.0, retries=0).close()


class Link:
    """A serial port with a board at its end.

    Parameters
    ----------
    port : str
        Path of the port.
    timeout : float
        Seconds of silence after which a command is repeated. Ten times as long is waited in all if
        bytes come in but no answer.
    retries : int
        Repetitions before giving up.
    trouble : callable
        Says why the board cannot answer at all, to follow "the board on PORT ..."; else nothing.
    baud : int
        Rate of the port, bits per second; :meth:`turn` changes it.

    Raises
    ------
    DeviceError
        The port cannot be opened.
    """

    def __init__(
        self, port: str, *, timeout: float, retries: int,
        trouble: Callable[[], str] = lambda: "", baud: int = BAUD,
    ):
        self.port = port
        self.baud = baud
        self.timeout = timeout
        self.retries = retries
        self._trouble = trouble
        #: Bytes that came with an answer, after it.
        self._unread = b""
        #: Commands that were sent again, of all so far.
        self.repeated = 0
        # A random start, so that a late answer to somebody before us is not taken for ours.
        self._sequence = os.urandom(1)[0]
        try:
            self._serial = serial.Serial(port, baud, timeout=_READ, exclusive=True)
        except (serial.SerialException, OSError) as error:
            reason = _REFUSALS.get(error.errno or 0, f"it is no serial port ({error})")
            raise DeviceError(f"The port {port} cannot be opened: {reason}.") from error

    def close(self) -> None:
        """Close the port."""
        self._serial.close()

    def turn(self, baud: int) -> bool:
        """Give the port another rate; say whether it takes it, and leave it as it is if not."""
        if baud == self.baud:
            return True
        try:
            self._serial.baudrate = baud
        except (ValueError, OSError, serial.SerialException, termios.error):
            with suppress(ValueError, OSError, serial.SerialException, termios.error):
                self._serial.baudrate = self.baud
            return False
        self.baud = baud
        return True

    def ask(
        self, command: IntEnum, payload: bytes = b"", *, timeout: float | None = None,
        retries: int | None = None,
    ) -> bytes:
        """Send a command, repeating it if need be, and return the payload of its answer.

        A command that takes long may be given another ``timeout`` than that of the link, and one
        that may be in vain other ``retries``.

        Raises
        ------
        Unanswered
            No valid answer came.
        DeviceError
            The board refuses the command, or is not there any more.
        """
        self._sequence = self._sequence % 255 + 1
        request = encode_frame(Frame(self._sequence, command, payload))
        timeout = self.timeout if timeout is None else timeout
        retries = self.retries if retries is None else retries
        try:
            self._serial.write_timeout = timeout
            self._forget()
            failure = _Failure("does not answer")
            for attempt in range(retries + 1):
                self.repeated += attempt > 0
                answer = self._attempt(command, request, timeout)
                if isinstance(answer, bytes):
                    return answer
                failure = answer
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._gone(command) from error
        if failure is _NO_BYTES:
            raise self._no_bytes(timeout)
        raise Unanswered(
            f"The board on {self.port} {failure.reason} ({command.name}, "
            f"{retries + 1} attempts of {timeout:.3g} s); check that it is powered, that "
            "it holds this project's bitstream, and that this is its port."
        )

    def ask_all(
        self, command: IntEnum, payloads: Sequence[bytes], *, window: int, timeout: float,
        progress: Callable[[int], None] = lambda done: None,
    ) -> list[bytes]:
        """Ask a command with each payload, and return the payloads of the answers, in their order.

        Up to ``window`` of them are on the way at a time, so that the board need not wait for the
        line. Where anything is lost, those on the way are asked again, one by one.

        Raises
        ------
        DeviceError
            As :meth:`ask` raises it.
        """
        answers: list[bytes] = []
        waiting: deque[int] = deque()
        try:
            self._forget()
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._gone(command) from error
        while len(answers) < len(payloads):
            while len(waiting) < window and len(answers) + len(waiting) < len(payloads):
                waiting.append(self._post(command, payloads[len(answers) + len(waiting)], timeout))
            answer = self._awaited(command, waiting[0], timeout)
            if isinstance(answer, bytes):
                waiting.popleft()
                answers.append(answer)
            else:
                self.repeated += len(waiting)
                again = payloads[len(answers) : len(answers) + len(waiting)]
                answers += [self.ask(command, payload, timeout=timeout) for payload in again]
                waiting.clear()
            progress(len(answers))
        return answers

    def _forget(self) -> None:
        """Forget what has come so far."""
        self._unread = b""
        self._serial.reset_input_buffer()

    def _post(self, command: IntEnum, payload: bytes, timeout: float) -> int:
        """Send a command, wait for nothing, and return its number."""
        self._sequence = self._sequence % 255 + 1
        try:
            self._serial.write_timeout = timeout
            self._serial.write(
                bytes([DELIMITER]) + encode_frame(Frame(self._sequence, command, payload))
            )
        except serial.SerialTimeoutException:
            raise self._no_bytes(timeout) from None
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._gone(command) from error
        return self._sequence

    def _awaited(self, command: IntEnum, sequence: int, timeout: float) -> bytes | _Failure:
        """Wait for the answer to a command that was posted."""
        try:
            return self._answer(command, timeout, sequence=sequence)
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._gone(command) from error

    def begin(self, command: IntEnum, payload: bytes) -> None:
        """Send a command that the board is at until :meth:`end`, and wait for nothing.

        Raises
        ------
        DeviceError
            The port takes no bytes, or has gone away.
        """
        try:
            self._forget()
            self._post(command, payload, self.timeout)
            self._serial.flush()
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._gone(command) from error

    def end(self, command: IntEnum, *, timeout: float) -> bytes:
        """End what :meth:`begin` began, by a byte, and return the payload of the answer.

        Raises
        ------
        DeviceError
            The board has answered before, or does not answer.
        """
        try:
            early = self._serial.in_waiting > 0
            self._serial.write(bytes([DELIMITER]))
            answer = self._answer(command, timeout)
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._gone(command) from error
        if isinstance(answer, bytes) and early:
            raise DeviceError(
                f"The board on {self.port} ended {command.name} before it was told to: a byte came "
                "over the line; keep other programs, and noise, from it."
            )
        if isinstance(answer, bytes):
            return answer
        raise DeviceError(
            f"The board on {self.port} {answer.reason} ({command.name}, which was begun and "
            "ended); try it again."
        )

    def _gone(self, command: IntEnum) -> DeviceError:
        return DeviceError(
            f"The board on {self.port} went away in the middle of {command.name}; "
            "check its cable and its power."
        )

    def _no_bytes(self, timeout: float) -> DeviceError:
        return DeviceError(
            f"The port {self.port} took no bytes for {timeout:.3g} s; "
            "unplug the board, plug it in again and try once more."
        )

    def _attempt(self, command: IntEnum, request: bytes, timeout: float) -> bytes | _Failure:
        """Send the present command once, and wait for its answer."""
        try:
            # The first byte ends whatever the board may have got of something else.
            self._serial.write(bytes([DELIMITER]) + request)
        except serial.SerialTimeoutException:
            # Also of a program that had no turn for so long; then the port takes the next one.
            return _NO_BYTES
        return self._answer(command, timeout)

    def _answer(
        self, command: IntEnum, timeout: float, *, sequence: int | None = None
    ) -> bytes | _Failure:
        """Wait for the answer to the present command, or to that of another number."""
        number = self._sequence if sequence is None else sequence
        deframer = Deframer()
        started = heard = time.monotonic()
        failure = None
        while (now := time.monotonic()) < min(heard + timeout, started + 10 * timeout):
            data = self._unread or self._serial.read(max(1, self._serial.in_waiting))
            self._unread = b""
            if data:
                heard = now
            elif trouble := self._trouble():
                raise DeviceError(f"The board on {self.port} {trouble}.")
            elif failure is not None:  # the line is quiet again
                return failure
            for at, byte in enumerate(data, start=1):
                event = deframer.push(byte)
                if event is None:
                    continue
                outcome = self._judge(command, event, number)
                if isinstance(outcome, bytes):
                    self._unread = data[at:]
                    return outcome
                failure = outcome or failure
        if failure is not None:
            return failure
        babble = "sends bytes that are no answer" if heard > started else "does not answer"
        return _Failure(babble)

    def _judge(
        self, command: IntEnum, event: Frame | Status, number: int
    ) -> bytes | _Failure | None:
        """Return the payload of the right answer, None for a late one to something earlier."""
        if isinstance(event, Status):
            return _Failure(f"sends garbled answers: {_GARBLED[event]}")
        if event.code < Status.OK:
            return _Failure("sends back what it receives, as if its lines were joined")
        try:
            status = Status(event.code)
        except ValueError:
            return _Failure(f"answers with the unknown status {event.code:#04x}")
        if event.sequence == UNKNOWN_SEQUENCE and status in _GARBLED:
            return _Failure(f"receives garbled commands: {_GARBLED[status]}")
        if event.sequence != number:
            return None
        if status is Status.OK:
            return event.payload
        if status in _DEFINITE:
            raise DeviceError(
                f"The board on {self.port} refuses {command.name}: {_DEFINITE[status]}."
            )
        return _Failure(f"receives garbled commands: {_GARBLED[status]}")
