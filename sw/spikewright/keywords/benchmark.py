"""``spikewright neurobench keyword-fscil``: words learned from a few recordings, in sessions.

All accuracies are those of the integer reference, which a virtual board is held to; nothing is
measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any, ClassVar

import numpy as np

from spikewright_hw.checks import flag, optional, pathlike, settle, whole
from spikewright_hw.engine.design import EventDesign

from ..coding.coding import encode
from ..job.board_figures import BoardAnswers, ask_virtual_board, spread_evenly
from ..job.progress import JobProgress
from ..job.training import train
from ..network.reference import run as run_reference
from ..network.training_config import TrainingConfig, training_config
from ..quantized.spw import write
from ..record.algorithm import measure
from ..record.algorithm_figures import algorithm_figures
from ..record.benchmark import Benchmark, Outcome, made_by
from ..record.figure import Computed, Figure, Simulated
from ..record.raw_log import write_log
from ..record.report import Report
from ..task.task import Task
from .few_shot import FewShot, few_shot_digits
from .learned import Learned, learned
from .mswc import few_shot_mswc
from .page import PAGE, blocks_of, lines_of
from .prototypes import Features, features_of

__all__ = ["KeywordBenchmark"]

_HIDDEN = "128@0,2,4"
#: The engine: a host stores the weights, so that new words need no new bitstream.
_DESIGN = EventDesign(weights="loaded")
#: Recordings whose operations are counted.
_COUNTED = 100


@dataclass(frozen=True, kw_only=True)
class KeywordBenchmark(Benchmark):
    """Words that are learned in sessions, and tested after each with all words so far.

    The network after the last session is written beside the report, ``keywords.spw``, and
    ``answers.npz``: the labels and the answers of each repeat after each session.

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

    page: ClassVar[Path] = PAGE

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

    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        """Learn the words in sessions, and test them in integers and on a virtual board."""
        words = (few_shot_digits if self.rehearsal else few_shot_mswc)(self.folder)
        with JobProgress() as progress:
            with progress.part("Training on the base words"):
                config = _config(words.base, epochs=self.epochs)
                trained = train(words.base, config, seed=self.seed, build=build)
            with progress.part("Sessions"):
                features = Features(features_of(trained, words.base.x_train), words.base.y_train)
                runs = [
                    learned(trained, features, words, shots=self.shots, seed=seed)
                    for seed in range(self.repeats)
                ]
            figures: tuple[Figure, ...] = ()
            if self.on_board:
                with progress.part("Virtual board"):
                    figures = _board_figures(runs[0], count=self.on_board, build=build)
        report = _report(self, words, runs, figures, command)
        write(folder / "keywords.spw", runs[0][-1].network)
        write_log(folder / "answers.npz", {
            f"{repeat}_{session}_{what}": array.astype(np.uint8)
            for repeat, states in enumerate(runs) for session, one in enumerate(states)
            for what, array in (("labels", one.labels), ("answers", one.answers))
        })
        lines = lines_of(report)
        return Outcome(report=report, lines=lines, blocks=blocks_of(report, lines))


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
    asked = [_asked(state, count=count, build=build) for state in states]
    cycles = [one for each in asked for one in each.answers.cycles.tolist()]
    last = asked[-1].answers
    by = Computed(f"virtual board against the integer reference, {len(cycles)} recordings")
    simulated = Simulated("board top with the event engine, weights loaded", last.simulator)
    clock_mhz = last.clock_hz / 1e6
    return (
        Figure("on_board", len(cycles), "1", by),
        Figure("compared", sum(sum(one.compared.values()) for one in asked), "1", by),
        Figure("mismatches", 0, "1", by),
        Figure("cycles_mean", mean(cycles), "cycles", simulated, {"max": max(cycles)}),
        Figure("latency_us", mean(cycles) / clock_mhz, "µs", simulated, {"clock_mhz": clock_mhz}),
    )


def _asked(state: Learned, *, count: int, build: Path) -> BoardAnswers:
    """Ask a virtual board recordings after a session, evenly spread."""
    chosen = state.recordings[spread_evenly(count, len(state.recordings))]
    inputs = encode(chosen, state.network.coding)
    return ask_virtual_board(state.network, inputs, design=_DESIGN, build=build)


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
            **made_by(command), "network": f"{_HIDDEN}-{rows[-1]['words']}",
            "repeats": f"{len(runs)}, each with its own order of sessions and recordings shown",
            "shots": str(benchmark.shots), "seed": str(benchmark.seed),
        },
    )
