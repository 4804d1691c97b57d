"""``spikewright neurobench primate-reaching``: a hand's velocity from spikes of motor cortex.

The score is that of the integer reference, which a virtual board is held to; sizes and energies are
an estimate: nothing is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any, ClassVar

import numpy as np

from spikewright_hw.checks import (
    each_once,
    flag,
    one_of,
    optional,
    pathlike,
    real,
    settle,
    whole,
)

from ..errors import DataError
from ..gateware.design import run_reference
from ..job.board_figures import bitstream_figures, board_figures, spread_evenly
from ..job.progress import JobProgress
from ..job.training import train
from ..quantized.network import QuantizedNetwork
from ..quantized.spw import write
from ..record.algorithm import AlgorithmMetrics, measure
from ..record.algorithm_figures import algorithm_figures
from ..record.benchmark import Benchmark, Outcome, made_by
from ..record.figure import Computed, Figure
from ..record.raw_log import write_log
from ..record.report import Report
from ..task.metrics import explained_each
from ..task.task import Task
from .decoder import (
    BINS,
    BOARD,
    DESIGN,
    HIDDEN,
    decoded,
    decoder_config,
    decoder_task,
    heard_before,
)
from .page import PAGE, blocks_of, lines_of, summary_of
from .recording import BIN_MS, RECORDINGS, Recording, read_recording
from .synthetic import Synthetic, kalman_decoded, synthetic_recording

__all__ = ["PrimateReachingBenchmark"]

#: Bins of the test part whose operations are counted.
_COUNTED = 2000
#: Bins after which more of them tell nothing.
_WITHOUT_END = 1000


@dataclass(frozen=True, kw_only=True)
class PrimateReachingBenchmark(Benchmark):
    """Decoders of a hand's velocity: which recordings are decoded, and by which networks.

    The first network is written beside the report, ``decoder.spw``, and ``decoded.npz``: of each
    recording and seed the velocities of the test part, and those that were decoded.

    Parameters
    ----------
    synthetic : bool
        Whether recordings are made, one for each seed, in the place of the benchmark's.
    recordings : sequence of str, optional
        Of the benchmark's; all six unless given.
    folder : str or Path, optional
        Of the benchmark's files, or the one above it; that in ``SPIKEWRIGHT_DATA`` unless given.
    train_share : float
        Of the reaches that are trained on; half of the others are the test part.
    seeds : sequence of int
        Of the trainings, and of made recordings.
    epochs : int
        In real numbers.
    on_board : int
        Bins that a virtual board decodes; 0: none. Compiling it takes a minute.
    place : bool
        Whether its bitstream is built: minutes, the first time.
    """

    page: ClassVar[Path] = PAGE

    synthetic: bool = False
    recordings: Sequence[str] | None = None
    folder: str | Path | None = None
    train_share: float = 0.5
    seeds: Sequence[int] = (0, 1, 2, 3, 4)
    epochs: int = 30
    on_board: int = 100
    place: bool = False

    def __post_init__(self):
        settle(
            self, synthetic=flag, folder=optional(pathlike), train_share=real(0, 1),
            seeds=each_once(0), epochs=whole(1), on_board=whole(0), place=flag,
        )
        if not 0 < self.train_share < 1:
            raise ValueError(f"train_share is {self.train_share:g}; it must lie between 0 and 1")
        named = self.recordings
        if named is not None:
            for number, name in enumerate(named):
                one_of(tuple(RECORDINGS))(f"recordings[{number}]", name)
            if not named or len(set(named)) < len(named):
                raise ValueError(
                    f"recordings is {list(named)}; name each once, and at least one"
                )
        if self.synthetic and (named is not None or self.folder is not None):
            raise ValueError(
                "synthetic is True, and recordings or folder name files; leave one of the two out"
            )

    @property
    def name(self) -> str:
        """Name of the report."""
        return "primate-reaching-synthetic" if self.synthetic else "primate-reaching"

    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        """Train the decoders, and test them in integers and on a virtual board."""
        recordings = _recordings(self)
        tested = len(recordings[0][0].parts(self.train_share)[2])
        if self.on_board > tested:
            raise DataError(
                f"{self.on_board} bins are asked of the board, and {recordings[0][0].name} has "
                f"{tested} in its test part; ask for no more"
            )
        with JobProgress() as progress:
            decoders = []
            for recording, seed, made in recordings:
                with progress.part(f"{recording.name}, seed {seed}"):
                    decoders.append(_decoder(self, recording, seed, made, build=build))
            first = decoders[0]
            figures = *_need_figures(first), *_bound_figures(first.network)
            if self.on_board:
                with progress.part("iCEBreaker, virtual") as tell:
                    figures += board_figures(
                        first.network, _asked(first, self.on_board), board=BOARD, design=DESIGN,
                        what="bins", build=build, tell=tell,
                    )
            if self.place:
                with progress.part("Bitstream for iCEBreaker") as tell:
                    figures += bitstream_figures(
                        first.network, board=BOARD, design=DESIGN, build=build, tell=tell
                    )
        report = _report(self, decoders, figures, command)
        write(folder / "decoder.spw", first.network)
        write_log(folder / "decoded.npz", {
            f"{one.recording.name}_{one.seed}_{what}": array for one in decoders
            for what, array in (("true", one.recording.velocity[one.test]), ("found", one.found))
        })
        lines = lines_of(report)
        return Outcome(report=report, lines=lines, blocks=blocks_of(report, lines))


@dataclass(frozen=True, eq=False)
class _Decoder:
    """A network of a seed, and how well it decodes the test part of a recording."""

    seed: int
    recording: Recording
    task: Task
    network: QuantizedNetwork
    test: np.ndarray
    found: np.ndarray
    made: Synthetic | None

    @cached_property
    def needs(self) -> AlgorithmMetrics:
        """What a bin takes, mean over some of the test part."""
        inputs = _asked(self, _COUNTED)
        run = run_reference(self.network, inputs)
        return measure(
            self.network.network, inputs, run.traced_spikes,
            membranes=[layer.membranes for layer in run.layers],
        )

    def row(self) -> dict[str, Any]:
        """Return the row of the report."""
        truth = self.recording.velocity[self.test]
        each = explained_each(self.found, truth)
        row = {
            "recording": self.recording.name, "seed": self.seed,
            "channels": self.recording.spikes.shape[1], "trained": len(self.task.x_train),
            "test_bins": len(self.test), "r2_x": each[0], "r2_y": each[1], "r2": mean(each),
            "network": self.network.network.digest().hex(),
            **{one.name: one.value for one in _need_figures(self)},
        }
        if self.made is not None:
            filtered = explained_each(kalman_decoded(self.made, self.test), truth)
            row |= {
                "best_linear": self.made.best_linear(_WITHOUT_END),
                "best_linear_window": self.made.best_linear(BINS), "kalman": mean(filtered),
            }
        return row


def _recordings(
    benchmark: PrimateReachingBenchmark,
) -> Sequence[tuple[Recording, int, Synthetic | None]]:
    """Return each recording with the seed of a training; those of the benchmark with all seeds."""
    if benchmark.synthetic:
        made = [(seed, synthetic_recording(seed)) for seed in benchmark.seeds]
        return [(one.recording, seed, one) for seed, one in made]
    names = benchmark.recordings or tuple(RECORDINGS)
    read = [read_recording(name, folder=benchmark.folder) for name in names]
    return [(one, seed, None) for one in read for seed in benchmark.seeds]


def _decoder(
    benchmark: PrimateReachingBenchmark, recording: Recording, seed: int,
    made: Synthetic | None, *, build: Path,
) -> _Decoder:
    """Train a network on the training part, and let it decode every bin of the test part."""
    task = decoder_task(recording, share=benchmark.train_share)
    network = train(task, decoder_config(task, epochs=benchmark.epochs), seed=seed, build=build)
    test = recording.parts(benchmark.train_share)[2]
    found = decoded(network, recording, test)
    return _Decoder(seed, recording, task, network, test, found, made)


def _bound_figures(network: QuantizedNetwork) -> tuple[Figure, ...]:
    """Return what no bin takes more than."""
    cycles, clock_mhz = DESIGN.worst_cycles(network.network), BOARD.clock_hz / 1e6
    bounded = Computed("the engine's worst case, which no inference exceeds")
    return (
        Figure("worst_cycles", cycles, "cycles", bounded),
        Figure("worst_ms", cycles / clock_mhz / 1000, "ms", bounded, {"clock_mhz": clock_mhz}),
    )


def _need_figures(one: _Decoder) -> tuple[Figure, ...]:
    """Return the metrics of the algorithm track."""
    return tuple(algorithm_figures(
        one.needs, f"one bin, mean over {_COUNTED:,} of {one.recording.name} at most"
    ))


def _asked(one: _Decoder, count: int) -> np.ndarray:
    """Return windows of so many bins of the test part, evenly spread."""
    return heard_before(one.recording.spikes, one.test[spread_evenly(count, len(one.test))])


def _means(rows: Sequence[dict[str, Any]]) -> tuple[Figure, ...]:
    """Return the mean R² of the networks, and of a made recording what is known."""
    by = Computed(f"mean of {len(rows)} networks, by the integer reference, over all test bins")
    each = [row["r2"] for row in rows]
    made = [Figure("r2", mean(each), "1", by, {"least": min(each), "most": max(each)})]
    for name, how in (
        ("best_linear", "from the equation of the error, of spikes without end"),
        ("best_linear_window", f"from the equation of the error, of {BINS} bins"),
        ("kalman", "the Kalman filter on the test bins"),
    ):
        if name in rows[0]:
            known = mean(row[name] for row in rows)
            made.append(Figure(f"r2_{name}", known, "1", Computed(f"best linear decoder: {how}")))
    return tuple(made)


def _report(
    benchmark: PrimateReachingBenchmark, decoders: Sequence[_Decoder],
    figures: Sequence[Figure], command: str,
) -> Report:
    """Return the report: a row for each network, and the means as figures."""
    rows = [one.row() for one in decoders]
    every = (*_means(rows), *figures)
    made = benchmark.synthetic
    return Report(
        name=benchmark.name,
        title="NeuroBench primate reaching" + (", rehearsed on made recordings" if made else ""),
        summary=summary_of(every, count=len(rows), synthetic=made),
        figures=every, rows=tuple(rows),
        made={
            **made_by(command),
            "network": f"{rows[0]['channels']}-{HIDDEN}-2, {BINS} bins of {BIN_MS} ms, from rest",
            "split": f"{benchmark.train_share:g} of the reaches are trained on, and the later half "
            "of the others is the test part",
            "board": f"iCEBreaker at {BOARD.clock_hz / 1e6:g} MHz, {DESIGN}",
        },
    )
