"""Inferences of one sample that a board runs by itself, with nothing on the link."""

from dataclasses import dataclass

from spikewright_hw.engine.record import Result, unpack_result
from spikewright_hw.network import Network
from spikewright_hw.protocol import RUN_HEAD, RUN_TAIL, Command

from .link import Link

__all__ = ["MOST_TIMES", "Ran", "Repeats", "run_payload", "unpack_ran"]

#: Most inferences of a RUN.
MOST_TIMES = (1 << 8 * RUN_HEAD) - 1


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of a RUN.

    Parameters
    ----------
    result : Result
        Of the last inference; of the others too, if the board works.
    inferences : int
        How many were run: fewer than asked for if a byte came over the link meanwhile.
    cycles : int
        Clock cycles of all of them, with those in which the spikes are read from memory.
    """

    result: Result
    inferences: int
    cycles: int


def run_payload(spikes: bytes, *, times: int) -> bytes:
    """Return the payload of a RUN."""
    return times.to_bytes(RUN_HEAD, "little") + spikes


def unpack_ran(network: Network, payload: bytes, *, times: int) -> Ran:
    """Read the answer to a RUN. Raises :exc:`ValueError` for a malformed one."""
    result, tail = payload[:-RUN_TAIL], payload[-RUN_TAIL:]
    left = int.from_bytes(tail[:RUN_HEAD], "little")
    return Ran(
        result=unpack_result(network, result), inferences=times - left,
        cycles=int.from_bytes(tail[RUN_HEAD:], "little"),
    )


class Repeats:
    """Inferences of one sample, from :meth:`begin` to :meth:`end`; nothing is sent in between.

    :meth:`spikewright.Session.repeats` makes one, for :func:`~spikewright.measure_power`.
    """

    def __init__(self, link: Link, *, network: Network, spikes: bytes, patience: float):
        self._link = link
        self._network = network
        self._spikes = spikes
        self._patience = patience

    def begin(self) -> None:
        """Let the board begin.

        Raises
        ------
        DeviceError
            It takes no bytes, or is not there any more.
        """
        self._link.begin(Command.RUN, run_payload(self._spikes, times=MOST_TIMES))

    def end(self) -> Ran:
        """Let the board end after the inference that it is at, and return what it did.

        Raises
        ------
        DeviceError
            It did not begin, or has ended before, or does not answer.
        """
        payload = self._link.end(Command.RUN, timeout=self._patience)
        return unpack_ran(self._network, payload, times=MOST_TIMES)
