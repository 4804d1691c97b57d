"""Mackey-Glass: nothing is drawn, so five trials are equal."""

from ...forecast.benchmark import MackeyGlassBenchmark
from ...record.benchmark import run_benchmark
from ...record.report import Report
from ..task import Said, Task, Trial

__all__ = ["MACKEY_GLASS"]


def _run(trial: Trial) -> Report:
    """Run the benchmark; nothing is drawn, and the board is asked in the first trial alone."""
    benchmark = MackeyGlassBenchmark(on_board=100 if trial.number == 0 else 0)
    if trial.quick:
        benchmark = MackeyGlassBenchmark(taus=(17,), repeats=3, on_board=0)
    return run_benchmark(
        benchmark, directory=trial.folder, build=trial.build, console=trial.console,
        command=f"spikewright neurobench mackey-glass --on-board {benchmark.on_board}"
        + " --tau 17 --repeats 3" * trial.quick,
    )


#: Figures of a forecast that are claimed.
_CLAIMED = (
    "smape", "footprint_bytes", "connection_sparsity", "activation_sparsity", "dense_operations",
    "effective_macs", "effective_acs",
)

MACKEY_GLASS = Task(
    name="mackey-glass", title="Chaotic function prediction, Mackey-Glass", track="algorithm",
    run=_run, quick="tau 17 alone, 3 repeats, no virtual board",
    results=lambda report: tuple(report[name] for name in _CLAIMED),
    said=Said(
        architecture="One network in integers: seven values as graded inputs, 448 spiking neurons "
        "that share 128 weights of 8 bits, one readout with 448 (docs/mackey_glass.md). It runs "
        "on the event engine; the figures are by its integer reference, which a virtual board "
        "equals in 100 forecasts of the first trial (not in the quick form).",
        algorithm="Spikes are the binary digits of the values; the readout's weights are the "
        "slopes of straight pieces, learned by ridge regression on the 750 values of a repeat "
        "and rounded to 8 bits.",
        workflow=(
            "host: last values as whole numbers of 14 bits", "graded inputs, first step",
            "population: digits as spikes, 8 steps", "readout: sum of slopes",
            "host: answer is the newest value",
        ),
        measurement="Computed and simulated: scores and operations by the integer reference, "
        "cycles by a virtual board. Nothing is measured; there is no power or time in this track.",
        included=("all weights, and states of neurons, in bits", "all synaptic operations"),
        omitted=("the host's rounding and the scale of an answer", "operations within neurons"),
    ),
)
