"""Lattice iCE40, with Project IceStorm: its parts, its phase-locked loop, and how it is built."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from spikewright_hw.engine.ram_style import APART, LOADED

from .family import Family, Flow, Packer, Part, Pll

__all__ = ["ICE40", "LARGE", "LARGE_CELL", "Direct", "Ice40", "Ice40Pll", "plls"]


@dataclass(frozen=True)
class Direct:
    """No loop: the oscillator is the clock."""

    input_hz: int

    @property
    def output_hz(self) -> int:
        """Frequency of the clock."""
        return self.input_hz


@dataclass(frozen=True)
class Ice40Pll:
    """Settings of an iCE40 phase-locked loop (SB_PLL40) with simple feedback.

    ``vco = input / (reference + 1) * (feedback + 1)`` and ``output = vco / 2**divider``; the limits
    are those of Lattice's data sheets FPGA-DS-02008 and FPGA-DS-02029, as IceStorm's ``icepll`` has
    them.

    Parameters
    ----------
    input_hz : int
        Frequency of the reference.
    reference : int
        DIVR, 0 to 15; the phase detector then runs at 10 to 133 MHz.
    feedback : int
        DIVF, 0 to 127; the oscillator then runs at 533 to 1066 MHz.
    divider : int
        DIVQ, 1 to 6; the output is 16 to 275 MHz.
    """

    input_hz: int
    reference: int
    feedback: int
    divider: int

    @property
    def output_hz(self) -> int:
        """Frequency of the clock."""
        return self.input_hz * (self.feedback + 1) // (self.reference + 1) >> self.divider

    @property
    def filter_range(self) -> int:
        """FILTER_RANGE, which follows from the frequency of the phase detector."""
        detector = self.input_hz / (self.reference + 1) / 1e6
        return next((n for n, top in enumerate((17, 26, 44, 66, 101), 1) if detector < top), 6)


@cache
def plls(input_hz: int) -> dict[int, Direct | Ice40Pll]:
    """Return settings for every clock, in Hz, that can be made of an oscillator, the lowest first.

    Of several settings for one, the first is taken that ``icepll`` comes to, too.
    """
    found: dict[int, Direct | Ice40Pll] = {input_hz: Direct(input_hz)}
    for reference, feedback, divider in product(range(16), range(128), range(1, 7)):
        detector = input_hz / (reference + 1)
        vco = detector * (feedback + 1)
        output, rest = divmod(input_hz * (feedback + 1), (reference + 1) << divider)
        if (
            10e6 <= detector <= 133e6 and 533e6 <= vco <= 1066e6 and 16e6 <= output <= 275e6
            and not rest
        ):
            found.setdefault(output, Ice40Pll(input_hz, reference, feedback, divider))
    return dict(sorted(found.items()))


#: Block RAM reads as zeros for some 3 us after the configuration; Amaranth waits as long.
_WAIT_S = 15e-6


class Ice40(Family):
    """The iCE40, UltraPlus and HX."""

    def plls(self, input_hz: int) -> Mapping[int, Direct | Ice40Pll]:
        """Return settings for every clock that can be made of an oscillator's."""
        return plls(input_hz)

    def vendor(self) -> Any:
        """Return Amaranth's platform class."""
        from amaranth.vendor import LatticeICE40Platform

        return LatticeICE40Platform

    def make_clock(self, m: Any, *, pll: Pll, platform: Any) -> tuple[Any, Any]:
        """Instantiate the loop, with ``icepll``'s settings, and wait until block RAM can be read.

        A loop whose reference is its own pad takes the pin itself; from another pin the clock goes
        by way of an input buffer.
        """
        from amaranth import ClockDomain, ClockSignal, Const, Signal
        from amaranth.lib import io

        pin = platform.request(platform.default_clk, dir="-")
        (site,) = platform.lookup(platform.default_clk).ios[0].names
        pads = [pad for part in self.parts.values() for pad in part.pll_pads
                if part.platform.items() <= {"device": platform.device, "package": platform.package}
                .items()]
        if isinstance(pll, Ice40Pll) and site in pads:
            clock, locked = _loop(m, pll, "SB_PLL40_PAD", io_PACKAGEPIN=pin.io)
        else:
            m.submodules.oscillator = oscillator = io.Buffer(io.Direction.Input, pin)
            clock, locked = oscillator.i, Const(1)
            if isinstance(pll, Ice40Pll):
                clock, locked = _loop(m, pll, "SB_PLL40_CORE", i_REFERENCECLK=oscillator.i)
        m.domains.wait = ClockDomain("wait", reset_less=True, local=True)
        m.d.comb += ClockSignal("wait").eq(clock)
        cycles = round(pll.output_hz * _WAIT_S)
        waited = Signal(range(cycles + 1))
        stable = Signal()
        m.d.comb += stable.eq(waited == cycles)
        with m.If(locked & ~stable):
            m.d.wait += waited.eq(waited + 1)
        return clock, stable


