"""Event camera detection, rehearsed: five trials, each with scenes and a training of its own."""

from ...errors import DataError
from ...record.benchmark import run_benchmark
from ...record.report import Report
from ..task import Said, Task, Trial

__all__ = ["DETECTION"]

#: Figures that are claimed.
_CLAIMED = (
    "map", "map_half", "footprint_bytes", "connection_sparsity", "activation_sparsity",
    "dense_operations", "effective_macs", "effective_acs", "membrane_updates",
)


def _run(trial: Trial) -> Report:
    """Make scenes and train from the trial's own seed; a board is asked in the first trial."""
    from ...detection.benchmark import DetectionBenchmark  # of an extra: others do without it

    benchmark = DetectionBenchmark(seed=trial.number, on_board=0 if trial.number else 20)
    if trial.quick:
        benchmark = DetectionBenchmark(
            seed=trial.number, scenes=200, tested=50, epochs=1, on_board=0
        )
    return run_benchmark(
        benchmark, directory=trial.folder, build=trial.build, console=trial.console,
        command=f"spikewright neurobench detection --seed {trial.number} "
        f"--on-board {benchmark.on_board}" + " --scenes 200 --tested 50 --epochs 1" * trial.quick,
    )


def _check_data(rehearsal: bool) -> None:
    if not rehearsal:
        raise DataError(
            "detection is rehearsed alone: no command trains on the benchmark's recordings; give "
            "rehearsal=True for made moving shapes"
        )


DETECTION = Task(
    name="detection", title="Event camera object detection", track="algorithm",
    run=_run, quick="200 scenes, 50 tested, one epoch, no virtual board",
    rehearsal="made moving shapes", data=_check_data,
    results=lambda report: tuple(report[name] for name in _CLAIMED),
    said=Said(
        architecture="One network of convolutions in integers (docs/detection.md), which ends in "
        "a map of 4 by 4 cells, on the event engine. The figures are by its integer reference, "
        "which a virtual board equals in 20 scenes of the first trial (not in the quick form).",
        algorithm="Events are counted into four steps; of its cell the last convolution answers "
        "how sure it is of each class, and the shape's place and size. Trained by squared errors "
        "on made scenes, in each trial from a seed of its own, of scenes and of weights.",
        workflow=(
            "host: events of 40 ms into four steps", "network: convolutions, 4 steps",
            "host: boxes of the cells", "host: COCO's precision, by pycocotools",
        ),
        measurement="Computed: precision and operations by the integer reference. Nothing is "
        "measured; there is no power or time in this track.",
        included=("all weights, biases, and states of neurons, in bits",
                  "all synaptic operations of a scene"),
        omitted=("the counting of events and the making of boxes on the host",
                 "operations within neurons"),
    ),
)
