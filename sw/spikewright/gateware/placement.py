"""Place and route by nextpnr: from a netlist to a configuration, its speed and its size."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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
    """

    family: str
    label: str
    corner: str
    options: tuple[str, ...]


PARTS = {
    "up5k": Part("ice40", "iCE40 UP5K", "slow corner", ("--up5k", "--package", "sg48")),
    "hx8k": Part("ice40", "iCE40 HX8K", "slow corner", ("--hx8k", "--package", "ct256")),
    "ecp5-25f": Part(
        "ecp5",
        "ECP5 LFE5U-25F",
        "speed grade 6, slow corner",
        ("--25k", "--package", "CABGA381", "--speed", "6"),
    ),
}
"""The parts that designs are placed on."""

_CONSTRAINTS = {"ice40": "pcf", "ecp5": "lpf"}
_CONFIGURATION = {"ice40": "--asc", "ecp5": "--textcfg"}


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

    def fmax_of(self, net: str) -> float:
        """Give the highest frequency in MHz of the clock whose net name contains ``net``.

        Raises :exc:`KeyError` unless exactly one clock does; a design without registers has none.
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
        Pin constraints (LPF or PCF); without them, pins are chosen by the placer.
    limit_s : float, optional
        Seconds after which the placer is stopped: its router may try for ever.
    build : Path
        Where results (``cache``) and logs (``logs``) go.

    Raises
    ------
    BuildError
        The design does not fit or cannot be routed, or not in this time; the message quotes
        nextpnr and names the log.
    """
    device = PARTS[part]
    if device.family != netlist.family:
        raise ValueError(f"a netlist for {netlist.family} cannot be placed on {device.label}")
    tool = tools.require(f"nextpnr-{device.family}")
    name = f"{tool.name} {tool.version}"
    suffix = _CONSTRAINTS[device.family]
    options = [
        *device.options, "--seed", str(seed), "--freq", f"{frequency_mhz:g}",
        "--timing-allow-fail", f"--{suffix}-allow-unconstrained",
        "--report", "report.json", _CONFIGURATION[device.family], "design.config",
    ]
    text = netlist.path.read_bytes()
    key = {
        "netlist": hashlib.sha256(text).hexdigest(), "constraints": constraints,
        "options": options, "tool": name,
    }

    def stage(folder: Path) -> None:
        # The tool may be WebAssembly, which sees its own folder: names are relative.
        (folder / "netlist.json").write_bytes(text)
        arguments = ["--json", "netlist.json", *options]
        if constraints is not None:
            (folder / f"pins.{suffix}").write_text(constraints)
            arguments += [f"--{suffix}", f"pins.{suffix}"]
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
