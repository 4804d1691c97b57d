"""``spikewright neurobench detection``: boxes around moving shapes, from the events of a camera.

A rehearsal: the scenes are made, and are not NeuroBench's. The precision is that of the integer
reference, which a virtual board is held to; nothing is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from spikewright_hw.checks import settle, text, whole
from spikewright_hw.engine.design import EventDesign

from ..coding.coding import encode
from ..gateware.design import run_reference
from ..job.board_figures import ask_virtual_board
from ..job.training import train
from ..quantized.network import QuantizedNetwork
from ..quantized.on_task import answered
from ..quantized.spw import write
from ..record.algorithm import measure
from ..record.algorithm_figures import algorithm_figures
from ..record.benchmark import Benchmark, Outcome, made_by, said
from ..record.figure import Computed, Figure
from ..record.markdown import figure_table
from ..record.raw_log import write_log
from ..record.report import Report
from .detector import boxes_of, detection_task, detector_config
from .precision import AveragePrecision, average_precision
from .shapes import CLASSES, Scene

__all__ = ["DetectionBenchmark"]

#: What is told of a box.
_NAMES = ("class_id", "x", "y", "w", "h", "class_confidence")


@dataclass(frozen=True, kw_only=True)
class DetectionBenchmark(Benchmark):
    """A detector of made moving shapes: which scenes it is trained on, and which network it is.

    The network is written beside the report, ``detector.spw``, and ``boxes.npz``: a row for each
    box of a label, and for each that was found, with its scene.

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

    page: ClassVar[Path] = Path("docs") / "detection.md"

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

    @property
    def name(self) -> str:
        """Name of the report."""
        return "detection"

    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        """Train the detector, and judge its boxes."""
        task, scenes = detection_task(train=self.scenes, test=self.tested, seed=self.seed)
        config = detector_config(task, network=self.network, epochs=self.epochs)
        network = train(task, config, seed=self.seed, build=build)
        spikes = encode(task.x_test, network.coding)
        run = run_reference(network, spikes)
        found = boxes_of(answered(run, task=task, scale=network.output_scale))
        metrics = measure(
            network.network, spikes, run.traced_spikes,
            membranes=[layer.membranes for layer in run.layers],
        )
        figures = [
            *_precision_figures(self, scenes, found),
            *algorithm_figures(metrics, f"one scene, mean over {len(scenes)}"),
        ]
        if self.on_board:
            asked = ask_virtual_board(
                network, spikes[: self.on_board], design=EventDesign(), build=build
            )
            figures += asked.figures("scenes")
        report = _report(self, network, scenes, found, figures, command)
        write(folder / "detector.spw", network)
        write_log(folder / "boxes.npz", {
            "labels": _logged([one.boxes for one in scenes]), "found": _logged(found),
        })
        lines = list(figure_table(report.figures))
        return Outcome(
            report=report, lines=lines, blocks={"said": said(report), "figures": "\n".join(lines)}
        )


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
        name=benchmark.name,
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
            **made_by(command), "network": benchmark.network,
            "trained": f"{benchmark.scenes} made scenes, {benchmark.epochs} epochs",
            "digest": network.network.digest().hex(),
        },
    )


def _logged(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Return all boxes, float32 ``[boxes, 7]``: scene, class, left, top, width, height, sure."""
    return np.array([
        [number, *(float(box[name]) for name in _NAMES)]
        for number, boxes in enumerate(frames) for box in boxes
    ], np.float32).reshape(-1, 1 + len(_NAMES))


def _plain(boxes: np.ndarray) -> list[list[float]]:
    """Return boxes as lists: class, left, top, width, height, how sure."""
    return [[round(float(box[name]), 4) for name in _NAMES] for box in boxes]
