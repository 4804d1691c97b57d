"""Lattice ECP5, with Project Trellis: its parts, its phase-locked loop, and how it is built."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .ecp5_carries import free_carries, with_carries
from .family import Family, Flow, Packer, Part, Pll

__all__ = ["ECP5", "Ecp5", "Ecp5Pll", "plls"]


@dataclass(frozen=True)
class Ecp5Pll:
    """Settings of an ECP5 phase-locked loop (EHXPLLL) whose feedback is its output CLKOP.

    ``output = input * feedback / reference`` and ``vco = output * divider``; the limits are those
    of Lattice's data sheet FPGA-DS-02012, table "sysCLOCK PLL timing".

    Parameters
    ----------
    input_hz : int
        Frequency at CLKI, 8 to 400 MHz.
    reference : int
        CLKI_DIV; the phase detector then runs at 3.125 to 400 MHz.
    feedback : int
        CLKFB_DIV.
    divider : int
        CLKOP_DIV; the oscillator then runs at 400 to 800 MHz.
    """

    input_hz: int
    reference: int
    feedback: int
    divider: int

    def __post_init__(self):
        for name in ("reference", "feedback", "divider"):
            if not 1 <= getattr(self, name) <= 128:
                raise ValueError(f"{name} of a PLL is 1 to 128, not {getattr(self, name)}")
        if not 8e6 <= self.input_hz <= 400e6:
            raise ValueError(f"input of a PLL is 8 to 400 MHz, not {self.input_hz / 1e6:g} MHz")
        detector = self.input_hz / self.reference
        if not 3.125e6 <= detector <= 400e6:
            raise ValueError(f"phase detector at {detector / 1e6:g} MHz; it needs 3.125 to 400 MHz")
        if not 400e6 <= self.vco_hz <= 800e6:
            raise ValueError(f"oscillator at {self.vco_hz / 1e6:g} MHz; it needs 400 to 800 MHz")
        if self.input_hz * self.feedback % self.reference:
            raise ValueError("the output of a PLL is a whole number of Hz here")

    @property
    def output_hz(self) -> int:
        """Frequency at CLKOP."""
        return self.input_hz * self.feedback // self.reference

    @property
    def vco_hz(self) -> float:
        """Frequency of the oscillator."""
        return self.input_hz * self.feedback / self.reference * self.divider

    @property
    def cphase(self) -> int:
        """CLKOP_CPHASE, the coarse phase at which the output is in phase with the input."""
        return self.divider // 2


@cache
def plls(input_hz: int) -> dict[int, Ecp5Pll]:
    """Return settings for every output, in Hz, that can be made of an input, the lowest first.

    Of several settings, those with the fastest phase detector are taken, and of these the one whose
    oscillator is nearest to the middle of its range, as Project Trellis' ``ecppll`` does. Like it,
    this goes no further than a feedback of 80 and an output of 10 MHz.
    """
    found: dict[int, Ecp5Pll] = {}
    for reference in range(1, 128 + 1):
        for feedback in range(1, 80 + 1):
            output, rest = divmod(input_hz * feedback, reference)
            if rest or output in found or not 10e6 <= output <= 400e6:
                continue
            dividers = (
                divider for divider in range(1, 129) if 400e6 <= output * divider <= 800e6
            )
            divider = min(dividers, key=lambda divider: abs(output * divider - 600e6))
            try:
                found[output] = Ecp5Pll(input_hz, reference, feedback, divider)
            except ValueError:  # the phase detector would be too slow or too fast
                continue
    return dict(sorted(found.items()))


class Ecp5(Family):
    """The ECP5."""

    def plls(self, input_hz: int) -> Mapping[int, Ecp5Pll]:
        """Return settings for every clock that can be made of an oscillator's."""
        return plls(input_hz)

    def vendor(self) -> Any:
        """Return Amaranth's platform class."""
        from amaranth.vendor import LatticeECP5Platform

        return LatticeECP5Platform

    def make_clock(self, m: Any, *, pll: Pll, platform: Any) -> tuple[Any, Any]:
        """Instantiate the loop, with the settings that Project Trellis' ``ecppll`` gives."""
        from amaranth import Instance, Signal
        from amaranth.lib import io

        assert isinstance(pll, Ecp5Pll)
        m.submodules.oscillator = oscillator = io.Buffer(
            io.Direction.Input, platform.request(platform.default_clk, dir="-")
        )
        clock, locked = Signal(), Signal()
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=f"{pll.input_hz / 1e6:g}",
            a_FREQUENCY_PIN_CLKOP=f"{pll.output_hz / 1e6:g}",
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_CLKI_DIV=pll.reference,
            p_CLKFB_DIV=pll.feedback,
            p_CLKOP_DIV=pll.divider,
            p_CLKOP_CPHASE=pll.cphase,
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
        return clock, locked