def _loop(m: Any, pll: Ice40Pll, kind: str, **reference: Any) -> tuple[Any, Any]:
    from amaranth import Const, Instance, Signal

    clock, locked = Signal(), Signal()
    m.submodules.pll = Instance(
        kind,
        p_FEEDBACK_PATH="SIMPLE",
        p_DIVR=Const(pll.reference, 4),
        p_DIVF=Const(pll.feedback, 7),
        p_DIVQ=Const(pll.divider, 3),
        p_FILTER_RANGE=Const(pll.filter_range, 3),
        i_RESETB=1,
        i_BYPASS=0,
        o_PLLOUTGLOBAL=clock,
        o_LOCK=locked,
        **reference,
    )
    return clock, locked


LARGE = 1024
"""Rows from which on a memory that a host fills is one of the UltraPlus' large ones, which no
bitstream fills: four times as many as fit into a block RAM."""

LARGE_CELL = "ICESTORM_SPRAM"
"""Such a memory, as the placer calls it."""


def _prepared(synthesis: str, *, large: bool) -> str:
    """Return Yosys commands that say of memories what the netlist cannot, and the synthesis.

    Of those that are never read where they are written, a collision need not be resolved; those
    that a host fills begin with nothing, and are ``large`` memories from so many rows on.
    """
    (apart,), (loaded,) = APART, LOADED
    kind = f'setattr -set ram_style "huge" a:{loaded} r:SIZE>={LARGE} %i'
    return "\n".join((
        "proc", "memory_collect",
        f"setparam -set RD_COLLISION_X_MASK 1'1 a:{apart} t:$mem_v2 %i",
        f"setparam -set INIT 1'x a:{loaded} t:$mem_v2 %i",
        *([kind] if large else []),
        "memory_unpack",
        synthesis,
    ))


ICE40 = Ice40(
    name="ice40",
    label="iCE40",
    synthesis=_prepared("synth_ice40 -dsp -spram -device u", large=True),  # of the UltraPlus
    cells=(
        (r"SB_LUT4", {"lut": 1}),
        (r"SB_DFF\w*", {"ff": 1}),
        (r"SB_RAM40_4K\w*", {"bram": 1}),
        (r"SB_MAC16", {"dsp": 1}),
        (r"SB_CARRY", {"carry": 1}),
    ),
    bram_kbit=4,
    flow=Flow(
        tool="nextpnr-ice40", suffix="pcf", constraints="--pcf={}",
        configuration=("--asc", "design.config"), unconstrained=("--pcf-allow-unconstrained",),
    ),
    packer=Packer(tool="icepack", suffix="bin", options=("design.config", "design.bin")),
    used={"lut": ("ICESTORM_LC",), "bram": ("ICESTORM_RAM",), "dsp": ("ICESTORM_DSP",)},
    parts={
        "up5k": Part(
            "ice40", "iCE40 UP5K", "slow corner", ("--up5k", "--package", "sg48"),
            room={"lut": 5280, "ff": 5280, "bram": 30, "dsp": 8},
            platform={"device": "iCE40UP5K", "package": "SG48"},
            pll_pads=("35",),
            large=4,
        ),
        "hx8k": Part(
            "ice40", "iCE40 HX8K", "slow corner", ("--hx8k", "--package", "ct256"),
            room={"lut": 7680, "ff": 7680, "bram": 32, "dsp": 0},
            platform={"device": "iCE40HX8K", "package": "CT256"},
            synthesis=_prepared("synth_ice40 -device hx", large=False),
        ),
    },
    joined_ports=frozenset({"CIN"}),
    carry_ports=frozenset({"CIN"}),
)
"""The family."""
