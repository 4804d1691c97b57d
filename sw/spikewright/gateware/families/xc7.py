"""AMD Artix-7, with Project X-Ray or Vivado: its parts, its clocks, and how it is built."""

from collections.abc import Mapping
from typing import Any

from .family import Family, Flow, Packer, Part, Pll

__all__ = ["XC7", "Xc7"]


class Xc7(Family):
    """The 7 series."""

    def plls(self, input_hz: int) -> Mapping[int, Pll]:
        """Return settings for every clock that can be made of an oscillator's."""
        raise NotImplementedError

    def vendor(self) -> Any:
        """Return Amaranth's platform class."""
        from amaranth.vendor import XilinxPlatform

        return XilinxPlatform

    def make_clock(self, m: Any, *, pll: Pll, platform: Any) -> tuple[Any, Any]:
        """Instantiate the loop."""
        raise NotImplementedError


XC7 = Xc7(
    name="xc7",
    label="Artix-7",
    synthesis="synth_xilinx -family xc7 -flatten",
    without_pads=" -noiopad -noclkbuf",
    cells=(
        (r"LUT[1-6]|INV|SRL\w+", {"lut": 1}),
        (r"RAM32M|RAM64M|RAM128X1D|RAM256X1S", {"lut": 4}),
        (r"RAM32X1D|RAM64X1D|RAM128X1S", {"lut": 2}),
        (r"RAM32X1S|RAM64X1S", {"lut": 1}),
        (r"FD[RSCP]E", {"ff": 1}),
        (r"RAMB18E1", {"bram": 1}),
        (r"RAMB36E1", {"bram": 2}),
        (r"DSP48E1", {"dsp": 1}),
        (r"CARRY4", {"carry": 1}),
    ),
    bram_kbit=18,
    flow=Flow(
        tool="nextpnr-himbaechel-xilinx", suffix="xdc", constraints="-oxdc={}",
        configuration=("-o", "fasm=design.config"),
        pin="set_property LOC {site} [get_ports {port}]\n"
        "set_property IOSTANDARD LVCMOS33 [get_ports {port}]\n",
    ),
    packer=Packer(tool="", suffix="bit", options=()),
    used={},
    parts={
        "a7-35t": Part(
            "xc7",
            "Artix-7 XC7A35T",
            "the one speed grade of Project X-Ray's data",
            ("--device", "xc7a35tcsg324-1"),
            pins=(  # of the Arty A7; E3 takes a clock
                "E3", "C2", "D10", "A9", "H5", "J5", "T9", "T10", "A8", "C11", "C10", "A10",
                "D9", "C9", "B9", "B8", "G13", "B11", "A11", "D12", "D13", "B18", "A18", "K16",
            ),
        ),
    },
    carry_ports=frozenset({"CI"}),
)
"""The family."""
