"""What every family of devices says of itself: its tools, its clocks, its cells and its parts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = ["Family", "Flow", "Packer", "Part", "Pll"]


@dataclass(frozen=True)
class Part:
    """A device as nextpnr knows it.

    Parameters
    ----------
    family : str
        Family of :data:`~spikewright.gateware.parts.FAMILIES`.
    label : str
        Name for people.
    corner : str
        Timing corner that Fmax is stated at.
    options : tuple of str
        nextpnr's options that select it.
    room : dict of str to int
        What it has, by the names of :class:`~spikewright.gateware.synthesis.CellCounts`.
    platform : dict of str to str
        What Amaranth's platform calls it.
    pins : tuple of str
        Pins for ports that nobody has constrained, a clock's first, where nextpnr chooses none.
    pll_pads : tuple of str
        Pins that a phase-locked loop takes its reference from, and nothing else then.
    packing : tuple of str
        The packer's options that select it.
    idcode : int
        What it answers by JTAG; 0 where it is not asked. Without a version, any is meant.
    synthesis : str
        The Yosys command, where it is not the family's.
    large : int
        Large memories that a host fills, and no bitstream.
    """

    family: str
    label: str
    corner: str
    options: tuple[str, ...]
    room: Mapping[str, int] = field(default_factory=dict)
    platform: Mapping[str, str] = field(default_factory=dict)
    pins: tuple[str, ...] = ()
    pll_pads: tuple[str, ...] = ()
    packing: tuple[str, ...] = ()
    idcode: int = 0
    synthesis: str = ""
    large: int = 0


@dataclass(frozen=True, kw_only=True)
class Flow:
    """How nextpnr is called for a family: its name, its constraints, what it writes.

    ``constraints`` is the option, with the place of the file's name; ``unconstrained`` lets the
    placer choose the other pins; where it cannot, ``pin`` is a line that puts a ``port`` on a
    ``site``.
    """

    tool: str
    suffix: str
    constraints: str
    configuration: tuple[str, ...]
    unconstrained: tuple[str, ...] = ()
    pin: str = ""


@dataclass(frozen=True, kw_only=True)
class Packer:
    """How a configuration becomes a bitstream: ``design.config`` to ``design`` with a suffix."""

    tool: str
    suffix: str
    options: tuple[str, ...]

    @property
    def bitstream(self) -> str:
        """Name of the file that it writes."""
        return f"design.{self.suffix}"


class Pll(Protocol):
    """Settings of a family's phase-locked loop, or of none where the oscillator is the clock."""

    @property
    def input_hz(self) -> int:
        """Frequency of the oscillator."""
        ...

    @property
    def output_hz(self) -> int:
        """Frequency of the design's clock."""
        ...


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """A family of devices.

    Parameters
    ----------
    name : str
        Name in reports.
    label : str
        Name for people.
    synthesis : str
        Its Yosys command.
    without_pads : str
        What the command has besides, where no pads and clock buffers are put in.
    cells : tuple of (str, dict)
        What a cell of each type takes up, by full match of the type; cells of other types (wide
        multiplexers, clock buffers, loops) are not counted.
    bram_kbit : int
        Size of the block RAM that is counted.
    flow : Flow
        Its placer.
    packer : Packer
        What writes its bitstreams.
    used : dict of str to (tuple of str)
        nextpnr's kinds of cells that are counted as ``lut``, ``ff``, ``bram`` and ``dsp``; what is
        not among them is counted in the netlist.
    parts : dict of str to Part
        Its devices, by their name here.
    joined_ports : set of str
        Ports that a cell is joined to by a wire of its own, without a delay: carries, and the wide
        multiplexers that follow look-up tables.
    carry_ports : set of str
        Ports by which a carry enters a cell: of an adder, or of a comparison.
    language : str
        What Amaranth writes for its tools.
    gain : float
        No result is higher than nextpnr's estimate before the routing times this, see
        :mod:`~spikewright.gateware.closing`.
    vendor_plan : bool
        Whether a plan is for the vendor's tools, as Amaranth calls them, and not for these here.
    finish : callable, optional
        What is changed of a netlist, as Yosys' JSON has it, before it is placed.
    """

    name: str
    label: str
    synthesis: str
    without_pads: str = ""
    cells: tuple[tuple[str, Mapping[str, int]], ...]
    bram_kbit: int
    flow: Flow
    packer: Packer
    used: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, Part]
    joined_ports: frozenset[str] = frozenset()
    carry_ports: frozenset[str] = frozenset()
    language: Literal["rtlil", "verilog"] = "rtlil"
    gain: float = 1.25
    vendor_plan: bool = False
    finish: Callable[[dict[str, Any]], None] | None = None

    @abstractmethod
    def plls(self, input_hz: int) -> Mapping[int, Pll]:
        """Return settings for every clock, in Hz, that can be made of an oscillator's."""

    @abstractmethod
    def make_clock(self, m: Any, *, pll: Pll, platform: Any) -> tuple[Any, Any]:
        """Put the clock into a module: the oscillator's pin, and the loop behind it.

        Return the clock and whether it is stable, as signals.
        """

    def monitor(self, channels: Sequence[str], *, clock_hz: int) -> Any:
        """Return the converter on the die that reads these channels in turn.

        It is a :class:`~spikewright_hw.link.sensors.Monitor`. Raises :exc:`ValueError` for a family
        without one, and for a channel that there is not.
        """
        raise ValueError(f"{self.label} has no converter on the die")

    def monitor_model(
        self, channels: Sequence[str], *, clock_hz: int, codes: Mapping[str, tuple[int, int]]
    ) -> Any:
        """Return a model of it, for a virtual board.

        ``codes`` has of each channel what a conversion gives while the board rests, and while it
        works.
        """
        raise ValueError(f"{self.label} has no converter on the die")

    def sensed(self, channel: str, code: float) -> float:
        """Return what a register of the converter stands for, volts or degrees Celsius."""
        raise ValueError(f"{self.label} has no converter on the die")

    def sensor_limits(self, channel: str) -> tuple[float, float]:
        """Return the limits of a channel's offset, in volts at the converter, and of its gain."""
        raise ValueError(f"{self.label} has no converter on the die")

    @abstractmethod
    def vendor(self) -> Any:
        """Return Amaranth's platform class, of which boards' are made."""
