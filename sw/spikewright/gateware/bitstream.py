"""From a network to a board's bitstream: elaborate, synthesise, place and route, pack.

Each step's result is in the content-addressed cache, so that after a change only what depends on it
runs again; each can be interrupted, and leaves a log under ``build/logs``.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from amaranth import ClockDomain, ClockSignal, Elaboratable, Instance, Module, Signal
from amaranth.build import Platform
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer

from spikewright_hw.board import BoardTop
from spikewright_hw.checks import pathlike, real, wholes
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from .. import tools
from ..cache import cached
from ..quantized.network import QuantizedNetwork, network_of
from .board import DEFAULT_BOARD, Board, board_named
from .closing import LIMIT_S, SEEDS, ClockMissed, Closing, close
from .design import check_design
from .parts import PARTS
from .placement import Placement
from .pll import Pll
from .remedy import remedy
from .synthesis import synthesize

__all__ = ["Bitstream", "BoardPins", "build_bitstream", "elaborate", "needed_tools"]

_CLOCK = "clock.clk"  # the `sync` clock of `ClockGenerator`, as the timing report calls it


@dataclass(frozen=True)
class Bitstream:
    """A bitstream and its post-route figures.

    Parameters
    ----------
    path : Path
        The file to load into the board.
    clock_mhz, fmax_mhz : float
        The design's clock, and the highest frequency it could have at the slow corner.
    lut, ff, bram, dsp : int
        Cells used after placement, by nextpnr's count: LUTs (those in carry cells and distributed
        memory among them), flip-flops, 18 kbit block RAMs, 18x18 multipliers.
    available : dict of str to int
        What the part has, of the same four.
    seed : int
        Seed of the placement.
    tools : tuple of str
        Names and versions of what made it.
    """

    path: Path
    clock_mhz: float
    fmax_mhz: float
    lut: int
    ff: int
    bram: int
    dsp: int
    available: dict[str, int]
    seed: int
    tools: tuple[str, ...]


class Top(Protocol):
    """What is put on a board; :class:`~spikewright_hw.board.BoardTop` is one."""

    rx: Signal
    tx: Signal

    def elaborate(self, platform: Any) -> Module:
        """Return its logic."""
        ...


class ClockGenerator(Elaboratable):
    """Drives the ``sync`` domain from the board's oscillator; in reset until the PLL has locked."""

    def __init__(self, *, pll: Pll, pin: str):
        self.pll = pll
        self.pin = pin

    def elaborate(self, platform) -> Module:
        """Instantiate the PLL, with the settings that Project Trellis' ``ecppll`` gives."""
        m = Module()
        m.submodules.oscillator = oscillator = io.Buffer(
            io.Direction.Input, platform.request(self.pin, dir="-")
        )
        clock = Signal()
        locked = Signal()
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=f"{self.pll.input_hz / 1e6:g}",
            a_FREQUENCY_PIN_CLKOP=f"{self.pll.output_hz / 1e6:g}",
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_CLKI_DIV=self.pll.reference,
            p_CLKFB_DIV=self.pll.feedback,
            p_CLKOP_DIV=self.pll.divider,
            p_CLKOP_CPHASE=self.pll.cphase,
            p_CLKOP_FPHASE=0,
            p_CLKOP_ENABLE="ENABLED",
            p_FEEDBK_PATH="CLKOP",
            p_PLLRST_ENA="DISABLED",
            p_INTFB_WAKE="DISABLED",
            p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED",
            p_OUTDIVIDER_MUXA="DIVA",
            p_OUTDIVIDER_MUXB="DIVB",
            p_OUTDIVIDER_MUXC="DIVC",
            p_OUTDIVIDER_MUXD="DIVD",
            i_CLKI=oscillator.i,
            i_CLKFB=clock,
            i_RST=0,
            i_STDBY=0,
            i_PHASESEL0=0,
            i_PHASESEL1=0,
            i_PHASEDIR=1,
            i_PHASESTEP=1,
            i_PHASELOADREG=1,
            i_PLLWAKESYNC=0,
            i_ENCLKOP=0,
            o_CLKOP=clock,
            o_LOCK=locked,
        )
        m.d.comb += ClockSignal("sync").eq(clock)
        m.submodules.reset = ResetSynchronizer(~locked, domain="sync")
        platform.add_clock_constraint(clock, self.pll.output_hz)
        return m


class BoardPins(Elaboratable):
    """Connects a board top to the pins and the clock of a board."""

    def __init__(self, *, top: Top, board: Board):
        self.top = top
        self.board = board

    def elaborate(self, platform) -> Module:
        """Request the pins from an ``amaranth_boards`` platform."""
        m = Module()
        m.domains.sync = ClockDomain("sync")
        m.submodules.clock = ClockGenerator(pll=self.board.pll, pin=platform.default_clk)
        m.submodules.top = top = self.top
        pins = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer(io.Direction.Input, pins.rx)
        m.submodules.tx = tx = io.Buffer(io.Direction.Output, pins.tx)
        m.d.comb += [top.rx.eq(rx.i), tx.o.eq(top.tx)]
        return m


