"""A core under test: its clock, its reset, its streams and its plain ports by name."""

import os
from collections.abc import Callable, Iterator
from functools import cache, partial
from inspect import signature
from types import SimpleNamespace
from typing import Any

import cocotb
from amaranth.lib.wiring import Flow
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer

from spikewright_hw.cores import CORES

from .payload import pack, unpack
from .stream import Port, StreamMonitor, StreamSink, StreamSource, pauses

__all__ = ["Bench", "whole"]

CORE = "SPIKEWRIGHT_CORE"
PRESET = "SPIKEWRIGHT_PRESET"

PERIOD_NS = 10

#: Clock cycles of a test; whatever takes more is taken to wait for ever.
LIMIT = 1_000_000

ALWAYS = SimpleNamespace(value=1)  # stands for the port that a stream does without


def whole() -> bool:
    """Return whether all checks are asked for, and not only those that are made each time."""
    return os.environ.get("WHOLE", "") not in ("", "0")


@cache
def component(core: str, preset: str) -> Any:
    """Return the component of a preset; it is made once for all tests of a simulation."""
    return CORES[core].build(preset)


class Bench:
    """The core of this simulation, with a running clock and out of reset.

    Made by ``await Bench.start(dut)``. Streams and ports are asked for by the names that they have
    in the core's signature, the parts of a path joined by two underscores.

    Attributes
    ----------
    dut
        The simulator's handle of the core.
    component : wiring.Component
        The core itself, for its shapes and its parameters.
    module : module
        The core's module, for its reference.
    parameters : dict
        The preset's keywords.
    """

    def __init__(self, dut: Any):
        core = CORES[os.environ[CORE]]
        preset = os.environ[PRESET]
        self.dut = dut
        self.module = core.module
        self.parameters = dict(core.presets[preset])
        self.component = component(core.name, preset)
        self._signature = self.component.signature

    @classmethod
    async def start(cls, dut: Any) -> "Bench":
        """Start the clock, hold reset for two cycles with all inputs zero, and release it.

        A test that has not ended after :data:`LIMIT` cycles fails, whatever it waits for.
        """
        bench = cls(dut)
        for path, member, _ in bench._signature.flatten(bench.component):
            port = getattr(dut, "__".join(map(str, path)), None)
            if member.flow is Flow.In and port is not None:
                port.value = 0
        Clock(dut.clk, PERIOD_NS, unit="ns").start()
        cocotb.start_soon(_limit())
        await bench.reset()
        return bench

    def with_parameters(self, reference: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that is given those of the preset's keywords that it takes."""
        takes = signature(reference).parameters
        given = {name: value for name, value in self.parameters.items() if name in takes}
        return partial(reference, **given)

    async def reset(self) -> None:
        """Hold reset for two clock cycles."""
        self.dut.rst.value = 1
        await self.cycles(2)
        self.dut.rst.value = 0

    async def cycles(self, count: int) -> None:
        """Wait for ``count`` rising edges of the clock."""
        for _ in range(count):
            await RisingEdge(self.dut.clk)

    async def until(self, condition: Callable[[], bool], *, cycles: int = 10_000) -> int:
        """Wait until ``condition()`` holds and return the cycles it took; fail after ``cycles``."""
        for waited in range(cycles):
            if condition():
                return waited
            await RisingEdge(self.dut.clk)
        raise AssertionError(f"the core did not get there within {cycles} clock cycles")

    def source(self, name: str, *, pause: float | Iterator[bool] = 0.0) -> StreamSource:
        """Attach a source to an input stream; ``pause`` is a probability or a generator."""
        return StreamSource(self._stream(name), pause=_pause(pause))

    def sink(self, name: str, *, pause: float | Iterator[bool] = 0.0) -> StreamSink:
        """Attach a sink to an output stream; ``pause`` is a probability or a generator."""
        return StreamSink(self._stream(name), pause=_pause(pause))

    def monitor(self, name: str, callback: Callable[[Any], None]) -> StreamMonitor:
        """Call ``callback`` with each payload that passes through a stream."""
        return StreamMonitor(self._stream(name), rst=self.dut.rst, callback=callback)

    def write(self, name: str, value: Any) -> None:
        """Set a plain input port; the value matches the port's shape."""
        getattr(self.dut, name).value = pack(self._member(name).shape(), value)

    def read(self, name: str) -> Any:
        """Return the value of a plain port."""
        return unpack(self._member(name).shape(), int(getattr(self.dut, name).value))

    def _member(self, name: str) -> Any:
        member: Any = self.component
        for part in name.split("__"):
            member = member[int(part)] if part.isdecimal() else getattr(member, part)
        return member

    def _stream(self, name: str) -> Port:
        return Port(
            clk=self.dut.clk,
            valid=getattr(self.dut, f"{name}__valid", ALWAYS),
            ready=getattr(self.dut, f"{name}__ready", ALWAYS),
            payload=getattr(self.dut, f"{name}__payload", None),  # a zero-width one has no port
            shape=self._member(name).payload.shape(),
            name=name,
        )


async def _limit() -> None:
    await Timer(LIMIT * PERIOD_NS, unit="ns")
    raise AssertionError(f"the test did not end within {LIMIT} clock cycles")


def _pause(pause: float | Iterator[bool]) -> Iterator[bool]:
    return pauses(pause) if isinstance(pause, float | int) else pause
