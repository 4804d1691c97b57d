"""AMD Artix-7: its parts, its clock manager, and how it is built.

A bitstream is made by Yosys, nextpnr and the data base of Project X-Ray; a plan is for Vivado.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from .family import Family, Flow, Packer, Part, Pll
from .xc7_monitor import limits, volts

__all__ = ["XC7", "Xc7", "Xc7Pll", "plls"]


@dataclass(frozen=True)
class Xc7Pll:
    """Settings of a 7 series clock manager (MMCME2_BASE), all whole numbers.

    ``output = input * multiplier / reference / divider``; the limits are those of data sheet DS181
    for speed grade -1.

    Parameters
    ----------
    input_hz : int
        Frequency at CLKIN1, 10 to 800 MHz.
    reference : int
        DIVCLK_DIVIDE, 1 to 106; the phase detector then runs at 10 to 450 MHz.
    multiplier : int
        CLKFBOUT_MULT_F, 2 to 64; the oscillator then runs at 600 to 1200 MHz.
    divider : int
        CLKOUT0_DIVIDE_F, 1 to 128.
    """

    input_hz: int
    reference: int
    multiplier: int
    divider: int

    @property
    def output_hz(self) -> int:
        """Frequency at CLKOUT0."""
        return self.input_hz * self.multiplier // (self.reference * self.divider)


@cache
def plls(input_hz: int) -> dict[int, Xc7Pll]:
    """Return settings for every clock of 4.69 to 400 MHz, in whole Hz, the lowest first.

    Of several settings, the one with the fastest phase detector is taken, and then the one with the
    fastest oscillator, which has the least jitter.
    """
    found: dict[int, Xc7Pll] = {}
    for reference in range(1, 107):
        if not 10e6 <= input_hz / reference <= 450e6:
            continue
        for multiplier in range(64, 1, -1):
            vco, rest = divmod(input_hz * multiplier, reference)
            if rest or not 600e6 <= vco <= 1200e6:
                continue
            for divider in range(1, 129):
                output, rest = divmod(vco, divider)
                if not rest and 4.69e6 <= output <= 400e6:
                    found.setdefault(output, Xc7Pll(input_hz, reference, multiplier, divider))
    return dict(sorted(found.items()))


class Xc7(Family):
    """The 7 series."""

    def plls(self, input_hz: int) -> Mapping[int, Xc7Pll]:
        """Return settings for every clock that can be made of an oscillator's."""
        return plls(input_hz)

    def vendor(self) -> Any:
        """Return Amaranth's platform class."""
        from amaranth.vendor import XilinxPlatform

        return XilinxPlatform

    def make_clock(self, m: Any, *, pll: Pll, platform: Any) -> tuple[Any, Any]:
        """Instantiate the clock manager, whose feedback is within it, and a buffer behind it."""
        from amaranth import Const, Instance, Signal
        from amaranth.lib import io

        assert isinstance(pll, Xc7Pll)
        m.submodules.oscillator = oscillator = io.Buffer(
            io.Direction.Input, platform.request(platform.default_clk, dir="-")
        )
        output, feedback, clock, locked = Signal(), Signal(), Signal(), Signal()
        m.submodules.pll = Instance(
            "MMCME2_BASE",
            p_CLKIN1_PERIOD=1e9 / pll.input_hz,
            p_DIVCLK_DIVIDE=pll.reference,
            p_CLKFBOUT_MULT_F=float(pll.multiplier),
            p_CLKOUT0_DIVIDE_F=float(pll.divider),
            i_CLKIN1=oscillator.i,
            i_CLKFBIN=feedback,
            i_PWRDWN=Const(0),
            i_RST=Const(0),
            o_CLKFBOUT=feedback,
            o_CLKOUT0=output,
            o_LOCKED=locked,
        )
        m.submodules.buffer = Instance("BUFG", i_I=output, o_O=clock)
        return clock, locked

    def monitor(self, channels: Sequence[str], *, clock_hz: int) -> Any:
        """Return the XADC."""
        from .xc7_converter import XadcMonitor

        return XadcMonitor(channels, clock_hz=clock_hz)

    def monitor_model(
        self, channels: Sequence[str], *, clock_hz: int, codes: Mapping[str, tuple[int, int]]
    ) -> Any:
        """Return a model of the XADC."""
        from .xc7_converter import XadcModel

        return XadcModel(channels, clock_hz=clock_hz, codes=codes)

    def sensed(self, channel: str, code: float) -> float:
        """Return what a status register stands for."""
        return volts(channel, code)

    def sensor_limits(self, channel: str) -> tuple[float, float]:
        """Return the limits of a channel."""
        return limits(channel)


_ROOM = {
    "35t": {"lut": 20800, "ff": 41600, "bram": 100, "dsp": 90},
    "100t": {"lut": 63400, "ff": 126800, "bram": 270, "dsp": 240},
}


#: By Vivado's BSDL files; the version, the first digit, differs.
_IDCODES = {"35t": 0x0362D093, "100t": 0x03631093}


def _part(size: str, package: str, speed: str, pins: str = "") -> Part:
    """Return a part; what it has is by data sheet DS180, block RAM in halves of 18 kbit."""
    device, known_as = f"xc7a{size}" + ("i" if speed == "1L" else ""), f"xc7a{size}{package}-1"
    return Part(
        "xc7",
        f"Artix-7 XC7A{size.upper()}",
        "the one speed grade of Project X-Ray's data",
        ("--device", known_as),
        room=_ROOM[size],
        platform={"device": device, "package": package, "speed": speed},
        pins=tuple(pins.split()),
        packing=(known_as,),
        idcode=_IDCODES[size],
    )


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
    packer=Packer(tool="xc7_pack", suffix="bit", options=("design.config", "design.bit")),
    used={},
    parts={
        "a7-35t": _part(
            "35t", "csg324", "1L",  # pins of the Arty A7; E3 takes a clock
            "E3 C2 D10 A9 H5 J5 T9 T10 A8 C11 C10 A10 D9 C9 B9 B8 G13 B11 A11 D12 D13 B18 A18 K16",
        ),
        "a7-100t": _part("100t", "csg324", "1L"),
        "a7-100t-1": _part("100t", "csg324", "1"),
        "a7-35t-cpg236": _part("35t", "cpg236", "1"),
    },
    carry_ports=frozenset({"CI"}),
    language="verilog",
    gain=2.0,
    vendor_plan=True,
)
"""The family."""
