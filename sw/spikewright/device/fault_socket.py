"""The socket by which a virtual board is given faults while it runs."""

import socket
from collections.abc import Callable

from ..errors import DeviceError
from .memory_faults import Flip, Memory

__all__ = ["FaultSocket"]

#: Seconds in which the board looks at the socket, also on a busy machine.
_PATIENCE_S = 20.0
#: What the names of all memories begin with: the model, its top, and the board top in it.
_ABOVE = "TOP.board.board."


class FaultSocket:
    """This process's end of the socket; ``board_end`` is for the board's.

    Parameters
    ----------
    trouble : callable
        Says why the board cannot answer, to follow "the virtual board ..."; else nothing.
    """

    def __init__(self, *, trouble: Callable[[], str]):
        self._trouble = trouble
        self._socket, self.board_end = socket.socketpair()
        self._socket.settimeout(0.1)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def memories(self) -> tuple[Memory, ...]:
        """Ask which memories there are.

        Raises
        ------
        DeviceError
            The board does not answer.
        """
        lines = [line.split() for line in self._ask("list", end="\n\n").splitlines() if line]
        return tuple(
            Memory(name=name.removeprefix(_ABOVE), words=int(words), bits=int(bits))
            for name, words, bits in lines
        )

    def flip(self, flip: Flip) -> None:
        """Flip a bit between two clock cycles; wait until it is done, or known to be due.

        Raises
        ------
        DeviceError
            The board does not answer, or has no such bit.
        """
        answer = self._ask(
            f"flip {_ABOVE}{flip.memory} {flip.word} {flip.bit} {flip.after}", end="\n"
        )
        if answer != "flipped\n":
            raise DeviceError(f"the virtual board has no bit {flip}")

    def _ask(self, line: str, *, end: str) -> str:
        """Send a line and return the answer."""
        answer, waited = "", 0.0
        try:
            self._socket.sendall(f"{line}\n".encode())
            while not (answer.endswith(end) or answer == "\n"):
                try:
                    data = self._socket.recv(1 << 16)
                except TimeoutError:
                    waited += 0.1
                    trouble = self._trouble() or (waited > _PATIENCE_S and "does not answer")
                    if trouble:
                        raise DeviceError(f"the virtual board {trouble}") from None
                    continue
                if not data:
                    raise OSError
                answer += data.decode()
        except OSError as error:
            raise DeviceError(
                f"the virtual board {self._trouble() or 'has ended'}"
            ) from error
        return answer
