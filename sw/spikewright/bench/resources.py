"""``spikewright resources``: size and speed of every core on every family."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress
from rich.table import Table

from spikewright_hw.checks import pathlike, text
from spikewright_hw.cores import CORES
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.engine.inference import InferenceEngine
from spikewright_hw.network import Network

from .. import terminal
from ..errors import DataError
from ..files import write_if_changed
from ..gateware.design import check_design
from ..gateware.resources import TARGETS, Measurable, Resources, Target, measure
from ..job.background import Background
from ..quantized.spw import read
from ..record.report import Report
from ..record.resource_rows import (
    HEADINGS,
    KEPT,
    Row,
    cells,
    lacking,
    merged,
    outdated,
    read_rows,
    wanted,
    write_rows,
)
from ..record.store import write_report

__all__ = ["resources"]

Work = tuple[Measurable, str, Target]
"""What is to be measured, as which preset, and where."""

@dataclass(frozen=True)
class Deployed:
    """A network on an engine, measured as a core is."""

    name: str
    network: Network
    design: Design

    def top(self, preset: str) -> str:
        """Name of the Verilog module."""
        return f"{Path(self.name).stem.replace('-', '_')}_{preset}"

    def build(self, preset: str) -> InferenceEngine:
        """Make the engine."""
        return self.design.engine(self.network)


def resources(
    *cores: str, design: Design | None = None, build: str | Path = "build"
) -> list[Resources]:
    """Measure size and speed of cores, or of a network's engine, and print the table.

    In the checkout, the figures of cores are kept in ``docs/resources.json``, each as soon as it is
    measured, so that what was interrupted goes on where it was; and the page ``docs/resources.md``
    is written from them. Without names, those cores are measured that have no figures, and those
    whose gateware is not that of their figures; also where a placer was missing that is there now.

    Parameters
    ----------
    cores : str
        Registered cores, all of which are measured; or the path of a ``.spw`` network, by itself.
    design : Design, optional
        The engine of a network; the event engine if not given.
    build : str or Path
        Folder of everything generated.

    Returns
    -------
    list of Resources
        What was measured.

    Raises
    ------
    DataError
        There is no such core, or the network cannot run on the engine.
    ReportError
        The figures that are kept cannot be read.
    ValueError
        A design is given, but no network.
    """
    folder = pathlike("build", build)
    networks = [core for core in cores if text("core", core).endswith(".spw")]
    if networks and len(cores) > 1:
        raise DataError(f"{networks[0]} is a network; it is measured by itself")
    kept = [] if networks else read_rows(KEPT)
    work = _of_network(networks[0], design) if networks else _of_cores(cores, design, kept)
    keeps = not networks and KEPT.parent.is_dir()
    results = _measured(
        work, lean=bool(networks), build=folder, tell=_keep if keeps else lambda result: None
    )
    terminal.console().print(_table(results))
    if keeps:
        _write_pages(len(results), folder)
    return results


def _of_network(file: str, design: Design | None) -> list[Work]:
    """Return what is to be measured of a network."""
    design = EventDesign() if design is None else design
    network = read(Path(file)).network
    check_design(design, network)
    deployed = Deployed(Path(file).name, network, design)
    return [(deployed, design.name, target) for target in TARGETS]


def _of_cores(names: Sequence[str], design: Design | None, kept: Sequence[Row]) -> Sequence[Work]:
    """Return what is to be measured of the cores that are named, or of those that need it."""
    if design is not None:
        raise ValueError("design is given, but it is that of a network; leave it out for cores")
    for name in names:
        if name not in CORES:
            raise DataError(f"there is no core {name!r}; there are {', '.join(CORES)}")
    return wanted(names) if names else [*lacking(kept), *outdated(kept)]


def _measured(
    work: Sequence[Work], *, lean: bool, build: Path, tell: Callable[[Resources], None]
) -> list[Resources]:
    """Measure, two at a time; ``tell`` hears of each in turn."""
    results = []
    with (
        Progress(console=terminal.console(), transient=True) as progress,
        Background(jobs=2) as background,
    ):
        task = progress.add_task("Cores", total=len(work))
        futures = [
            background.submit(lambda item=item: measure(*item, lean=lean, build=build))
            for item in work
        ]
        for future, (one, preset, target) in zip(futures, work, strict=True):
            progress.update(task, description=f"{one.name} {preset} on {target.label}")
            results.append(future.result())
            tell(results[-1])
            progress.advance(task)
    return results


def _keep(result: Resources) -> None:
    """Write the figures anew, with what was measured in its place."""
    write_rows(KEPT, merged(read_rows(KEPT), [result.row()]))


def _write_pages(measured: int, build: Path) -> None:
    """Write the page and the report of the figures that are kept."""
    from ..pages.resources_page import RESOURCES_PAGE, resources_page

    rows = merged(read_rows(KEPT), [])
    write_rows(KEPT, rows)
    write_if_changed(RESOURCES_PAGE, resources_page(rows))
    report = Report(
        name="resources",
        title="Size and speed of the cores",
        rows=tuple(rows),
        made={"command": "spikewright resources"},
    )
    path = write_report(report, build / "reports" / report.name)
    terminal.console().print(
        f"{measured} of {len(rows)} rows measured: {KEPT}, {RESOURCES_PAGE}, {path}",
        highlight=False,
    )


def _table(results: Sequence[Resources]) -> Table:
    table = Table("device", *HEADINGS)
    for result in results:
        table.add_row(result.target.label, *cells(result.row()))
    return table
