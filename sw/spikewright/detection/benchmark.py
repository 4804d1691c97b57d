"""``spikewright neurobench detection``: boxes around moving shapes, from the events of a camera.

A rehearsal: the scenes are made, and are not NeuroBench's. The precision is that of the integer
reference, which a virtual board is held to; nothing is measured.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
from rich.console import Console

from spikewright_hw.checks import instance, settle, text, whole

from .. import terminal
from ..coding.coding import encode
from ..device.boards import open_board
from ..errors import DataError, DeviceError
from ..files import write_if_changed
from ..gateware.design import run_reference
from ..job.compare import compare
from ..job.training import train
from ..machine import processor
from ..quantized.network import QuantizedNetwork
from ..quantized.on_task import answered
from ..quantized.spw import write
from ..record.algorithm import measure
from ..record.algorithm_figures import algorithm_figures
from ..record.figure import Computed, Figure, Simulated
from ..record.markdown import filled, table, wrapped
from ..record.report import Report
from ..record.store import REPORTS, write_report
from .detector import boxes_of, detection_task, detector_config
from .precision import AveragePrecision, average_precision
from .shapes import CLASSES, Scene

__all__ = ["PAGE", "DetectionBenchmark", "neurobench_detection"]

PAGE = Path("docs") / "detection.md"
NAME = "detection"


@dataclass(frozen=True, kw_only=True)
class DetectionBenchmark:
    """Which scenes the detector is trained on, and which network it is.

    Parameters
    ----------
    scenes : int, at least 10
        Made scenes that are trained on.
    tested : int, at least 1
        Further ones that the precision is of.
    network : str
        Short name of the whole network, which ends in a map of 4 × 4 of 6 channels.
    epochs : int
        In real numbers.
    seed : int
        Of the scenes and of the training.
    on_board : int
        Scenes that a virtual board is asked, which takes a minute to compile; 0: none.
    """

    scenes: int = 2000
    tested: int = 300
    network: str = "12C3p1-P2-24C3p1-P2-32C3p1-P2-6C3p1"
    epochs: int = 20
    seed: int = 0
    on_board: int = 20

    def __post_init__(self):
        settle(
            self, scenes=whole(10), tested=whole(1), network=text, epochs=whole(1), seed=whole(0),
            on_board=whole(0),
        )
        if self.on_board > self.tested:
            raise ValueError(
                f"on_board is {self.on_board}, and {self.tested} scenes are tested; ask for no more"
            )


def neurobench_detection(
    benchmark: DetectionBenchmark | None = None, *,
    command: str = "spikewright neurobench detection",
    directory: str | Path | None = None, pages: bool = False, root: Path = Path(),
    build: str | Path = "build", console: Console | None = None,
) -> Report:
    """Train a detector of made moving shapes, and write the report of its precision.

    The network is written beside the report, ``detector.spw``.

    Parameters
    ----------
    benchmark : DetectionBenchmark, optional
    command : str
        What the report says to repeat it.
    directory : str or Path, optional
        Where the report goes; ``build/reports/detection`` unless given.
    pages : bool
        Whether the blocks of ``docs/detection.md`` in the checkout ``root`` are written, too.
    root : Path
        The checkout.
    build : str or Path
        Folder of the trained network and the virtual board.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        There is no page to write.
    DeviceError
        A value of the virtual board differs from the reference.
    ToolError, BuildError, StorageError
        The board cannot be compiled, or a file cannot be written.
    ValueError
        The network does not end in a value for each cell.
    """
    benchmark = DetectionBenchmark() if benchmark is None else benchmark
    instance(DetectionBenchmark)("benchmark", benchmark)
    console = terminal.console() if console is None else console
    if pages and not (root / PAGE).is_file():
        raise DataError(f"there is no page {root / PAGE}; run this in the checkout")
    task, scenes = detection_task(
        train=benchmark.scenes, test=benchmark.tested, seed=benchmark.seed
    )
    config = detector_config(task, network=benchmark.network, epochs=benchmark.epochs)
    network = train(task, config, seed=benchmark.seed, build=build)
    spikes = encode(task.x_test, network.coding)
    run = run_reference(network, spikes)
    found = boxes_of(answered(run, task=task, scale=network.output_scale))
    figures = [
        *_precision_figures(benchmark, scenes, found),
        *algorithm_figures(
            measure(
                network.network, spikes, run.traced_spikes,
                membranes=[layer.membranes for layer in run.layers],
            ), f"one scene, mean over {len(scenes)}",
        ),
    ]
    if benchmark.on_board:
        figures += _board_figures(network, spikes[: benchmark.on_board], build=Path(build))
    report = _report(benchmark, network, scenes, found, figures, command)
    lines = _lines(report)
    for line in (*lines, "", report.summary):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    folder = REPORTS / NAME if directory is None else Path(directory)
    write(folder / "detector.spw", network)
    write_report(report, folder)
    if pages:
        _write_page(lines, report, root / PAGE)
    return report


def _precision(scenes: Sequence[Scene], found: Sequence[np.ndarray]) -> AveragePrecision:
    return average_precision([one.boxes for one in scenes], found, classes=len(CLASSES))


def _precision_figures(
    benchmark: DetectionBenchmark, scenes: Sequence[Scene], found: Sequence[np.ndarray]
) -> list[Figure]:
    reached = _precision(scenes, found)
    others = _precision(scenes, [*found[1:], found[0]])
    by = Computed(f"pycocotools, on {len(scenes)} made scenes, by the integer reference")
    chance = Computed("the same boxes, each scene given those of the next one")
    return [
        Figure("map", reached.mean, "1", by, {"overlaps": "0.5 to 0.95", "seed": benchmark.seed}),
        Figure("map_half", reached.half, "1", by, {"overlap": 0.5}),
        Figure("map_exchanged", others.mean, "1", chance),
        Figure("map_half_exchanged", others.half, "1", chance),
    ]


def _board_figures(network: QuantizedNetwork, spikes: np.ndarray, *, build: Path) -> list[Figure]:
    """Ask a virtual board of the default part, and compare every value with the reference."""
    with open_board(network, build=build) as board:
        answers = board.infer_all(spikes)
    held = compare(answers, run_reference(network, spikes))
    if not held.equal:
        raise DeviceError(
            f"the virtual board differs from the reference: {held.mismatches}; please report it"
        )
    simulated = Simulated(f"the board top of {answers.board.title}", answers.simulator)
    compared = Computed(f"virtual board against the integer reference, {len(spikes)} scenes")
    cycles, clock_mhz = mean(map(int, answers.cycles)), answers.clock_hz / 1e6
    return [
        Figure("on_board", len(spikes), "1", compared),
        Figure("compared", sum(held.compared.values()), "1", compared, held.compared),
        Figure("mismatches", 0, "1", compared),
        Figure("cycles_mean", cycles, "cycles", simulated, {"max": int(answers.cycles.max())}),
        Figure("latency_us", cycles / clock_mhz, "µs", simulated, {"clock_mhz": clock_mhz}),
    ]


def _report(
    benchmark: DetectionBenchmark, network: QuantizedNetwork, scenes: Sequence[Scene],
    found: Sequence[np.ndarray], figures: Sequence[Figure], command: str,
) -> Report:
    values = {one.name: one.value for one in figures}
    on_board = "No board was asked."
    if "on_board" in values:
        on_board = (
            f"A virtual board gave the same values in {values['on_board']} scenes, in "
            f"{values['cycles_mean']:,.0f} cycles on average, {values['latency_us']:,.0f} µs: "
            "simulated."
        )
    return Report(
        name=NAME,
        title="NeuroBench event camera detection, rehearsed on made moving shapes",
        summary=(
            f"A rehearsal: these are not the benchmark's recordings. mAP {values['map']:.3f} over "
            f"overlaps of 0.5 to 0.95, {values['map_half']:.3f} at 0.5, on {len(scenes)} scenes, "
            "by the integer reference; with the boxes of other scenes "
            f"{values['map_exchanged']:.3f} and {values['map_half_exchanged']:.3f}. {on_board} "
            "Nothing is measured."
        ),
        figures=tuple(figures),
        rows=tuple(
            {"scene": number, "labels": _plain(scene.boxes), "found": _plain(boxes)}
            for number, (scene, boxes) in enumerate(zip(scenes, found, strict=True))
        ),
        made={
            "command": command, "network": benchmark.network,
            "trained": f"{benchmark.scenes} made scenes, {benchmark.epochs} epochs",
            "digest": network.network.digest().hex(), "processor": processor(),
            "numpy": np.__version__, "date": time.strftime("%Y-%m-%d"),
        },
    )


def _plain(boxes: np.ndarray) -> list[list[float]]:
    """Return boxes as lists: class, left, top, width, height, how sure."""
    names = ("class_id", "x", "y", "w", "h", "class_confidence")
    return [[round(float(box[name]), 4) for name in names] for box in boxes]


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 1000 else f"{value:.4g}"


def _lines(report: Report) -> list[str]:
    return list(table(("figure", "value", "unit", "origin"), [
        (f"`{one.name}`", _shown(one.value), one.unit, one.provenance.kind)
        for one in report.figures
    ]))


def _write_page(lines: Sequence[str], report: Report, page: Path) -> bool:
    by = f"{report.made['command']}, {report.made['date']}, {report.made['processor']}"
    blocks: dict[str, str | None] = {
        "said": wrapped(f"{report.summary} {by}."), "figures": "\n".join(lines)
    }
    there = page.read_text(encoding="utf-8")
    return write_if_changed(page, filled(there, blocks, page=page, names=tuple(blocks)))
