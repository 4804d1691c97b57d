"""``spikewright neurobench asc``: acoustic scenes, or a rehearsal on other sounds.

Sound becomes counts of spikes in the filter bank, and a network with delays tells what it is. All
is computed by the integer references that the gateware equals; times are clock cycles over a clock,
and energies estimates: nothing is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from spikewright_hw.audio.filter_bank import sample_cycles
from spikewright_hw.checks import one_of, optional, pathlike, real, settle, text, whole

from ..coding.filter_bank import FilterBankCoding
from ..device.simulation import simulate
from ..errors import DataError
from ..gateware.board import board_named
from ..gateware.synthesis import Netlist
from ..job.board_estimate import Samples, samples_of
from ..job.training import train
from ..network.training_config import TrainingConfig, training_config
from ..quantized.network import QuantizedNetwork
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
from .front_end import FrontEnd, energy_mj, engine_netlist, estimated, front_end, serial_design

__all__ = ["REHEARSALS", "AscBenchmark", "heard_again"]

HEADINGS = (
    "system", "sounds", "accuracy, %", "front end, ms", "front end, mJ", "inference, ms",
    "inference, mJ",
)


@dataclass(frozen=True)
class _Sounds:
    """How the sounds of a data set are heard, chosen on its training part."""

    rate: int
    seconds: float
    channels: int
    steps: int
    network: str
    epochs: int
    copies: int


#: By data set: the benchmark's own, and the rehearsals.
_SOUNDS = {
    "asc": _Sounds(RATE, 1.0, 16, 32, "64@0,1-4", 15, 0),
    "esc10": _Sounds(16_000, ESC10_BANDS.seconds, 24, 50, "64@0,1-10", 60, 6),
    "fsdd": _Sounds(FSDD_BANDS.rate, FSDD_BANDS.seconds, 16, 32, "64@0,1-10", 40, 0),
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
    network : str, optional
        Short name of the whole network.
    epochs : int, optional
        In real numbers.
    seed : int
        Of the training.
    clock_hz : float
        Clock of the front end and of the engine.
    """

    page: ClassVar[Path] = Path("docs") / "asc.md"

    rehearsal: str | None = None
    folder: str | Path | None = None
    network: str | None = None
    epochs: int | None = None
    seed: int = 0
    clock_hz: float = 12e6

    def __post_init__(self):
        settle(
            self, rehearsal=optional(one_of(REHEARSALS)), folder=optional(pathlike),
            network=optional(text), epochs=optional(whole(1)), seed=whole(0), clock_hz=real(1),
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
        """Train a network behind the filter bank, and test it in integers.

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
        heard = heard_again(task, copies=sounds.copies, seed=self.seed)
        network = train(heard, _config(heard, coding, self), seed=self.seed, build=build)
        samples = samples_of(network, task, most=len(task.x_test))
        assert samples is not None
        engine = engine_netlist(network, build=build)
        report = _report(self, task, network, ears, engine, samples, command)
        write_log(folder / "answers.npz", {
            "labels": task.y_test.astype(np.uint8),
            "answers": samples.run.predictions.astype(np.uint8),
        })
        lines = list(table(HEADINGS, (_cells(row) for row in report.rows)))
        block = "\n".join([said(report), "", *lines])
        return Outcome(
            report=report, lines=lines, blocks=dict.fromkeys(_SOUNDS) | {self.sounds: block}
        )


def heard_again(task: Task, *, copies: int, seed: int) -> Task:
    """Return a task with copies of its training sounds, each later, and louder or softer.

    What comes after the end of a sound begins it; the loudness is off by up to 1.5 octaves, and
    what is too loud then is cut.
    """
    random = np.random.default_rng(seed)
    parts = [task.x_train]
    for _ in range(copies):
        later = random.integers(0, task.shape[0], len(task.x_train))
        louder = 2 ** random.uniform(-1.5, 1.5, (len(task.x_train), 1))
        rolled = np.stack([np.roll(x, by) for x, by in zip(task.x_train, later, strict=True)])
        parts.append(np.clip(rolled * louder, task.low, task.high).astype(np.float32))
    return replace(
        task, x_train=np.concatenate(parts), y_train=np.tile(task.y_train, copies + 1)
    )


def _config(task: Task, coding: FilterBankCoding, benchmark: AscBenchmark) -> TrainingConfig:
    """Return how the network is trained."""
    sounds = _SOUNDS[benchmark.sounds]
    config = training_config(
        task, network=benchmark.network or sounds.network, coding=coding,
        epochs=benchmark.epochs or sounds.epochs, learning_rate=0.01, parameters={"decay": 0.5},
        weight_bits=6, membrane="Q14.4", bias=True,
    )
    model = replace(config.model, readout_parameters={"decay": 1.0})  # it adds up what is heard
    return replace(config, model=model, spike_cost=0.0)


def _report(
    benchmark: AscBenchmark, task: Task, network: QuantizedNetwork, ears: FrontEnd,
    engine: Netlist, samples: Samples, command: str,
) -> Report:
    """Return the report of a test."""
    sounds = _SOUNDS[benchmark.sounds]
    right = samples.run.predictions == task.y_test
    design = serial_design(network)
    cycles = int(simulate(network, samples.spikes[:1], design=design).cycles[0])
    ear_cycles = round(ears.cycles_per_second * sounds.seconds)
    figures = _figures(benchmark, ears, right=right, cycles=cycles, ear_cycles=ear_cycles)
    named = {one.name: one.value for one in figures}
    what = f"{task.name}, a rehearsal" if benchmark.rehearsal else "asc"
    whole_set = benchmark.rehearsal or (len(task.x_train), len(task.x_test)) == COUNTS
    rows = [
        _row(
            f"Spikewright, {benchmark.network or sounds.network} (simulated, Estimate)",
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
