"""Primate reaching: five trials, each with networks of its own training."""

from ...reaching.benchmark import PrimateReachingBenchmark
from ...reaching.recording import RECORDINGS, recording_files
from ...record.benchmark import run_benchmark
from ...record.report import Report
from ..task import Said, Task, Trial
from .data import check_there

__all__ = ["PRIMATE_REACHING"]

#: Figures that are claimed; the last one is a bound.
_CLAIMED = (
    "r2", "footprint_bytes", "connection_sparsity", "activation_sparsity", "dense_operations",
    "effective_macs", "effective_acs", "membrane_updates", "worst_cycles", "worst_ms",
)


def _run(trial: Trial) -> Report:
    """Train from the trial's own seed; a board is asked in the first trial alone."""
    benchmark = PrimateReachingBenchmark(
        synthetic=trial.rehearsal, seeds=(trial.number,), epochs=1 if trial.quick else 30,
        on_board=0 if trial.quick or trial.number else 100,
    )
    return run_benchmark(
        benchmark, directory=trial.folder, build=trial.build, console=trial.console,
        command="spikewright neurobench primate-reaching" + " --synthetic" * trial.rehearsal
        + f" --seeds {trial.number} --on-board {benchmark.on_board}" + " --epochs 1" * trial.quick,
    )


def _check_data(rehearsal: bool) -> None:
    if not rehearsal:
        check_there(*map(recording_files, RECORDINGS))


PRIMATE_REACHING = Task(
    name="primate-reaching", title="Non-human primate motor prediction", track="algorithm",
    run=_run, quick="one epoch, no virtual board",
    rehearsal="made recordings, of which no animal's are", data=_check_data,
    results=lambda report: tuple(report[name] for name in _CLAIMED),
    said=Said(
        architecture="One network in integers, 96-50-2 or 192-50-2, weights of 6 bits "
        "(docs/primate_reaching.md), on the event engine for an iCE40 UP5K, in which ten hidden "
        "neurons take turns. The figures are by its integer reference, which a virtual board "
        "equals in 100 bins of the first trial (not in the quick form).",
        algorithm="Leaky integrate-and-fire neurons hear the last 32 bins anew in each bin; two "
        "leaky membranes are the velocity. Trained with surrogate gradients on the first half of "
        "the reaches, in each trial from a seed of its own.",
        workflow=(
            "host: spikes of each channel in bins of 4 ms", "host: the last 32 bins",
            "network: 32 steps, from rest", "host: two membranes are the velocity",
        ),
        measurement="Computed: R² over all bins of the test part and operations by the integer "
        "reference; the time of a bin is a bound of the engine's cycles, over an assumed clock of "
        "18 MHz. Nothing is measured; there is no power in this track.",
        included=("all weights, biases, and states of neurons, in bits",
                  "all synaptic operations of a bin, those of the 31 bins before it among them"),
        omitted=("the binning of spikes on the host, and the bins that it keeps",
                 "the serial port", "power of any part", "operations within neurons"),
    ),
)
