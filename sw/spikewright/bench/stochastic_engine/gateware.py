"""Both engines on the same networks and parts: what they take, how fast they are, what it costs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.table import Table

from spikewright_hw.engine.design import Design, EventDesign, StochasticDesign

from ...engine_cycles.inference import cycles
from ...gateware.design import run_reference
from ...gateware.parts import PARTS
from ...gateware.resources import Resources, Target, measure
from ...record import energy
from ...record.figure import Computed, Figure, PostRoute
from ...record.page import format_value
from ..resources import Deployed
from .networks import Subject

__all__ = ["DEPLOYMENTS", "HEADINGS", "Deployment", "Placed", "gateware", "printed"]

#: Placer's seed: one is enough for a comparison, and an engine takes minutes.
SEEDS = (1,)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A network on an engine on a part.

    Parameters
    ----------
    hidden : int
        Neurons of the network's hidden layer.
    design : Design
    target : Target
    """

    hidden: int
    design: Design
    target: Target

    @property
    def name(self) -> str:
        """What its figures' names begin with."""
        part = self.target.part.replace("-", "_")
        return f"gateware_{self.design.name}_{self.hidden}_{part}"


_UP5K = Target("up5k", 60)
_ECP5 = Target("ecp5-25f", 120)
_ARTIX = Target("a7-35t", 200, optional=True)

DEPLOYMENTS = (
    Deployment(hidden=128, design=EventDesign(), target=_ECP5),
    Deployment(hidden=128, design=StochasticDesign(), target=_ECP5),
    Deployment(hidden=128, design=EventDesign(), target=_ARTIX),
    Deployment(hidden=128, design=StochasticDesign(), target=_ARTIX),
    Deployment(hidden=32, design=EventDesign(share=16, ram_style="block"), target=_UP5K),
    Deployment(
        hidden=32, design=StochasticDesign(lanes=1, share=16, ram_style="block"), target=_UP5K
    ),
)
"""What is compared: the default engines where they fit, small ones where room is scarce."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What came of a deployment.

    Parameters
    ----------
    deployment : Deployment
    sizes : str
        The network: inputs, hidden neurons, outputs.
    accuracy : float
        On the test part, in percent.
    resources : Resources
        Size and speed.
    cycles, synops : float
        Of an inference of the test part, mean.
    """

    deployment: Deployment
    sizes: str
    accuracy: float
    resources: Resources
    cycles: float
    synops: float

    @property
    def latency_us(self) -> float | None:
        """Mean latency at the highest clock frequency, in µs."""
        fmax = self.resources.fmax_mhz
        return None if fmax is None else self.cycles / fmax

    @property
    def energy(self) -> tuple[Figure, ...]:
        """The estimate of an inference's energy, on the ECP5-25F."""
        design, fmax = self.deployment.design, self.resources.fmax_mhz
        if self.deployment.target.part != "ecp5-25f" or fmax is None:
            return ()
        streams = design.streams
        return energy.figures(
            cycles=self.cycles,
            synops=self.synops * (1 if streams is None else streams.length),
            clock_mhz=fmax,
            model=energy.ECP5_25F if streams is None else energy.ECP5_25F_STREAMS,
        )

    def figures(self) -> Iterator[Figure]:
        """Return them all, each named after the deployment."""
        name, found, part = self.deployment.name, self.resources, self.deployment.target.part
        for kind in ("lut", "ff", "bram", "dsp"):
            size = Computed(f"cells of the engine alone, {found.size_source}")
            yield Figure(f"{name}_{kind}", getattr(found.counts, kind), "1", size)
        worked_out = Computed("worked out from what spiked in each step of the test part, mean")
        yield Figure(f"{name}_cycles", self.cycles, "cycles", worked_out)
        yield Figure(f"{name}_accuracy", self.accuracy, "%", Computed("on the test part"))
        if found.fmax_mhz is not None and self.latency_us is not None:
            placed = PostRoute(found.fmax_source, SEEDS[0], PARTS[part].corner)
            yield Figure(f"{name}_fmax_mhz", found.fmax_mhz, "MHz", placed)
            latency = Computed(f"mean cycles over the highest clock frequency, {found.fmax_source}")
            yield Figure(f"{name}_latency_us", self.latency_us, "µs", latency)
        for figure in self.energy:
            yield replace(figure, name=f"{name}_{figure.name}")

    def cells(self) -> list[str]:
        """Return a row of the table, under :data:`HEADINGS`."""
        found, design = self.resources, self.deployment.design
        latency, total = self.latency_us, self.energy[:1]
        return [
            f"{self.sizes} on {PARTS[self.deployment.target.part].label}",
            str(design),
            f"{self.accuracy:.2f}",
            *(f"{count:,}" for count in (found.counts.lut, found.counts.ff, found.counts.bram)),
            found.note if found.fmax_mhz is None else f"{found.fmax_mhz:.1f}",
            f"{self.cycles:,.0f}",
            "" if latency is None else format_value(latency),
            *(f"≈ {format_value(figure.value)}" for figure in total),
            *([] if total else [""]),
        ]


HEADINGS = (
    "network, part", "engine", "accuracy, %", "LUT", "FF", "block RAM", "Fmax, MHz", "cycles",
    "latency, µs", "energy, µJ, estimated",
)


def gateware(
    subjects: Mapping[int, Subject],
    deployments: Sequence[Deployment],
    *,
    build: Path,
    tell: Callable[[str], None],
) -> list[Placed]:
    """Measure deployments of networks, given by the neurons of their hidden layer.

    Of each subject it is the first seed's network. Engines are placed alone, in a harness.
    """
    return [
        _placed(subjects[one.hidden], one, build=build, tell=tell) for one in deployments
    ]


def _placed(
    subject: Subject, deployment: Deployment, *, build: Path, tell: Callable[[str], None]
) -> Placed:
    design, target = deployment.design, deployment.target
    network, spikes = subject.networks[subject.seeds[0]], subject.spikes
    tell(f"{subject.sizes} on the {design.name} engine, {target.label}")
    run = run_reference(network, spikes, design=design)
    return Placed(
        deployment=deployment,
        sizes=subject.sizes,
        accuracy=100 * run.accuracy(subject.task.y_test),
        resources=measure(
            Deployed(subject.sizes, network, design), design.name, target, seeds=SEEDS, lean=True,
            build=build,
        ),
        cycles=float(cycles(network, spikes, run, design=design).mean()),
        synops=float(run.synops.mean()),
    )


def printed(placed: Sequence[Placed]) -> Table:
    """Return the table that is printed."""
    table = Table(title="gateware: both engines", title_justify="left")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if number < 2 else "right")
    for one in placed:
        table.add_row(*one.cells())
    return table
