"""Keywords in sessions: five trials, each with a network of its own training."""

from ...keywords.benchmark import KeywordBenchmark
from ...keywords.mswc import MSWC
from ...record.benchmark import run_benchmark
from ...record.report import Report
from ...task.fsdd import FSDD
from ..task import Said, Task, Trial
from .data import check_there

__all__ = ["KEYWORD_FSCIL"]

#: Figures that are claimed.
_CLAIMED = (
    "accuracy_base", "accuracy_last", "accuracy_average", "footprint_bytes",
    "connection_sparsity", "activation_sparsity", "dense_operations", "effective_macs",
    "effective_acs", "membrane_updates",
)


def _run(trial: Trial) -> Report:
    """Train from the trial's own seed; a board is asked in the first trial alone."""
    benchmark = KeywordBenchmark(
        rehearsal=trial.rehearsal, seed=trial.number,
        on_board=0 if trial.quick or trial.number else 20,
    )
    if trial.quick:
        benchmark = KeywordBenchmark(
            rehearsal=trial.rehearsal, seed=trial.number, epochs=2, repeats=2, on_board=0
        )
    return run_benchmark(
        benchmark, directory=trial.folder, build=trial.build, console=trial.console,
        command="spikewright neurobench keyword-fscil" + " --rehearsal" * trial.rehearsal
        + f" --seed {trial.number} --on-board {benchmark.on_board}"
        + " --epochs 2 --repeats 2" * trial.quick,
    )


KEYWORD_FSCIL = Task(
    name="keyword-fscil", title="Keyword few-shot class-incremental learning", track="algorithm",
    run=_run, quick="2 epochs, 2 repeats, no virtual board", rehearsal="spoken digits",
    data=lambda rehearsal: check_there(FSDD if rehearsal else MSWC),
    results=lambda report: tuple(report[name] for name in _CLAIMED),
    said=Said(
        architecture="One network in integers (docs/keyword_fscil.md): 128 neurons that hear "
        "energies in bands at three delays, and a readout with a column of 128 weights for each "
        "word. The figures are by its integer reference, which a virtual board, that is sent the "
        "weights of each session, equals in recordings of the first trial (not in the quick form).",
        algorithm="Trained on the base words alone, in each trial from a seed of its own. A new "
        "word is a prototype: the mean of how often the neurons spike in five recordings, less "
        "that of the base words, in the measure of how recordings of one word differ, as weights "
        "of 8 bits.",
        workflow=(
            "host: energies of 16 bands in 32 frames", "graded inputs of 4 bits",
            "network: 32 steps", "readout: product with each word's prototype",
            "host: the word with the largest",
        ),
        measurement="Computed: accuracies and operations by the integer reference, mean of the "
        "repeats, each with an order of sessions and recordings of its own. Nothing is measured; "
        "there is no power or time in this track.",
        included=("all weights, biases, and states of neurons, in bits, after the last session",
                  "all synaptic operations of a recording"),
        omitted=("the energies in bands, which the host computes",
                 "what the host computes to make a prototype", "operations within neurons"),
    ),
)
