"""Size and speed of a core on each family of devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Protocol

from amaranth.lib import wiring

from spikewright_hw.cores import Core
from spikewright_hw.emit import as_rtlil

from .. import tools
from ..cache import digest
from ..errors import BuildError
from .harness import Harness
from .parts import PARTS, family_of
from .placement import place
from .synthesis import CellCounts, synthesize

__all__ = [
    "SEEDS", "TARGETS", "UNPLACED", "Measurable", "Resources", "Target", "digest_of", "measure",
    "placements_of",
]

SEEDS = (1, 2, 3)
"""Placer seeds whose median frequency is reported."""


LIMIT_S = 600
"""Seconds for one placement; on a part that is nearly full the router may try for ever."""

UNPLACED = "synthesised only"
"""How the note begins where nothing was placed."""


@dataclass(frozen=True)
class Target:
    """Where a core is measured.

    Parameters
    ----------
    part : str
        One of :data:`~spikewright.gateware.parts.PARTS`.
    aim_mhz : float
        Frequency the placer aims for: above what the part can reach, so that it does its best.
    kin : str
        What the families of the cores begin with that are measured here; all of them if empty.
    optional : bool
        Where the placer is not installed, cores are synthesised alone: it is no package of ours.
    """

    part: str
    aim_mhz: float
    kin: str = ""
    optional: bool = False

    @property
    def family(self) -> str:
        """One of :data:`~spikewright.gateware.parts.FAMILIES`."""
        return PARTS[self.part].family

    @property
    def label(self) -> str:
        """Name for people."""
        return PARTS[self.part].label

    def takes(self, core: Core) -> bool:
        """Whether a core is measured here."""
        return core.family.startswith(self.kin)

    @property
    def without_placer(self) -> str:
        """Why a core has no frequency here; nothing where it can be placed."""
        tool = family_of(self.part).flow.tool
        if self.optional and tools.find(tool) is None:
            return f"{UNPLACED}: {tool} was not found"
        return ""


TARGETS = (
    Target("up5k", 100),
    Target("hx8k", 300, kin="stochastic.source"),
    Target("ecp5-25f", 400),
    Target("a7-35t", 400, optional=True),
)
"""Where cores are measured; the faster iCE40 for those that are made to run fast on it."""


class Measurable(Protocol):
    """What can be measured; a :class:`~spikewright_hw.cores.Core` is."""

    @property
    def name(self) -> str:
        """Name for people."""
        ...

    def top(self, preset: str) -> str:
        """Name of its Verilog module."""
        ...

    def build(self, preset: str) -> wiring.Component:
        """Make it."""
        ...


@dataclass(frozen=True)
class Resources:
    """Size and speed of one preset of a core on one family.

    Parameters
    ----------
    core, preset : str
        The core.
    target : Target
        The family.
    digest : str
        First digits of the hash of its gateware, see :func:`digest_of`.
    counts : CellCounts
        Its size, after synthesis of the core alone.
    fmax_mhz : float or None
        Median over :data:`SEEDS` of the highest clock frequency at the part's corner, after placing
        and routing the core in a :class:`~spikewright.gateware.harness.Harness`.
    note : str
        Why there is no frequency; else empty.
    size_source, fmax_source : str
        Where the numbers come from: kind, tools, versions, seeds.
    """

    core: str
    preset: str
    target: Target
    digest: str
    counts: CellCounts
    fmax_mhz: float | None
    note: str
    size_source: str
    fmax_source: str

    def row(self) -> dict[str, str | int | float | None]:
        """Return it as a row of a report."""
        return {
            "core": self.core,
            "preset": self.preset,
            "family": self.target.family,
            "device": self.target.label,
            "digest": self.digest,
            "lut": self.counts.lut,
            "ff": self.counts.ff,
            "bram": self.counts.bram,
            "dsp": self.counts.dsp,
            "carry": self.counts.carry,
            "fmax_mhz": self.fmax_mhz,
            "note": self.note,
            "size_provenance": self.size_source,
            "fmax_provenance": self.fmax_source,
        }


def measure(
    core: Measurable,
    preset: str,
    target: Target,
    *,
    seeds: Sequence[int] = SEEDS,
    lean: bool = False,
    build: Path = Path("build"),
) -> Resources:
    """Measure one preset of a core on one family; what did not change is taken from the cache.

    A core that does not fit is no error: the note says why there is no frequency. Without ``seeds``
    it is synthesised only. With ``lean`` the harness takes as little of the part as it can.
    """
    name = core.top(preset)
    alone = as_rtlil(core.build(preset), name=name)
    netlist = synthesize(alone, top=name, family=target.family, build=build)
    harnessed = _harnessed(core, preset, lean)
    fmax, source = None, ""
    note = target.without_placer if seeds else UNPLACED
    if not note:
        try:
            fmax, source = _fmax(harnessed, _top(core, preset), target, seeds, build)
        except BuildError as error:
            note = str(error)
    return Resources(
        core=core.name,
        preset=preset,
        target=target,
        digest=_digits(harnessed),
        counts=netlist.counts,
        fmax_mhz=fmax,
        note=note,
        size_source=f"post-synthesis ({netlist.tool})",
        fmax_source=source,
    )


def digest_of(core: Measurable, preset: str) -> str:
    """Return the first digits of the hash of a core in its harness: of all that is measured."""
    return _digits(_harnessed(core, preset, lean=False))


def _digits(rtlil: str) -> str:
    return digest(rtlil)[:12]


def _top(core: Measurable, preset: str) -> str:
    return f"{core.top(preset)}_harness"


def _harnessed(core: Measurable, preset: str, lean: bool) -> str:
    return as_rtlil(Harness(core.build(preset), lean=lean), name=_top(core, preset))


def _fmax(
    design: str, name: str, target: Target, seeds: Sequence[int], build: Path
) -> tuple[float, str]:
    netlist = synthesize(design, top=name, family=target.family, pads=True, build=build)
    placements = [
        place(
            netlist, part=target.part, seed=seed, frequency_mhz=target.aim_mhz, limit_s=LIMIT_S,
            build=build,
        )
        for seed in seeds
    ]
    fmax = median(placement.fmax_of() for placement in placements)
    facts = (netlist.tool, placements[0].tool, PARTS[target.part].corner, placements_of(seeds))
    return round(fmax, 1), f"post-route ({', '.join(facts)})"


def placements_of(seeds: Sequence[int]) -> str:
    """Say of which placements a figure is: the median of several, or the only one."""
    names = ", ".join(map(str, seeds))
    return f"median of seeds {names}" if len(seeds) > 1 else f"one placement, seed {names}"
