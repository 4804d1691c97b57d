"""The parts that designs are placed on, and how nextpnr is called for each family."""

from dataclasses import dataclass

__all__ = ["FLOWS", "PARTS", "Flow", "Part"]


@dataclass(frozen=True)
class Part:
    """A device as nextpnr knows it.

    Parameters
    ----------
    family : str
        Family of :data:`~spikewright.gateware.synthesis.FAMILIES`.
    label : str
        Name for people.
    corner : str
        Timing corner that Fmax is stated at.
    options : tuple of str
        nextpnr's options that select it.
    pins : tuple of str
        Pins for ports that nobody has constrained, a clock's first, where nextpnr chooses none.
    """

    family: str
    label: str
    corner: str
    options: tuple[str, ...]
    pins: tuple[str, ...] = ()

    @property
    def tool(self) -> str:
        """Name of its nextpnr in :data:`~spikewright.tools.TOOLS`."""
        return FLOWS[self.family].tool


PARTS = {
    "up5k": Part("ice40", "iCE40 UP5K", "slow corner", ("--up5k", "--package", "sg48")),
    "hx8k": Part("ice40", "iCE40 HX8K", "slow corner", ("--hx8k", "--package", "ct256")),
    "ecp5-25f": Part(
        "ecp5",
        "ECP5 LFE5U-25F",
        "speed grade 6, slow corner",
        ("--25k", "--package", "CABGA381", "--speed", "6"),
    ),
    "a7-35t": Part(
        "xc7",
        "Artix-7 XC7A35T",
        "the one speed grade of Project X-Ray's data",
        ("--device", "xc7a35tcsg324-1"),
        (  # of the Arty A7; E3 takes a clock
            "E3", "C2", "D10", "A9", "H5", "J5", "T9", "T10", "A8", "C11", "C10", "A10",
            "D9", "C9", "B9", "B8", "G13", "B11", "A11", "D12", "D13", "B18", "A18", "K16",
        ),
    ),
}
"""The parts that designs are placed on."""


@dataclass(frozen=True)
class Flow:
    """How nextpnr is called for a family: its name, its constraints, what it writes."""

    tool: str
    suffix: str
    constraints: str  # the option, before the file's name
    configuration: tuple[str, ...]
    unconstrained: tuple[str, ...] = ()  # lets the placer choose the other pins


FLOWS = {
    "ice40": Flow(
        "nextpnr-ice40", "pcf", "--pcf={}", ("--asc", "design.config"),
        ("--pcf-allow-unconstrained",),
    ),
    "ecp5": Flow(
        "nextpnr-ecp5", "lpf", "--lpf={}", ("--textcfg", "design.config"),
        ("--lpf-allow-unconstrained",),
    ),
    "xc7": Flow(
        "nextpnr-himbaechel-xilinx", "xdc", "-oxdc={}", ("-o", "fasm=design.config"),
    ),
}
