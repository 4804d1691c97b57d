"""Both ends of a stream, and a monitor that watches one without touching it.

All of them act at the rising edge of the clock: what they read there is what the core's registers
read, and what they write takes effect after the edge.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge

from .payload import pack, reader, width

__all__ = ["Port", "StreamMonitor", "StreamSink", "StreamSource", "pauses"]


def pauses(probability: float) -> Iterator[bool]:
    """Return a pause generator: true in a random ``probability`` of clock cycles."""
    while True:
        yield random.random() < probability


@dataclass(frozen=True)
class Port:
    """A stream's signals in the simulator, and its payload's shape."""

    clk: Any
    valid: Any
    ready: Any
    payload: Any
    shape: Any
    name: str

    @property
    def transfers(self) -> bool:
        """Whether a payload passes at this clock edge."""
        return bool(self.valid.value) and bool(self.ready.value)

    def read(self) -> Any:
        """Return the payload as a Python value."""
        if self.payload is None:
            return self._reader(0)
        bits = self.payload.value
        try:
            return self._reader(int(bits))
        except ValueError:  # of a bit that is neither 0 nor 1
            raise AssertionError(f"{self.name}.payload is {bits} while valid") from None

    @cached_property
    def width(self) -> int:
        """Number of bits of the payload."""
        return width(self.shape)

    @cached_property
    def _reader(self) -> Callable[[int], Any]:
        return reader(self.shape)

    def write(self, bits: int) -> None:
        """Set the payload's bits."""
        if self.payload is not None:
            self.payload.value = bits


class StreamSource:
    """Sends payloads to a core's input; between them it shows noise, with valid low."""

    def __init__(self, port: Port, *, pause: Iterator[bool]):
        self._port = port
        self._pause = pause
        self._queue: deque[int] = deque()
        self._offering = False
        cocotb.start_soon(self._run())

    @property
    def pending(self) -> int:
        """Number of payloads not yet taken."""
        return len(self._queue)

    def send(self, payloads: Iterable[Any]) -> None:
        """Queue payloads."""
        self._queue.extend(pack(self._port.shape, payload) for payload in payloads)

    async def _run(self) -> None:
        port = self._port
        while True:
            await RisingEdge(port.clk)
            if self._offering and bool(port.ready.value):
                self._queue.popleft()
                self._offering = False
            if not self._offering:
                self._offering = bool(self._queue) and not next(self._pause)
                noise = random.getrandbits(port.width)
                port.write(self._queue[0] if self._offering else noise)
                port.valid.value = self._offering


class StreamSink:
    """Takes payloads from a core's output: ready unless the pause generator says otherwise."""

    def __init__(self, port: Port, *, pause: Iterator[bool]):
        self._port = port
        self._pause = pause
        self.received: list[Any] = []
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        port = self._port
        ready = False
        while True:
            await RisingEdge(port.clk)
            if ready and bool(port.valid.value):
                self.received.append(port.read())
            ready = not next(self._pause)
            port.ready.value = ready


class StreamMonitor:
    """Reports each payload that passes, and checks that an offer stands until it is taken.

    ``rst`` high ends an offer, for that is what a reset is for.
    """

    def __init__(self, port: Port, *, rst: Any, callback: Callable[[Any], None]):
        self._port = port
        self._rst = rst
        self._callback = callback
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        port = self._port
        offered = None  # the payload that stalls, if one does
        while True:
            await RisingEdge(port.clk)
            if bool(self._rst.value):
                offered = None
                continue
            valid = bool(port.valid.value)
            assert valid or offered is None, f"{port.name}.valid was withdrawn while stalled"
            if not valid:
                continue
            payload = port.read()
            assert offered is None or payload == offered[0], (
                f"{port.name}.payload changed from {offered} to {payload} while stalled"
            )
            if bool(port.ready.value):
                self._callback(payload)
                offered = None
            else:
                offered = (payload,)
