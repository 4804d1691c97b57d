"""``spikewright neurobench keyword-fscil``: words learned from a few recordings, in sessions.

All accuracies are those of the integer reference, which a virtual board is held to; nothing is
measured.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from rich.console import Console

from spikewright_hw.checks import flag, instance, optional, pathlike, settle, whole
from spikewright_hw.engine.design import EventDesign

from .. import terminal
from ..coding.coding import encode
from ..device.boards import open_board
from ..errors import DataError, DeviceError
from ..job.board_figures import spread_evenly
from ..job.compare import compare
from ..job.progress import JobProgress
from ..job.training import train
from ..machine import processor
from ..network.reference import run as run_reference
from ..network.training_config import TrainingConfig, training_config
from ..quantized.spw import write
from ..record.algorithm import measure
from ..record.algorithm_figures import algorithm_figures
from ..record.figure import Computed, Figure, Simulated
from ..record.report import Report
from ..record.store import REPORTS, write_report
from ..task.task import Task
from .few_shot import FewShot, few_shot_digits
from .learned import Learned, learned
from .mswc import few_shot_mswc
from .page import PAGE, lines_of, write_page
from .prototypes import Features, features_of

__all__ = ["KeywordBenchmark", "neurobench_keyword_fscil"]

_HIDDEN = "128@0,2,4"
#: The engine: a host stores the weights, so that new words need no new bitstream.
_DESIGN = EventDesign(weights="loaded")
#: Recordings whose operations are counted.
_COUNTED = 100


@dataclass(frozen=True, kw_only=True)
class KeywordBenchmark:
    """Which words are learned, and how.

    Parameters
    ----------
    rehearsal : bool
        Whether they are spoken digits, in the place of the benchmark's words.
    folder : str or Path, optional
        Of the recordings, or the one above it; that in ``SPIKEWRIGHT_DATA`` unless given.
    shots : int
        Recordings of each new word that are shown.
    repeats : int
        Runs through all sessions, each with an order and recordings of its own.
    epochs : int
        In real numbers, of the training on the base words.
    seed : int
        Of the training.
    on_board : int
        Recordings of each session that a virtual board is asked; 0: none. Compiling it takes a
        minute or two.
    """

    rehearsal: bool = False
    folder: str | Path | None = None
    shots: int = 5
    repeats: int = 10
    epochs: int = 30
    seed: int = 0
    on_board: int = 20

    def __post_init__(self):
        settle(
            self, rehearsal=flag, folder=optional(pathlike), shots=whole(1), repeats=whole(1),
            epochs=whole(1), seed=whole(0), on_board=whole(0),
        )

    @property
    def name(self) -> str:
        """Name of the report."""
        return "keyword-fscil-rehearsal" if self.rehearsal else "keyword-fscil"


def neurobench_keyword_fscil(
    benchmark: KeywordBenchmark | None = None, *,
    command: str = "spikewright neurobench keyword-fscil",
    directory: str | Path | None = None, pages: bool = False, root: Path = Path(),
    build: str | Path = "build", console: Console | None = None,
) -> Report:
    """Learn words in sessions, test all words so far after each in integers, write the report.

    The network after the last session is written beside the report, ``keywords.spw``.

    Parameters
    ----------
    benchmark : KeywordBenchmark, optional
    command : str
        What the report says to repeat it.
    directory : str or Path, optional
        Where the report goes; ``build/reports``, and the benchmark's name, unless given.
    pages : bool
        Whether the tables of ``docs/keyword_fscil.md`` in the checkout ``root`` are written, too.
    root : Path
        The checkout.
    build : str or Path
        Where what was made before is kept.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        The recordings are not there or malformed, a word has fewer than are shown, or there is no
        page to write.
    DeviceError
        A value of the virtual board differs from the reference.
    ToolError, BuildError, StorageError
        The board cannot be compiled, or a file cannot be written.
    """
    benchmark = KeywordBenchmark() if benchmark is None else benchmark
    instance(KeywordBenchmark)("benchmark", benchmark)
    console = terminal.console() if console is None else console
    if pages and not (root / PAGE).is_file():
        raise DataError(f"there is no page {root / PAGE}; run this in the checkout")
    build = Path(build)
    words = (few_shot_digits if benchmark.rehearsal else few_shot_mswc)(benchmark.folder)
    with JobProgress() as progress:
        with progress.part("Training on the base words"):
            config = _config(words.base, epochs=benchmark.epochs)
            trained = train(words.base, config, seed=benchmark.seed, build=build)
        with progress.part("Sessions"):
            features = Features(features_of(trained, words.base.x_train), words.base.y_train)
            runs = [
                learned(trained, features, words, shots=benchmark.shots, seed=seed)
                for seed in range(benchmark.repeats)
            ]
        figures: tuple[Figure, ...] = ()
        if benchmark.on_board:
            with progress.part("Virtual board"):
                figures = _board_figures(runs[0], count=benchmark.on_board, build=build)
    report = _report(benchmark, words, runs, figures, command)
    lines = lines_of(report)
    for line in (*lines, "", report.summary):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    folder = REPORTS / report.name if directory is None else Path(directory)
    write(folder / "keywords.spw", runs[0][-1].network)
    write_report(report, folder)
    if pages:
        write_page(report, lines, root / PAGE)
    return report


def _config(task: Task, *, epochs: int) -> TrainingConfig:
    """Return how the base words are learned: leaky neurons, and a readout that adds up."""
    config = training_config(
        task, network=f"{_HIDDEN}-{task.classes}", coding="direct", steps=task.shape[0],
        epochs=epochs, learning_rate=0.01, parameters={"decay": 0.75}, weight_bits=6,
        membrane="Q12.4", bias=True,
    )
    model = replace(config.model, readout_parameters={"decay": 1.0})
    return replace(config, model=model, spike_cost=0.0)


def _board_figures(
    states: Sequence[Learned], *, count: int, build: Path
) -> tuple[Figure, ...]:
    """Ask a virtual board, which is sent the weights of each session; compare every value."""
    compared, cycles, clock_hz, simulator = 0, [], 1.0, ""
    for state in states:
        chosen = state.recordings[spread_evenly(count, len(state.recordings))]
        inputs = encode(chosen, state.network.coding)
        with open_board(state.network, design=_DESIGN, build=build) as board:
            answers = board.infer_all(inputs)
        found = compare(answers, run_reference(state.network.network, inputs))
        if not found.equal:
            raise DeviceError(
                f"the virtual board differs from the reference after the session {state.name}: "
                f"{found.mismatches}; please report it"
            )
        compared += sum(found.compared.values())
        cycles += answers.cycles.tolist()
        clock_hz, simulator = answers.clock_hz, answers.simulator
    by = Computed(f"virtual board against the integer reference, {len(cycles)} recordings")
    simulated = Simulated("board top with the event engine, weights loaded", simulator)
    return (
        Figure("on_board", len(cycles), "1", by), Figure("compared", compared, "1", by),
        Figure("mismatches", 0, "1", by),
        Figure("cycles_mean", mean(cycles), "cycles", simulated, {"max": max(cycles)}),
        Figure("latency_us", 1e6 * mean(cycles) / clock_hz, "µs", simulated,
               {"clock_mhz": clock_hz / 1e6}),
    )


def _need_figures(state: Learned) -> list[Figure]:
    """Return the metrics of the algorithm track, after the last session."""
    chosen = state.recordings[spread_evenly(_COUNTED, len(state.recordings))]
    inputs = encode(chosen, state.network.coding)
    run = run_reference(state.network.network, inputs)
    found = measure(
        state.network.network, inputs, run.traced_spikes,
        membranes=[layer.membranes for layer in run.layers],
    )
    return algorithm_figures(found, f"one recording, mean over {len(chosen)}, after all sessions")


def _row(states: Sequence[Learned], number: int, base: int) -> dict[str, Any]:
    """Return what the repeats have of a session."""
    each = [state.accuracy for state in states]
    new = [state.of_new for state in states]
    return {
        "session": number, "words": int(states[0].labels.max()) + 1, "base": base,
        "asked": len(states[0].labels), "accuracy": mean(each), "lowest": min(each),
        "highest": max(each), "new": mean(new), "repeats": each,
        "order": [state.name for state in states],
    }


def _report(
    benchmark: KeywordBenchmark, words: FewShot, runs: Sequence[Sequence[Learned]],
    figures: Sequence[Figure], command: str,
) -> Report:
    """Return the report: a row for each session, means over the repeats."""
    rows = [
        _row(states, number, words.base.classes)
        for number, states in enumerate(zip(*runs, strict=True))
    ]
    by = Computed(f"integer reference, mean of {len(runs)} repeats")
    average = mean(row["accuracy"] for row in rows)
    named = {one.name: one.value for one in figures}
    rehearsal = (
        "A rehearsal on spoken digits: these are not the benchmark's words. "
        if benchmark.rehearsal else ""
    )
    board = "No board was asked."
    if figures:
        board = (
            f"A virtual board, which was sent the weights of each session, answered "
            f"{named['on_board']} recordings, in which {named['mismatches']} of "
            f"{named['compared']:,} values differ from the reference, in "
            f"{named['cycles_mean']:,.0f} cycles each: simulated."
        )
    return Report(
        name=benchmark.name,
        title="NeuroBench keywords, few shots, classes added"
        + (": a rehearsal" if benchmark.rehearsal else ""),
        summary=(
            f"{rehearsal}{rows[0]['accuracy']:.2f} % of the base words, "
            f"{rows[-1]['accuracy']:.2f} % of all {rows[-1]['words']} words after the last "
            f"session, {average:.2f} % on average over {len(rows)} sessions, of {benchmark.shots} "
            f"recordings of each new word, in integers. {board} Nothing is measured."
        ),
        figures=(
            Figure("accuracy_base", rows[0]["accuracy"], "%", by),
            Figure("accuracy_last", rows[-1]["accuracy"], "%", by),
            Figure("accuracy_average", average, "%", by),
            *_need_figures(runs[0][-1]), *figures,
        ),
        rows=tuple(rows),
        made={
            "command": command, "date": time.strftime("%Y-%m-%d"), "processor": processor(),
            "numpy": np.__version__, "network": f"{_HIDDEN}-{rows[-1]['words']}",
            "repeats": f"{len(runs)}, each with its own order of sessions and recordings shown",
            "shots": str(benchmark.shots), "seed": str(benchmark.seed),
        },
    )
