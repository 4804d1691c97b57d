"""A board's port behind a pair of pipes: for a program that opens no serial port."""

import errno
import os
import select
import tty

from spikewright_hw.checks import text, whole

from ..errors import DeviceError

__all__ = ["pipe_port"]

#: Seconds of silence after which a board is taken to have answered all that it was sent.
_SILENCE_S = 2.0
_CHUNK = 4096


def pipe_port(port: str, *, reader: int, writer: int) -> None:
    """Carry bytes from a pipe to a port, and what the port answers to another pipe.

    It ends when nobody holds the other end of ``reader`` any more and the board has been silent
    for two seconds, or when nobody holds that of ``writer``.

    Parameters
    ----------
    port : str
        Path of the port, such as that of a virtual board.
    reader, writer : int
        File descriptors, such as those of standard input and output.

    Raises
    ------
    DeviceError
        The port cannot be opened, or goes away.
    """
    whole(0)("reader", reader)
    whole(0)("writer", writer)
    try:
        board = os.open(text("port", port), os.O_RDWR | os.O_NOCTTY)
    except OSError as error:
        raise DeviceError(f"The port {port} cannot be opened: {error.strerror}.") from error
    try:
        tty.setraw(board)
        _carry(board, reader, writer)
    except BrokenPipeError:
        return
    except OSError as error:
        if error.errno == errno.EIO:
            raise DeviceError(f"The board on {port} has gone away.") from error
        raise
    finally:
        os.close(board)


def _carry(board: int, reader: int, writer: int) -> None:
    sources = [board, reader]
    while True:
        ended = reader not in sources
        ready, _, _ = select.select(sources, [], [], _SILENCE_S if ended else None)
        if not ready:
            return
        if board in ready:
            _write(writer, os.read(board, _CHUNK))
        if reader in ready:
            data = os.read(reader, _CHUNK)
            _write(board, data)
            if not data:
                sources.remove(reader)


def _write(to: int, data: bytes) -> None:
    while data:
        data = data[os.write(to, data) :]
