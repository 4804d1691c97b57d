"""``spikewright neurobench asc``: acoustic scenes, or a rehearsal on other sounds.

Sound becomes counts of spikes in the filter bank, and a network with delays tells what it is; which
neurons it has is chosen by folds of the training part, each time anew. All is computed by the
integer references that the gateware equals; times are clock cycles over a clock, and energies
estimates: nothing is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, ClassVar

import numpy as np

from spikewright_hw.audio.filter_bank import sample_cycles
from spikewright_hw.checks import one_of, optional, pathlike, real, settle, whole

from ..coding.filter_bank import FilterBankCoding
from ..device.simulation import simulate
from ..errors import DataError
from ..gateware.board import board_named
from ..gateware.synthesis import Netlist
from ..record.benchmark import Benchmark, Outcome, made_by, said
from ..record.figure import Computed, Figure, Simulated
from ..record.markdown import table
from ..record.raw_log import write_log
from ..record.report import Report
from ..task.asc import COUNTS, RATE
from ..task.esc10 import BANDS as ESC10_BANDS
from ..task.fsdd import BANDS as FSDD_BANDS
from ..task.known import load_task
from ..task.task import Task
from .choice import FOLDS, best_of, choice_lines
from .front_end import FrontEnd, energy_mj, engine_netlist, estimated, front_end, serial_design
from .learning import Learned, first_of, groups_of, learned

__all__ = ["REHEARSALS", "AscBenchmark"]

HEADINGS = (
    "system", "sounds", "accuracy, %", "front end, ms", "front end, mJ", "inference, ms",
    "inference, mJ",
)


@dataclass(frozen=True)
class _Sounds:
    """How the sounds of a data set are heard."""

    rate: int
    seconds: float
    channels: int
    steps: int
    copies: int


#: By data set: the benchmark's own, and the rehearsals.
_SOUNDS = {
    "asc": _Sounds(RATE, 1.0, 16, 32, 0),
    "esc10": _Sounds(16_000, ESC10_BANDS.seconds, 24, 50, 6),
    "fsdd": _Sounds(FSDD_BANDS.rate, FSDD_BANDS.seconds, 16, 32, 0),
}
#: What the benchmark is rehearsed on.
REHEARSALS = tuple(name for name in _SOUNDS if name != "asc")

#: A board with the part that the two should fit.
BOARD = "icebreaker"

#: Published results (J. Yik and others, "The NeuroBench framework", Nature Communications 16, 2025,
#: table 6): system, accuracy, %, time, ms, dynamic energy, mJ, of an inference.
PUBLISHED = (
    ("Arduino Nano 33 BLE, CNN", 79.64, 45.0, 0.934),
    ("SynSense Xylo Audio 2", 79.90, 84.0, 0.028),
)


@dataclass(frozen=True, kw_only=True)
class AscBenchmark(Benchmark):
    """A network behind the filter bank that tells sounds apart: which sounds, and how.

    Parameters
    ----------
    rehearsal : str, optional
        ``esc10`` or ``fsdd``, in the place of the benchmark's sounds.
    folder : str or Path, optional
        Of the data set, or the one above it; that in ``SPIKEWRIGHT_DATA`` unless given.
    per_class : int, optional
        Sounds of each class that are learned from, the first ones; all unless given.
    seed : int
        Of the altered copies of the sounds, where there are some.
    clock_hz : float
        Clock of the front end and of the engine.
    """

    page: ClassVar[Path] = Path("docs") / "asc.md"

    rehearsal: str | None = None
    folder: str | Path | None = None
    per_class: int | None = None
    seed: int = 0
    clock_hz: float = 12e6

    def __post_init__(self):
        settle(
            self, rehearsal=optional(one_of(REHEARSALS)), folder=optional(pathlike),
            per_class=optional(whole(FOLDS)), seed=whole(0), clock_hz=real(1),
        )

    @property
    def name(self) -> str:
        """Name of the report."""
        return "asc" if self.rehearsal is None else f"asc-{self.rehearsal}"

    @property
    def sounds(self) -> str:
        """Name of the data set."""
        return self.rehearsal or "asc"

    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        """Choose and learn a network behind the filter bank, and test it in integers.

        Beside the report are the labels and the answers of the test part, ``answers.npz``.
        """
        sounds = _SOUNDS[self.sounds]
        task = load_task(self.sounds, folder=self.folder, sound=True)
        coding = FilterBankCoding.fitting(task, steps=sounds.steps, channels=sounds.channels)
        needed = sample_cycles(coding.inputs) * sounds.rate
        if needed > self.clock_hz:
            raise DataError(
                f"the clock is {self.clock_hz / 1e6:g} MHz, and {coding.inputs} bands of "
                f"{sounds.rate} samples a second take {needed / 1e6:.3g} MHz; give a faster clock"
            )
        ears = front_end(coding.bank, rate=sounds.rate, build=build)
        task, groups = first_of(
            task, groups_of(self.sounds, self.folder), per_class=self.per_class
        )
        made = learned(task, coding, groups, copies=sounds.copies, seed=self.seed)
        engine = engine_netlist(made.network, build=build)
        report = _report(self, task, made, ears, engine, command)
        write_log(folder / "answers.npz", {
            "labels": task.y_test.astype(np.uint8),
            "answers": made.run.predictions.astype(np.uint8),
        })
        lines = [
            *table(HEADINGS, (_cells(row) for row in report.rows)), "", *choice_lines(made.tried)
        ]
        block = "\n".join([said(report), "", *lines])
        return Outcome(
            report=report, lines=lines, blocks=dict.fromkeys(_SOUNDS) | {self.sounds: block}
        )


def _report(
    benchmark: AscBenchmark, task: Task, made: Learned, ears: FrontEnd, engine: Netlist,
    command: str,
) -> Report:
    """Return the report of a test."""
    sounds = _SOUNDS[benchmark.sounds]
    network, best = made.network, best_of(made.tried)
    right = made.run.predictions == task.y_test
    design = serial_design(network)
    cycles = int(simulate(network, made.counts[:1], design=design).cycles[0])
    ear_cycles = round(ears.cycles_per_second * sounds.seconds)
    figures = _figures(benchmark, ears, right=right, cycles=cycles, ear_cycles=ear_cycles)
    named = {one.name: one.value for one in figures}
    what = f"{task.name}, a rehearsal" if benchmark.rehearsal else "asc"
    whole_set = benchmark.rehearsal or (len(task.x_train), len(task.x_test)) == COUNTS
    rows = [
        _row(
            f"Spikewright, {' and '.join(str(one.neurons) for one in network.network.layers)} "
            "neurons (simulated, Estimate)",
            what if whole_set else f"asc, {len(task.x_train)} + {len(task.x_test)} samples of it",
            named["accuracy_integer"], named["front_end_ms"], named["front_end_mj"],
            named["inference_ms"], named["inference_mj"],
        ),
        *(_row(f"{name} (published)", "asc", right_share, None, None, time, energy)
          for name, right_share, time, energy in PUBLISHED),
    ]
    seconds = f"{sounds.seconds:g} s"
    return Report(
        name=benchmark.name,
        title="NeuroBench ASC: acoustic scenes",
        summary=(
            ("A rehearsal: these are not the benchmark's sounds. " if benchmark.rehearsal else "")
            + f"{int(right.sum())} of {len(right)} right in integers. Nothing is measured: times "
            f"are simulated cycles at {benchmark.clock_hz / 1e6:g} MHz, energies an Estimate, both "
            f"for {seconds} of sound; {ears.cycles_per_second / 1e6:.3g} MHz keep up with it. "
            f"Front end on iCE40: {ears.netlist.counts.lut} LUTs, {ears.netlist.counts.ff} "
            f"flip-flops, {ears.netlist.counts.bram} block RAMs, {ears.netlist.counts.dsp} DSP. "
            f"{_fitting(ears, engine)}"
        ),
        figures=figures,
        rows=tuple(rows),
        made={
            **made_by(command),
            "network": network.network.digest().hex(),
            "front end": network.coding.describe(),
            "training part": f"{len(task.x_train)} sounds, {sounds.copies} altered copies of each",
            "neurons of a band": str(best.detectors),
            "readout": f"logistic regression, strength {best.strength:g}",
            "chosen by": f"{FOLDS} folds of the training part; {100 * mean(best.right):.1f} % of "
            "them are right",
            "seed": str(benchmark.seed),
            "engine": str(design),
            "power": "Estimate (simulated system); the systems' boundaries differ: of the Arduino "
            "it is the whole board, of Xylo the chip alone, here the core of the FPGA",
        },
    )


def _fitting(ears: FrontEnd, engine: Netlist) -> str:
    """Return whether front end and network fit the part together, by their synthesis."""
    room = board_named(BOARD).device.room["lut"]
    both = ears.netlist.counts.lut + engine.counts.lut
    fit = "fit" if both <= room else "do not fit"
    return (
        f"The network's engine takes {engine.counts.lut} LUTs, so the two {fit} on UP5K, which has "
        f"{room}."
    )


def _figures(
    benchmark: AscBenchmark, ears: FrontEnd, *, right: np.ndarray, cycles: int, ear_cycles: int
) -> tuple[Figure, ...]:
    """Return the figures, those of the front end apart from those of the inference."""
    clock = benchmark.clock_hz * 1e-3
    bank = Simulated("filter_bank", "its pace, which is proved: a channel takes 10 cycles")
    engine = Simulated("event", "Amaranth's simulator, the first sound of the test part")
    counts = ears.netlist.counts
    made = Computed(f"synthesis by {ears.netlist.tool} for iCE40, not placed")
    return (
        Figure("accuracy_integer", 100 * float(right.mean()), "%",
               Computed(f"integer reference, {len(right)} sounds of the test part")),
        Figure("front_end_cycles", ear_cycles, "cycles", bank),
        Figure("front_end_ms", ear_cycles / clock, "ms", bank),
        Figure("front_end_mj", energy_mj(ear_cycles), "mJ", estimated()),
        Figure("inference_cycles", cycles, "cycles", engine),
        Figure("inference_ms", cycles / clock, "ms", engine),
        Figure("inference_mj", energy_mj(cycles), "mJ", estimated()),
        *(Figure(f"front_end_{name}", getattr(counts, name), "1", made)
          for name in ("lut", "ff", "bram", "dsp")),
    )


def _row(
    system: str, sounds: str, accuracy: float, front_end_ms: float | None,
    front_end_mj: float | None, inference_ms: float, inference_mj: float,
) -> dict[str, Any]:
    return {
        "system": system, "sounds": sounds, "accuracy": accuracy, "front_end_ms": front_end_ms,
        "front_end_mj": front_end_mj, "inference_ms": inference_ms, "inference_mj": inference_mj,
    }


def _cells(row: dict[str, Any]) -> Sequence[str]:
    """Return the cells of a row."""
    return [
        "not published" if value is None else value if isinstance(value, str) else f"{value:.4g}"
        for value in row.values()
    ]
