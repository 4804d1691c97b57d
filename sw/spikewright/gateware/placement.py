"""Place and route by nextpnr: from a netlist to a configuration, its speed and its size."""

import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import tools
from ..cache import cached
from ..errors import BuildError, OvertimeError
from ..temporary import temporary
from .families.family import Flow, Part
from .longest_path import longest_path
from .parts import FAMILIES, PARTS
from .room import TooLarge
from .synthesis import Netlist
from .timing import Path as TimingPath
from .timing import clock_named, critical_paths, estimates

__all__ = [
    "LowEstimate", "Placement", "is_stalled", "longest_packed_path", "packed_cells", "place",
]

#: A line of the usual router's table: iterations, arcs with and without a ripped-up one, since the
#: line before, remaining arcs, seconds.
_REMAINING = re.compile(r"^Info: +\d+ \| +\d+ +\d+ \| +-?\d+ +-?\d+ \| +(\d+)\|", re.MULTILINE)
#: It is stalled if from the first to the last of so many lines fewer arcs than these are done and
#: at least so many remain. In 122 placements that were routed each line had at least 509 fewer than
#: the one before; in 784-64-10 at 46.875 MHz, not routed in 20 minutes, the last ones had 1 and 4.
_LINES, _FEWEST, _MANY = 3, 100, 500
#: A line of the table of what is used: a kind of cells, how many, and how many there are.
_USED = re.compile(r"^Info:\s+(\w+): +(\d+)/ *(\d+)", re.MULTILINE)
#: The router that is taken then: it lets wires share a place at first, and came to an end where the
#: usual one did not. The file that says so lies beside the result.
_OTHER, _ROUTER = "router2", "router"


@dataclass(frozen=True)
class Placement:
    """A placed and routed design.

    Parameters
    ----------
    configuration : Path
        The device's configuration as text, for icepack or ecppack.
    fmax_mhz : dict of str to float
        Highest clock frequency of each clock net, at the slow corner.
    paths : dict of str to Path
        The critical path of each clock net.
    used, available : dict of str to int
        Cells by nextpnr's name for their kind.
    seed : int
        Seed of the placer.
    tool : str
        Name and version of what made it.
    """

    configuration: Path
    fmax_mhz: Mapping[str, float]
    paths: Mapping[str, TimingPath]
    used: Mapping[str, int]
    available: Mapping[str, int]
    seed: int
    tool: str

    def fmax_of(self, net: str = "") -> float:
        """Return the highest frequency in MHz of the clock whose net name contains ``net``.

        Raises :exc:`KeyError` as :func:`~spikewright.gateware.timing.clock_named` does.
        """
        return self.fmax_mhz[clock_named(self.fmax_mhz, net)]

    def path_of(self, net: str = "") -> TimingPath:
        """Return the critical path of the clock whose net name contains ``net``."""
        return self.paths[clock_named(self.paths, net)]


class _Stalled(Exception):
    """The usual router does not get on."""


class LowEstimate(BuildError):
    """nextpnr was stopped before the routing, for its estimate was too low."""

    def __init__(self, estimate_mhz: float, least_mhz: float):
        super().__init__(
            f"the estimate before the routing is {estimate_mhz:g} MHz, below {least_mhz:g} MHz"
        )
        self.estimate_mhz = estimate_mhz