def elaborate(top: Top, *, board: Board) -> tuple[str, str]:
    """Return the RTLIL and the pin constraints of a board top on a board."""
    module, name = board.platform
    platform: Platform = getattr(import_module(module), name)()
    pins = BoardPins(top=top, board=board)
    plan: Any = platform.prepare(pins, "design", emit_src=False)
    return str(plan.files["design.il"]), str(plan.files["design.lpf"])


def needed_tools(board: Board) -> tuple[str, ...]:
    """Return the tools that build a bitstream, for :func:`~spikewright.tools.require_all`."""
    return ("amaranth-boards", "pyosys or yosys", PARTS[board.part].tool, "ecppack")


def build_bitstream(
    network: Network | QuantizedNetwork,
    *,
    board: str | Board = DEFAULT_BOARD,
    design: Design | None = None,
    top: Top | None = None,
    seeds: Sequence[int] = SEEDS,
    limit_s: float = LIMIT_S,
    build: str | Path = "build",
    progress: Callable[[str], None] = lambda step: None,
) -> Bitstream:
    """Build the bitstream of a network for a board.

    Parameters
    ----------
    network : Network or QuantizedNetwork
        What the board will run.
    board : str or Board
        One of :data:`~spikewright.gateware.board.BOARDS`, or its name.
    design : Design, optional
        The engine that it runs on; the event engine if not given.
    top : Component, optional
        A board top to build instead of the network's :class:`~spikewright_hw.board.BoardTop`.
    seeds : sequence of int
        Placer seeds, tried in this order until the clock is met.
    limit_s : float
        Seconds for the placing and routing, with all seeds together.
    build : str or Path
        Folder of everything generated: results go to ``cache`` in it, logs to ``logs``.
    progress : callable
        Told, in a few words, of each step as it begins.

    Raises
    ------
    ToolError
        A tool is missing.
    BuildError
        The design does not fit, or cannot be routed in this time.
    ClockMissed
        It does not meet the clock; the message says what can be done. A BuildError, too.
    DataError
        The network cannot run on the engine.
    ValueError
        There is no such board.
    """
    board, build, plain = board_named(board), pathlike("build", build), network_of(network)
    seeds, limit_s = wholes(0)("seeds", seeds), real(0)("limit_s", limit_s)
    if not seeds:
        raise ValueError("seeds is empty; give at least one seed of the placer")
    design = EventDesign() if design is None else design
    check_design(design, plain)
    tools.require_all(needed_tools(board))  # told now, not after minutes of work
    if top is None:
        top = BoardTop(
            network=plain, divisor=board.divisor, clock_hz=board.clock_hz, virtual=False,
            design=design,
        )
    progress("elaborating the board top")
    source, constraints = elaborate(top, board=board)
    progress("synthesising")
    netlist = synthesize(source, top="design", family="ecp5", build=build)
    work = Closing(
        netlist=netlist, constraints=constraints, board=board, clock=_CLOCK, seeds=seeds,
        limit_s=limit_s, build=build,
    )
    try:
        placement = close(work, progress)
    except ClockMissed as missed:
        advice = remedy(missed, board=board, design=design, network=plain)
        missed.args = (f"{missed} {advice}".rstrip(" ."),)
        raise
    progress("packing the bitstream")
    path, packer = _pack(placement, build=build)
    kinds = {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "bram": "DP16KD", "dsp": "MULT18X18D"}
    return Bitstream(
        path=path,
        clock_mhz=board.clock_hz / 1e6,
        fmax_mhz=placement.fmax_of(_CLOCK),
        lut=placement.used[kinds["lut"]],
        ff=placement.used[kinds["ff"]],
        bram=placement.used[kinds["bram"]],
        dsp=placement.used[kinds["dsp"]],
        available={name: placement.available[kind] for name, kind in kinds.items()},
        seed=placement.seed,
        tools=(netlist.tool, placement.tool, packer),
    )


def _pack(placement: Placement, *, build: Path) -> tuple[Path, str]:
    """Pack a configuration; return the bitstream and the packer's name and version."""
    tool = tools.require("ecppack")
    name = f"{tool.name} {tool.version}"
    text = placement.configuration.read_bytes()
    options = ["--compress", "--input", "design.config", "--bit", "design.bit"]
    key = {"configuration": hashlib.sha256(text).hexdigest(), "options": options, "tool": name}

    def stage(folder: Path) -> None:
        (folder / "design.config").write_bytes(text)
        tools.run(tool, options, cwd=folder, log=build / "logs" / "packing.log")
        (folder / "design.config").unlink()

    return cached("bitstream", key, stage, root=build / "cache") / "design.bit", name
