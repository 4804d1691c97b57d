"""Gowin LittleBee and Arora, with Project Apicula: parts, phase-locked loop, how they are built."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from .family import Family, Flow, Packer, Part, Pll

__all__ = ["GOWIN", "Gowin", "GowinPll", "plls"]


@dataclass(frozen=True)
class GowinPll:
    """Settings of a Gowin phase-locked loop (rPLL).

    ``output = input * (feedback + 1) / (reference + 1)`` and ``vco = output * divider``.

    Parameters
    ----------
    input_hz : int
        Frequency at CLKIN.
    reference : int
        IDIV_SEL, 0 to 63.
    feedback : int
        FBDIV_SEL, 0 to 63.
    divider : int
        ODIV_SEL, one of :data:`DIVIDERS`.
    """

    input_hz: int
    reference: int
    feedback: int
    divider: int

    @property
    def output_hz(self) -> int:
        """Frequency at CLKOUT."""
        return self.input_hz * (self.feedback + 1) // (self.reference + 1)


#: What ODIV_SEL can be.
DIVIDERS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)


@cache
def plls(input_hz: int) -> dict[int, GowinPll]:
    """Return settings for every clock, in Hz, that can be made of an oscillator, the lowest first.

    Phase detector, oscillator and output are within what both parts allow: 3 to 400, 500 to 1200
    and 4 to 500 MHz, by the data sheets DS117 (GW1NR) and DS226 (GW2AR), as Apicula's
    ``gowin_pll`` has them.
    """
    found: dict[int, GowinPll] = {}
    for reference, feedback, divider in product(range(64), range(64), DIVIDERS):
        output, rest = divmod(input_hz * (feedback + 1), reference + 1)
        if (
            not rest and 3e6 <= input_hz / (reference + 1) <= 400e6 and 4e6 < output < 500e6
            and 500e6 < output * divider < 1200e6
        ):
            found.setdefault(output, GowinPll(input_hz, reference, feedback, divider))
    return dict(sorted(found.items()))


class Gowin(Family):
    """GW1N and GW2A."""

    def plls(self, input_hz: int) -> Mapping[int, GowinPll]:
        """Return settings for every clock that can be made of an oscillator's."""
        return plls(input_hz)

    def vendor(self) -> Any:
        """Return Amaranth's platform class."""
        from amaranth.vendor import GowinPlatform

        return GowinPlatform

    def make_clock(self, m: Any, *, pll: Pll, platform: Any) -> tuple[Any, Any]:
        """Instantiate the loop, with its own output as its feedback."""
        from amaranth import Const, Instance, Signal
        from amaranth.lib import io

        assert isinstance(pll, GowinPll)
        m.submodules.oscillator = oscillator = io.Buffer(
            io.Direction.Input, platform.request(platform.default_clk, dir="-")
        )
        clock, locked = Signal(), Signal()
        m.submodules.pll = Instance(
            "rPLL",
            p_DEVICE=platform.family,
            p_FCLKIN=f"{pll.input_hz / 1e6:g}",
            p_IDIV_SEL=pll.reference,
            p_FBDIV_SEL=pll.feedback,
            p_ODIV_SEL=pll.divider,
            p_DYN_IDIV_SEL="false",
            p_DYN_FBDIV_SEL="false",
            p_DYN_ODIV_SEL="false",
            p_DYN_DA_EN="false",
            p_DUTYDA_SEL="1000",
            p_PSDA_SEL="0000",
            p_CLKFB_SEL="internal",
            p_CLKOUT_BYPASS="false",
            p_CLKOUTP_BYPASS="false",
            p_CLKOUTD_BYPASS="false",
            i_CLKIN=oscillator.i,
            i_CLKFB=Const(0),
            i_RESET=Const(0),
            i_RESET_P=Const(0),
            i_IDSEL=Const(0, 6),
            i_FBDSEL=Const(0, 6),
            i_ODSEL=Const(0, 6),
            i_PSDA=Const(0, 4),
            i_DUTYDA=Const(0, 4),
            i_FDLY=Const(0, 4),
            o_CLKOUT=clock,
            o_LOCK=locked,
        )
        return clock, locked


def _part(order: str, family: str, device: str, room: Mapping[str, int], pins: str) -> Part:
    """Return a part by its ordering code, its family and the name of its data base."""
    return Part(
        "gowin",
        f"Gowin {family}",
        "slow corner",
        ("--device", order, "--vopt", f"family={device}"),
        room=room,
        platform={"part": order, "family": family},
        packing=("-d", device),
        pins=tuple(pins.split()),
    )


GOWIN = Gowin(
    name="gowin",
    label="Gowin",
    synthesis="synth_gowin",
    cells=(
        (r"LUT[1-4]", {"lut": 1}),
        (r"ALU", {"lut": 1, "carry": 1}),
        (r"RAM16S4|RAM16SDP4", {"lut": 6}),
        (r"DFF\w*", {"ff": 1}),
        (r"(DPX?9?B?|SPX?9?|SDPX?9?B?|pROMX?9?)", {"bram": 1}),
        (r"MULT\w+|MULTALU\w+", {"dsp": 1}),
    ),
    bram_kbit=18,
    flow=Flow(
        tool="nextpnr-himbaechel-gowin", suffix="cst", constraints="-ocst={}",
        configuration=("--write", "design.config"), pin='IO_LOC "{port}" {site};\n',
    ),
    packer=Packer(
        tool="gowin_pack", suffix="fs", options=("-o", "design.fs", "design.config"),
    ),
    used={"ff": ("DFF",), "bram": ("BSRAM",), "dsp": ("MULT18X18",)},
    parts={
        "gw1nr-9c": _part(
            "GW1NR-LV9QN88PC6/I5", "GW1NR-9C", "GW1N-9C",
            {"lut": 8640, "ff": 6480, "bram": 26, "dsp": 20},
            "52 25 26 27 28 29 30 33 34 35 40 41 42 51 53 54 55 56 57 68 69 70 71 72 73 74 75",
        ),
        "gw2ar-18c": _part(
            "GW2AR-LV18QN88C8/I7", "GW2AR-18C", "GW2A-18C",
            {"lut": 20736, "ff": 15552, "bram": 46, "dsp": 48},
            "4 25 26 27 28 29 30 31 41 42 48 49 51 52 53 54 55 56 71 72 73 74 75 76 77 79 80",
        ),
    },
    carry_ports=frozenset({"CIN"}),
)
"""The family."""