def place(
    netlist: Netlist,
    *,
    part: str,
    seed: int,
    frequency_mhz: float,
    constraints: str | None = None,
    least_mhz: float = 0.0,
    clock: str = "",
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
    least_mhz : float
        Do not route if nextpnr's own estimate before the routing is below this.
    clock : str
        Net of the clock that ``least_mhz`` is of, as in :meth:`Placement.fmax_of`.
    limit_s : float, optional
        Seconds after which the placer is stopped. Its usual router may try for ever: where it does
        not get on, the other one is taken, which the result's ``tool`` then says.
    build : Path
        Where results (``cache``) and logs (``logs``) go.

    Raises
    ------
    ValueError
        The netlist is for another family, or pins cannot be chosen for all its ports.
    BuildError
        The design does not fit or cannot be routed; the message quotes nextpnr and names the log.
    OvertimeError
        It cannot be routed in this time.
    LowEstimate
        The estimate is below ``least_mhz``.
    """
    call = _Call.of(netlist, part=part, constraints=constraints)
    options = (
        "--seed", str(seed), "--freq", f"{frequency_mhz:g}", "--timing-allow-fail",
        *call.flow.unconstrained, "--report", "report.json", *call.flow.configuration,
    )

    def watch(log: str) -> None:
        if least_mhz and (found := estimates(log)):
            estimate = found[clock_named(found, clock)]
            if estimate < least_mhz:
                raise LowEstimate(estimate, least_mhz)

    def watch_router(log: str) -> None:
        watch(log)
        if is_stalled(log):
            raise _Stalled

    def stage(folder: Path) -> None:
        ends = None if limit_s is None else time.monotonic() + limit_s
        name = f"{netlist.path.parent.name}.{part}.seed{seed}"
        log = build / "logs" / f"{name}.placement.log"
        try:
            call.run(options, folder=folder, log=log, timeout=limit_s, watch=watch_router)
        except _Stalled:
            left = None if ends is None else max(0.0, ends - time.monotonic())
            log = log.with_name(f"{name}.{_OTHER}.log")
            call.run(
                (*options, "--router", _OTHER), folder=folder, log=log, timeout=left, watch=watch
            )
            (folder / _ROUTER).write_text(_OTHER)

    folder = cached("placement", call.key(options), stage, root=build / "cache")
    report = json.loads((folder / "report.json").read_text())
    other = folder / _ROUTER
    utilization = report["utilization"]
    return Placement(
        configuration=folder / "design.config",
        fmax_mhz={clock: row["achieved"] for clock, row in report["fmax"].items()},
        paths=critical_paths(report),
        used={kind: row["used"] for kind, row in utilization.items()},
        available={kind: row["available"] for kind, row in utilization.items()},
        seed=seed,
        tool=f"{call.tool_name} ({other.read_text()})" if other.is_file() else call.tool_name,
    )


def is_stalled(log: str) -> bool:
    """Return whether nextpnr's usual router goes round in circles, by its log so far.

    A line of its table is of a thousand arcs, and says how many remain to be routed. Where designs
    were routed in the end, nearly each arc was one less.
    """
    remaining = [int(found) for found in _REMAINING.findall(log)][-_LINES:]
    many = len(remaining) == _LINES and remaining[-1] >= _MANY
    return many and remaining[0] - remaining[-1] < _FEWEST


def longest_packed_path(
    netlist: Netlist, *, part: str, constraints: str | None = None, build: Path = Path("build")
) -> TimingPath | None:
    """Return the longest path before the placing, see :mod:`.longest_path`; it takes seconds.

    Raises :exc:`~spikewright.errors.BuildError` as :func:`place` does.
    """
    call = _Call.of(netlist, part=part, constraints=constraints)
    log = build / "logs" / f"{netlist.path.parent.name}.{part}.packing.log"
    options = (*call.flow.unconstrained, "--pack-only", "--sdf", "packed.sdf")
    with temporary(build / "packed", folder=True) as folder:
        call.run(options, folder=folder, log=log)
        return longest_path(
            (folder / "packed.sdf").read_text(),
            joined=FAMILIES[netlist.family].joined_ports,
        )


def packed_cells(
    netlist: Netlist, *, part: str, constraints: str | None = None, build: Path = Path("build")
) -> dict[str, int]:
    """Return what nextpnr puts a netlist into, by its name for each kind of cells; before placing.

    It takes seconds, and also counts what is more than the part has.

    Raises :exc:`~spikewright.errors.BuildError` as :func:`place` does.
    """
    call = _Call.of(netlist, part=part, constraints=constraints)
    log = build / "logs" / f"{netlist.path.parent.name}.{part}.packing.log"
    with temporary(build / "packed", folder=True) as folder:
        call.run((*call.flow.unconstrained, "--pack-only"), folder=folder, log=log)
    text = log.read_text(encoding="utf-8", errors="replace")
    return {kind: int(used) for kind, used, _ in _USED.findall(text)}


@dataclass(frozen=True)
class _Call:
    """A call of nextpnr, but for what is asked of it."""

    netlist: bytes
    constraints: str | None
    options: tuple[str, ...]
    flow: Flow
    tool: tools.Tool
    part: Part

    @classmethod
    def of(cls, netlist: Netlist, *, part: str, constraints: str | None) -> "_Call":
        device = PARTS[part]
        if device.family != netlist.family:
            raise ValueError(f"a netlist for {netlist.family} cannot be placed on {device.label}")
        flow = FAMILIES[device.family].flow
        text = netlist.path.read_bytes()
        if constraints is None and device.pins:
            constraints = _any_pins(json.loads(text), device, flow.pin)
        return cls(text, constraints, device.options, flow, tools.require(flow.tool), device)

    @property
    def tool_name(self) -> str:
        return f"{self.tool.name} {self.tool.version}"

    def key(self, options: Sequence[str]) -> dict[str, Any]:
        """Return what the result depends on."""
        return {
            "netlist": hashlib.sha256(self.netlist).hexdigest(), "constraints": self.constraints,
            "options": [*self.options, *options], "tool": self.tool_name,
        }

    def run(self, options: Sequence[str], *, folder: Path, log: Path, **how: Any) -> None:
        """Run it in a folder, where its results then are."""
        # The tool may be WebAssembly, which sees its own folder: names are relative.
        (folder / "netlist.json").write_bytes(self.netlist)
        arguments = ["--json", "netlist.json", *self.options, *options]
        if self.constraints is not None:
            pins = f"pins.{self.flow.suffix}"
            (folder / pins).write_text(self.constraints)
            arguments.append(self.flow.constraints.format(pins))
        try:
            tools.run(self.tool, arguments, cwd=folder, log=log, **how)
        except OvertimeError:
            raise
        except BuildError as error:
            # Look-up tables and flip-flops that share no cell are only counted when it packs them.
            counted = _USED.findall(log.read_text(errors="replace"))
            over = [one for one in counted if int(one[1]) > int(one[2])]
            if not over:
                raise
            needs = ", ".join(f"{int(used):,} {kind} of {int(all_):,}" for kind, used, all_ in over)
            named = FAMILIES[self.part.family].used.items()
            names: dict[str, str] = {kind: ours for ours, kinds in named for kind in kinds}
            raise TooLarge(
                f"the design does not fit {self.part.label}: packed, it takes {needs} (see {log})",
                over={
                    names.get(str(kind), str(kind)): int(used) - int(there)
                    for kind, used, there in over
                },
            ) from error
        (folder / "netlist.json").unlink()


def _any_pins(netlist: Mapping[str, Any], part: Part, line: str) -> str:
    """Return constraints of each bit of the top module's ports to some pin, a clock to the first.

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
        line.format(port=bit, site=pin) for bit, pin in zip(bits, part.pins, strict=False)
    )
