"""Place and route by nextpnr: from a netlist to a configuration, its speed and its size."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import tools
from ..cache import cached
from .synthesis import Netlist

__all__ = ["PARTS", "Part", "Placement", "place"]


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
        return _FLOWS[self.family].tool


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
class _Flow:
    """How nextpnr is called for a family: its name, its constraints, what it writes."""

    tool: str
    suffix: str
    constraints: str  # the option, before the file's name
    configuration: tuple[str, ...]
    unconstrained: tuple[str, ...] = ()  # lets the placer choose the other pins


_FLOWS = {
    "ice40": _Flow(
        "nextpnr-ice40", "pcf", "--pcf={}", ("--asc", "design.config"),
        ("--pcf-allow-unconstrained",),
    ),
    "ecp5": _Flow(
        "nextpnr-ecp5", "lpf", "--lpf={}", ("--textcfg", "design.config"),
        ("--lpf-allow-unconstrained",),
    ),
    "xc7": _Flow(
        "nextpnr-himbaechel-xilinx", "xdc", "-oxdc={}", ("-o", "fasm=design.config"),
    ),
}


@dataclass(frozen=True)
class Placement:
    """A placed and routed design.

    Parameters
    ----------
    configuration : Path
        The device's configuration as text, for icepack or ecppack.
    fmax_mhz : dict of str to float
        Highest clock frequency of each clock net, at the slow corner.
    used, available : dict of str to int
        Cells by nextpnr's name for their kind.
    seed : int
        Seed of the placer.
    tool : str
        Name and version of what made it.
    """

    configuration: Path
    fmax_mhz: Mapping[str, float]
    used: Mapping[str, int]
    available: Mapping[str, int]
    seed: int
    tool: str

    def fmax_of(self, net: str = "") -> float:
        """Give the highest frequency in MHz of the clock whose net name contains ``net``.

        Without ``net`` it is that of the only clock; Yosys may have renamed its net. Raises
        :exc:`KeyError` unless exactly one clock does; a design without registers has none.
        An unused clock input, which is tied to ground, counts for none.
        """
        clocks = [name for name in self.fmax_mhz if not name.startswith("$PACKER_GND_NET")]
        found = [name for name in clocks if net in name]
        if len(found) != 1:
            raise KeyError(f"clocks named like {net!r}: {found} of {list(self.fmax_mhz)}")
        return self.fmax_mhz[found[0]]


def place(
    netlist: Netlist,
    *,
    part: str,
    seed: int,
    frequency_mhz: float,
    constraints: str | None = None,
    limit_s: float | None = None,
    build: Path = Path("build"),
) -> Placement:
    """Place and route a netlist; the same netlist, constraints and seed are placed once.

    Parameters
    ----------
    netlist : Netlist
        From :func:`~spikewright.gateware.synthesis.synthesize`.
    part : str
        One of :data:`PARTS`, of the netlist's family.
    seed : int
        Seed of the placer.
    frequency_mhz : float
        What to aim for. A lower result is no error here.
    constraints : str
        Pin constraints (LPF, PCF or XDC); without them, any pins are taken.
    limit_s : float, optional
        Seconds after which the placer is stopped: its router may try for ever.
    build : Path
        Where results (``cache``) and logs (``logs``) go.

    Raises
    ------
    ValueError
        The netlist is for another family, or pins cannot be chosen for all its ports.
    BuildError
        The design does not fit or cannot be routed, or not in this time; the message quotes
        nextpnr and names the log.
    """
    device = PARTS[part]
    if device.family != netlist.family:
        raise ValueError(f"a netlist for {netlist.family} cannot be placed on {device.label}")
    flow = _FLOWS[device.family]
    tool = tools.require(device.tool)
    name = f"{tool.name} {tool.version}"
    text = netlist.path.read_bytes()
    if constraints is None and device.pins:
        constraints = _any_pins(json.loads(text), device)
    options = [
        *device.options, "--seed", str(seed), "--freq", f"{frequency_mhz:g}",
        "--timing-allow-fail", *flow.unconstrained, "--report", "report.json", *flow.configuration,
    ]
    key = {
        "netlist": hashlib.sha256(text).hexdigest(), "constraints": constraints,
        "options": options, "tool": name,
    }

    def stage(folder: Path) -> None:
        # The tool may be WebAssembly, which sees its own folder: names are relative.
        (folder / "netlist.json").write_bytes(text)
        arguments = ["--json", "netlist.json", *options]
        if constraints is not None:
            pins = f"pins.{flow.suffix}"
            (folder / pins).write_text(constraints)
            arguments.append(flow.constraints.format(pins))
        log = build / "logs" / f"{netlist.path.parent.name}.{part}.seed{seed}.placement.log"
        tools.run(tool, arguments, cwd=folder, log=log, timeout=limit_s)
        (folder / "netlist.json").unlink()

    folder = cached("placement", key, stage, root=build / "cache")
    report = json.loads((folder / "report.json").read_text())
    utilization = report["utilization"]
    return Placement(
        configuration=folder / "design.config",
        fmax_mhz={clock: row["achieved"] for clock, row in report["fmax"].items()},
        used={kind: row["used"] for kind, row in utilization.items()},
        available={kind: row["available"] for kind, row in utilization.items()},
        seed=seed,
        tool=name,
    )


def _any_pins(netlist: Mapping[str, Any], part: Part) -> str:
    """Give an XDC that puts each bit of the top module's ports on some pin, a clock on the first.

    Raises :exc:`ValueError` if there are more bits than pins.
    """
    ports = next(
        module["ports"] for module in netlist["modules"].values() if "top" in module["attributes"]
    )
    bits = [
        f"{name}[{at}]" if len(port["bits"]) > 1 else name
        for name, port in sorted(ports.items(), key=lambda item: item[0] != "clk")
        for at in range(len(port["bits"]))
    ]
    if len(bits) > len(part.pins):
        raise ValueError(
            f"the ports have {len(bits)} bits; on {part.label}, pins are chosen for up to "
            f"{len(part.pins)} of them"
        )
    return "".join(
        f"set_property LOC {pin} [get_ports {bit}]\n"
        f"set_property IOSTANDARD LVCMOS33 [get_ports {bit}]\n"
        for bit, pin in zip(bits, part.pins, strict=False)
    )
