"""Lattice iCE40, with Project IceStorm: its parts, its phase-locked loop, and how it is built."""

from collections.abc import Mapping
from typing import Any

from .family import Family, Flow, Packer, Part, Pll

__all__ = ["ICE40", "Ice40"]


class Ice40(Family):
    """The iCE40, UltraPlus and HX."""

    def plls(self, input_hz: int) -> Mapping[int, Pll]:
        """Return settings for every clock that can be made of an oscillator's."""
        raise NotImplementedError

    def vendor(self) -> Any:
        """Return Amaranth's platform class."""
        from amaranth.vendor import LatticeICE40Platform

        return LatticeICE40Platform

    def make_clock(self, m: Any, *, pll: Pll, platform: Any) -> tuple[Any, Any]:
        """Instantiate the loop."""
        raise NotImplementedError


ICE40 = Ice40(
    name="ice40",
    label="iCE40",
    synthesis="synth_ice40 -dsp -device u",  # of the UltraPlus
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
        ),
        "hx8k": Part(
            "ice40", "iCE40 HX8K", "slow corner", ("--hx8k", "--package", "ct256"),
            room={"lut": 7680, "ff": 7680, "bram": 32, "dsp": 0},
        ),
    },
    joined_ports=frozenset({"CIN"}),
    carry_ports=frozenset({"CIN"}),
)
"""The family."""
