"""``spikewright bench neurons``: every spiking neuron in the same network on the same task.

Each is the hidden layer of the same small network on handwritten digits, with its own defaults,
and is trained as any network is: in real numbers, then on the integer grid. Nothing is chosen by
neuron.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from spikewright_hw.cores import CORES
from spikewright_hw.neuron import DEFINITIONS

from .. import terminal
from ..errors import DataError
from ..files import write_if_changed
from ..gateware.resources import Resources, Target, measure
from ..job.background import Background
from ..job.progress import JobProgress
from ..job.training import train, versions
from ..machine import processor
from ..network.training_config import TrainingConfig, training_config
from ..quantized.network import Provenance
from ..record.markdown import filled, table, wrapped
from ..record.neuron_bench import BASE, PRESET, NeuronBench, neuron_report
from ..record.report import Report
from ..record.store import write_report
from ..task.digits import load
from ..task.task import Task
from .step_times import step_times

__all__ = ["bench_neurons", "each", "relative_times", "spiking", "standard"]

#: Where the size is counted, after synthesis.
ECP5 = Target("ecp5-25f", 0)

PAGE = Path("docs") / "neurons.md"

HEADINGS = ("states", "float", "integer", "time / LIF", "LUT4 on ECP5")


def standard(task: Task) -> TrainingConfig:
    """Return how each neuron is trained: the defaults of training but for time and number formats.

    The states have the format of the cores whose size is counted, and the weights seven bits: with
    eight, states that are counted in weight steps saturate, and with six, weights in millivolts do.
    Of 5, 6, 7 and 8 bits, seven were best on the first two of five folds of the training part
    (:func:`~spikewright.task.validation.validation`), seed 0: 65.5, 75.8, 87.0 and 82.2 % in
    integers, the mean of lif, alif, adlif, exp_if, adex and izhikevich.
    """
    return training_config(
        task, parameters={}, weight_bits=7, membrane=CORES[BASE].presets[PRESET]["format"],
        epochs=20,
    )


def each(config: TrainingConfig, names: Iterable[str]) -> dict[str, TrainingConfig]:
    """Return the configuration with each neuron in the hidden layer, with its own defaults."""
    return {
        name: replace(config, model=replace(config.model, neuron=name, parameters={}))
        for name in names
    }


def spiking(name: str | None = None) -> list[str]:
    """Return the neurons that spike, or the one that is asked for.

    Raises
    ------
    DataError
        There is no such neuron, or it never spikes.
    """
    names = [key for key, definition in DEFINITIONS.items() if definition.spikes]
    if name is None:
        return names
    if name not in DEFINITIONS:
        raise DataError(f"there is no neuron {name!r}; there are {', '.join(names)}")
    if name not in names:
        raise DataError(f"{name} never spikes, so it cannot be a hidden layer")
    return [name]


def bench_neurons(
    neuron: str | None = None,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    epochs: int | None = None,
    config: TrainingConfig | None = None,
    pages: bool = False,
    build: Path = Path("build"),
    root: Path = Path(),
    console: Console | None = None,
) -> list[NeuronBench]:
    """Train every spiking neuron, or one, print the table, and write the report ``neurons``.

    Parameters
    ----------
    neuron : str, optional
        One neuron; all that spike unless given.
    seeds : sequence of int
        Seeds to train.
    epochs : int, optional
        Epochs in real numbers, instead of the configuration's.
    config : TrainingConfig, optional
        How each is trained; its neuron gives way to each. :func:`standard` unless given.
    pages : bool
        Whether the table goes into ``docs/neurons.md`` of the checkout ``root``, too.
    build, root : Path
        Folder of everything generated; the checkout.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        There is no such neuron, or it never spikes; or the page cannot be written, or would have
        one neuron alone.
    StorageError
        The report cannot be written.
    """
    if pages and neuron is not None:
        raise DataError("the page has all neurons; bench them all, without neuron=")
    names = spiking(neuron)
    task = load(stratified=True)
    config = standard(task) if config is None else config
    if epochs is not None:
        config = replace(config, real=replace(config.real, epochs=epochs))
    console = terminal.console() if console is None else console
    with JobProgress() as progress, Background(jobs=1) as background:
        with progress.part("Training times") as tell:
            times = relative_times(names, config, task, tell=tell)
        sizes = [background.submit(lambda name=name: _size(name, build)) for name in names]
        with progress.part(f"Training, seeds {', '.join(map(str, seeds))}") as tell:
            found = _trained(each(config, names), task, seeds, build=build, tell=tell)
        with progress.part("Sizes"):
            benches = [
                NeuronBench(name, results, times[name], size.result())
                for (name, results), size in zip(found.items(), sizes, strict=True)
            ]
    report = neuron_report(
        benches,
        config,
        task,
        made={
            "command": "spikewright bench neurons",
            "seeds": ", ".join(map(str, seeds)),
            "config": repr(config),
            "processor": processor(),
        } | versions(),
    )
    console.print(_table(benches, report))
    path = write_report(report, build / "reports" / report.name)
    console.print(f"Report: {path}", highlight=False)
    if pages and _write_page(benches, report, root / PAGE):
        console.print(str(root / PAGE), highlight=False)
    return benches


def _trained(
    configs: Mapping[str, TrainingConfig],
    task: Task,
    seeds: Sequence[int],
    *,
    build: Path,
    tell: Callable[[str], None],
) -> dict[str, tuple[Provenance, ...]]:
    """Train each neuron from each seed; return where the networks come from, by neuron."""
    found: dict[str, list[Provenance]] = {name: [] for name in configs}
    for name, config in configs.items():
        for seed in seeds:
            tell(f"{name}, seed {seed}")
            found[name].append(train(task, config, seed=seed, build=build).provenance)
    return {name: tuple(provenances) for name, provenances in found.items()}


def relative_times(
    names: Sequence[str], config: TrainingConfig, task: Task, *, tell=lambda _: None
) -> dict[str, float]:
    """Return the CPU time of a training step over that of :data:`BASE`, measured in turns."""
    rounds = list(step_times(each(config, dict.fromkeys((BASE, *names))), task, tell=tell))
    return {name: median(one[name] / one[BASE] for one in rounds) for name in names}


def _size(name: str, build: Path) -> Resources | None:
    if name not in CORES or PRESET not in CORES[name].presets:
        return None
    return measure(CORES[name], PRESET, ECP5, seeds=(), build=build)


def _write_page(benches: Sequence[NeuronBench], report: Report, page: Path) -> bool:
    """Write the block ``bench`` of the page; return whether it changed."""
    if not page.is_file():
        raise DataError(f"there is no page {page}; run this in the checkout of the project")
    lines = [
        wrapped(
            f"{report.summary} Seeds {report.made['seeds']}, {date.today().isoformat()}, "
            f"{report.made['processor']}."
        ),
        "",
        *table(("neuron", *HEADINGS), (_cells(one, report) for one in benches)),
    ]
    text = page.read_text(encoding="utf-8")
    blocks = {"bench": "\n".join(lines)}
    return write_if_changed(page, filled(text, blocks, page=page, names=tuple(blocks)))


def _cells(one: NeuronBench, report: Report) -> list[str]:
    """Return a row of the table, under the neuron and :data:`HEADINGS`."""
    (row,) = (row for row in report.rows if row["neuron"] == one.name)
    lut = row["lut4_ecp5"]
    return [
        one.name, str(row["states"]), f"{100 * one.real:.2f}", f"{100 * one.integer:.2f}",
        f"{one.time:.2f}", "-" if lut is None else str(lut),
    ]


def _table(benches: Sequence[NeuronBench], report: Report) -> Table:
    made = Table(title=report.summary, title_justify="left")
    made.add_column("neuron")
    for heading in HEADINGS:
        made.add_column(heading, justify="right")
    for one in benches:
        made.add_row(*_cells(one, report))
    return made
