"""``spikewright bench stochastic``: how exact stochastic computing is, how fast and how robust.

One network for each seed on the digits, and one on MNIST where its files are at hand, all with
8-bit weights. What is measured stands in the modules beside this one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from rich.console import Console

from spikewright_hw.engine.streams import SOURCES

from ... import terminal
from ...errors import DataError
from ...job.progress import JobProgress
from ...job.training import versions
from ...machine import processor
from ...network.training_config import TrainingConfig
from ...record.figure import Computed, Figure
from ...record.stochastic_bench import Curve, chosen, stochastic_report, tables
from ...record.store import write_report
from ...task import digits, mnist
from ...task.source import VARIABLE, find
from . import parts
from .gateware import DEPLOYMENTS, Deployment, Placed, gateware, printed
from .networks import DIGITS, MNIST, Subject, subject, with_epochs, with_hidden
from .page import docs, sections
from .speed import speed

__all__ = ["Scope", "bench_stochastic"]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """How much of everything is looked at.

    Parameters
    ----------
    lengths : tuple of int
        Bits of the streams.
    trained : tuple of int
        Bits of the streams that networks are trained for.
    full : int
        Length of streams that are stopped early.
    rates : tuple of float
        Shares of bits that flip.
    draws : int
        How often for each network.
    repeats : int
        Of a measurement of speed.
    copies : int
        Of the test part, in a measurement of speed.
    deployments : tuple of Deployment
        What is placed and routed.
    """

    lengths: tuple[int, ...] = parts.LENGTHS
    trained: tuple[int, ...] = parts.TRAINED
    full: int = parts.FULL
    rates: tuple[float, ...] = parts.RATES
    draws: int = parts.REPEATS
    repeats: int = 9
    copies: int = 64
    deployments: tuple[Deployment, ...] = DEPLOYMENTS


def bench_stochastic(
    *,
    data: Path | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    epochs: int | None = None,
    pages: bool = False,
    config: TrainingConfig = DIGITS,
    scope: Scope | None = None,
    build: Path = Path("build"),
    root: Path = Path(),
    console: Console | None = None,
) -> list[Curve]:
    """Run all parts, print their tables, and write the report ``stochastic``.

    Parameters
    ----------
    data : Path, optional
        Folder of MNIST's files; see :func:`spikewright.task.source.find`.
    seeds : sequence of int
        Of the networks on the digits; that on MNIST has the first.
    epochs : int, optional
        Epochs in real numbers, of both.
    pages : bool
        Whether the pictures and blocks of ``docs/stochastic_engine.md`` are written, too.
    config : TrainingConfig
        Of the digits.
    scope : Scope, optional
    build, root : Path
        Where what is generated is kept, and the checkout.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        There is no seed, MNIST's files are not where they were said to be, or a file is malformed.
    StorageError
        Something cannot be written.
    """
    if not seeds:
        raise DataError("there is no seed; the bench trains one network for each")
    scope = Scope() if scope is None else scope
    console = terminal.console() if console is None else console
    folder = find(mnist.MNIST, data)
    if folder is None:
        console.print(
            "MNIST is not at hand, so only the digits are shown: name the folder of its files by "
            f"--data, or by the variable {VARIABLE}.",
            highlight=False,
        )
    with JobProgress() as progress:
        with progress.part("Training") as tell:
            subjects, deployed = _train(
                folder, with_epochs(config, epochs), with_epochs(MNIST, epochs), seeds=seeds,
                widths=[one.hidden for one in scope.deployments], build=build, tell=tell,
            )
        curves = _measure(subjects, scope, build, progress)
        with progress.part("Gateware") as tell:
            placed = gateware(deployed, scope.deployments, build=build, tell=tell)
    lines = [figure for one in subjects for figure in _lines(one)]
    report = stochastic_report(
        curves,
        extra=[*lines, *(figure for one in placed for figure in one.figures())],
        sections=sections(curves, lines),
        made={
            "command": "spikewright bench stochastic",
            "seeds": ", ".join(map(str, seeds)),
            "processor": processor(),
            "seeds of faults": "the network's, the number of the rate, the number of the draw",
            **{f"training on {one.task.name}": repr(one.config) for one in subjects},
        } | versions(),
    )
    _print(curves, lines, placed, console)
    path = write_report(report, build / "reports" / report.name)
    console.print(f"Report: {path}", highlight=False)
    if pages:
        for changed in docs(report, curves, lines, placed, root=root):
            console.print(str(changed), highlight=False)
    return curves


def _train(
    folder: Path | None,
    small: TrainingConfig,
    large: TrainingConfig,
    *,
    seeds: Sequence[int],
    widths: Sequence[int],
    build: Path,
    tell: Callable[[str], None],
) -> tuple[list[Subject], dict[int, Subject]]:
    """Train what is looked at: subjects, and by width those that become gateware.

    The first subject is of the digits, for each seed. Where there is a ``folder`` of MNIST's files,
    there is a ``large`` one, for the first seed.
    """
    task = digits.load()
    subjects = [subject(task, small, seeds=seeds, build=build, tell=tell)]
    if folder is not None:
        subjects.append(
            subject(mnist.MNIST.load(folder), large, seeds=seeds[:1], build=build, tell=tell)
        )
    deployed = {
        hidden: subject(task, with_hidden(small, hidden), seeds=seeds[:1], build=build, tell=tell)
        for hidden in dict.fromkeys(widths)
    }
    return subjects, deployed


def _measure(
    subjects: Sequence[Subject], scope: Scope, build: Path, progress: JobProgress
) -> list[Curve]:
    """Return what is measured without gateware; most of it of the first subject alone."""
    small = subjects[0]
    curves: list[Curve] = []
    with progress.part("Speed") as tell:
        timed = speed(small, repeats=scope.repeats, copies=scope.copies, tell=tell)
    with progress.part("Accuracy over length") as tell:
        for one in subjects:
            curves += parts.accuracy(one, lengths=scope.lengths, build=build, tell=tell)
    with progress.part("Trained for short streams") as tell:
        curves += parts.trained_for(small, lengths=scope.trained, build=build, tell=tell)
    with progress.part("Error of one product") as tell:
        curves += parts.products(lengths=scope.lengths, tell=tell)
    curves += timed
    with progress.part("Faults") as tell:
        curves += parts.fault_curves(
            small, rates=scope.rates, repeats=scope.draws, build=build, tell=tell
        )
    with progress.part("Progressive precision") as tell:
        for one in subjects:
            # The larger one on the best and the worst of the sources: others lie between.
            sources = tuple(SOURCES) if one is small else ("sobol", "lfsr")
            curves += parts.progressive(
                one, full=scope.full, sources=sources, build=build, tell=tell
            )
    return curves


def _lines(subject: Subject) -> list[Figure]:
    """Return the accuracies in real numbers and of the integers."""
    made = []
    for kind, words in (("float", "in real numbers"), ("integer", "by the integer program")):
        shares = [
            getattr(one, f"accuracy_{kind}") for one in subject.provenances.values()
        ]
        made.append(Figure(
            f"accuracy_{subject.task.name}_{kind}", 100 * mean(shares), "%",
            Computed(
                f"share of the {len(subject.task.y_test)} test samples of {subject.task.name} "
                f"classified rightly {words}, mean of the seeds"
            ),
            {"seeds": shares},
        ))
    return made


def _print(
    curves: Sequence[Curve], lines: Sequence[Figure], placed: Sequence[Placed], console: Console
) -> None:
    products = chosen(curves, "product")
    best = {
        gate: sorted(
            (one for one in products if one.tags["encoding"] == gate), key=lambda one: one[one.head]
        )[:5]
        for gate in dict.fromkeys(one.tags["encoding"] for one in products)
    }
    shown = [one for one in curves if one.part != "product"]
    for table in tables([*shown, *(one for few in best.values() for one in few)]):
        console.print(table)
    console.print("Of the products, the five best pairs of sources of each gate; all are stored.")
    for line in lines:
        console.print(f"{line.name}: {line.value:.2f} %", highlight=False)
    console.print(printed(placed))
