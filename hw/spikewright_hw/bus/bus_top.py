"""An engine on a bus as another design takes it: clock and reset by the bus' own names."""

from dataclasses import dataclass
from typing import Any, Literal

from amaranth import ClockDomain, ClockSignal, Module, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Flow, In

from ..checks import one_of
from ..engine.inference import InferenceEngine
from .axi_stream import AxiStream
from .wishbone import Wishbone

__all__ = ["BUSES", "Bus", "BusTop", "bus_top"]

Bus = Literal["axi-stream", "wishbone"]
"""Buses that an engine may be put on."""


@dataclass(frozen=True, kw_only=True)
class Clocking:
    """Names of the clock and of the reset on a bus, and the level at which it resets."""

    clock: str
    reset: str
    level: int


#: Clock and reset of each bus.
BUSES: dict[Bus, Clocking] = {
    "axi-stream": Clocking(clock="aclk", reset="aresetn", level=0),
    "wishbone": Clocking(clock="wb_clk_i", reset="wb_rst_i", level=1),
}


class BusTop(wiring.Component):
    """A core on a bus with one clock and one synchronous reset, which are ports.

    Parameters
    ----------
    core : AxiStream or Wishbone
        What the ports, but for these two, are those of.
    clocking : Clocking
        Their names.
    """

    def __init__(self, core: AxiStream | Wishbone, clocking: Clocking):
        self.core = core
        self.clocking = clocking
        super().__init__({
            clocking.clock: In(1), clocking.reset: In(1), **dict(core.signature.members.items()),
        })

    def description(self) -> dict[str, Any]:
        """Return what is on the bus, for the JSON beside the Verilog."""
        return self.core.description() | {
            "clock": self.clocking.clock,
            "reset": {"port": self.clocking.reset, "level": self.clocking.level},
        }

    def elaborate(self, platform) -> Module:
        """Make the clock domain of its ports, and pass the others on."""
        m = Module()
        m.domains.sync = ClockDomain(local=True)
        reset: Signal = getattr(self, self.clocking.reset)
        m.d.comb += [
            ClockSignal().eq(getattr(self, self.clocking.clock)),
            ResetSignal().eq(reset == self.clocking.level),
        ]
        m.submodules.core = core = self.core
        for name, member in core.signature.members.items():
            inside, outside = getattr(core, name), getattr(self, name)
            m.d.comb += (
                inside.eq(outside) if member.flow is Flow.In else outside.eq(inside)
            )
        return m


def bus_top(engine: InferenceEngine, *, bus: Bus) -> BusTop:
    """Put an engine on a bus, 32 bits wide.

    Raises :exc:`ValueError` if there is no such bus, or if the engine's weights are loaded.
    """
    one_of(BUSES)("bus", bus)
    core = AxiStream(engine=engine) if bus == "axi-stream" else Wishbone(engine=engine)
    return BusTop(core, BUSES[bus])