#: What each die has, by nextpnr's count; that of the 12F is the 25F's.
_ROOM = {
    "12": {"lut": 24288, "ff": 24288, "bram": 56, "dsp": 28},
    "25": {"lut": 24288, "ff": 24288, "bram": 56, "dsp": 28},
    "45": {"lut": 43848, "ff": 43848, "bram": 108, "dsp": 72},
    "85": {"lut": 83640, "ff": 83640, "bram": 208, "dsp": 156},
}


#: By Project Trellis' data base, devices.json.
_IDCODES = {
    "LFE5U-12F": 0x21111043, "LFE5U-25F": 0x41111043, "LFE5U-45F": 0x41112043,
    "LFE5U-85F": 0x41113043, "LFE5UM5G-45F": 0x81112043, "LFE5UM5G-85F": 0x81113043,
}


def _part(device: str, package: str, speed: str) -> Part:
    """Return a part by the words of its ordering code."""
    kind, size = device.removeprefix("LFE5").removesuffix("F").split("-")
    die = {"U": "", "UM5G": "um5g-"}[kind] + f"{size}k"
    body = {"BG381": "CABGA381", "BG554": "CABGA554", "MG285": "CSFBGA285"}[package]
    return Part(
        "ecp5",
        f"ECP5 {device}",
        f"speed grade {speed}, slow corner",
        (f"--{die}", "--package", body, "--speed", speed),
        room=_ROOM[size],
        platform={"device": device, "package": package, "speed": speed},
        idcode=_IDCODES[device],
        synthesis=with_carries("synth_ecp5 -nowidelut"),
    )


ECP5 = Ecp5(
    name="ecp5",
    label="ECP5",
    synthesis="synth_ecp5",
    cells=(
        (r"LUT4", {"lut": 1}),
        (r"CCU2C", {"lut": 2, "carry": 1}),  # two LUTs with the carry between them
        (r"TRELLIS_DPR16X4", {"lut": 4}),
        (r"TRELLIS_FF", {"ff": 1}),
        (r"DP16KD|PDPW16KD", {"bram": 1}),
        (r"MULT18X18D|MULT9X9D", {"dsp": 1}),
    ),
    bram_kbit=18,
    finish=free_carries,
    flow=Flow(
        tool="nextpnr-ecp5", suffix="lpf", constraints="--lpf={}",
        configuration=("--textcfg", "design.config"), unconstrained=("--lpf-allow-unconstrained",),
    ),
    packer=Packer(
        tool="ecppack", suffix="bit",
        options=("--compress", "--input", "design.config", "--bit", "design.bit"),
    ),
    used={
        "lut": ("TRELLIS_COMB",), "ff": ("TRELLIS_FF",), "bram": ("DP16KD",),
        "dsp": ("MULT18X18D",),
    },
    parts={
        "ecp5-12f": _part("LFE5U-12F", "BG381", "6"),
        "ecp5-25f": _part("LFE5U-25F", "BG381", "6"),
        "ecp5-45f": _part("LFE5U-45F", "BG381", "6"),
        "ecp5-85f": _part("LFE5U-85F", "BG381", "6"),
        "ecp5-25f-mg285": _part("LFE5U-25F", "MG285", "8"),
        "ecp5-85f-mg285": _part("LFE5U-85F", "MG285", "8"),
        "ecp5-5g-45f": _part("LFE5UM5G-45F", "BG554", "8"),
        "ecp5-5g-85f": _part("LFE5UM5G-85F", "BG554", "8"),
    },
    joined_ports=frozenset({"FCI", "FXA", "FXB", "F1", "DI"}),
    carry_ports=frozenset({"FCI"}),
)
"""The family."""
