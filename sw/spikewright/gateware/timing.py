"""Timing as nextpnr tells it: the estimate in its log, the critical path in its report."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Path", "clock_named", "critical_paths", "estimates"]

#: What the log says of a clock, first as an estimate after the placing, then after the routing.
_FREQUENCY = re.compile(r"Max frequency for clock\s+'(.+)': ([\d.]+) MHz")


@dataclass(frozen=True)
class Path:
    """The slowest path from one register to another.

    Parameters
    ----------
    points : tuple of str
        The ports that it goes through, in order, each as ``cell.port``.
    delay_ns : float
        How long it takes, with the setup time of the register at its end.
    """

    points: tuple[str, ...]
    delay_ns: float

    @property
    def start(self) -> str:
        """The port that it starts from."""
        return self.points[0]

    @property
    def end(self) -> str:
        """The port that it ends at."""
        return self.points[-1]


def estimates(log: str) -> dict[str, float]:
    """Return the frequency in MHz that nextpnr gives each clock before the routing.

    Parameters
    ----------
    log : str
        What it has printed so far; the result is empty until it has placed the design.
    """
    found: dict[str, float] = {}
    for net, frequency in _FREQUENCY.findall(log):
        found.setdefault(net, float(frequency))
    return found


def clock_named(clocks: Iterable[str], net: str = "") -> str:
    """Return the clock whose net name contains ``net``.

    Without ``net`` it is the only clock; Yosys may have renamed its net. Raises :exc:`KeyError`
    unless exactly one clock is meant; a design without registers has none. An unused clock input,
    which is tied to ground, counts for none.
    """
    clocks = list(clocks)
    found = [
        name for name in clocks if net in name and not name.startswith("$PACKER_GND_NET")
    ]
    if len(found) != 1:
        raise KeyError(f"clocks named like {net!r}: {found} of {clocks}")
    return found[0]


def critical_paths(report: Mapping[str, Any]) -> dict[str, Path]:
    """Return the critical path of each clock, given nextpnr's report."""
    paths = {}
    for found in report["critical_paths"]:
        clock = found["from"].partition(" ")[2]  # "posedge NET", or "<async>" for a pin
        if clock and found["to"] == found["from"]:
            paths[clock] = _path(found["path"])
    return paths


def _path(arcs: Sequence[Mapping[str, Any]]) -> Path:
    points = [f"{arc[end]['cell']}.{arc[end]['port']}" for arc in arcs for end in ("from", "to")]
    return Path(tuple(dict.fromkeys(points)), sum(arc["delay"] for arc in arcs))
