"""Acoustic scenes: five trials, each with a network of its own training."""

from typing import Any

from ...record.benchmark import run_benchmark
from ...record.report import Report
from ...scenes.benchmark import AscBenchmark
from ...task.known import SOURCES
from ..task import Said, Task, Trial
from .data import check_there

__all__ = ["ASC"]

#: Figures that are claimed: the front end apart from the inference, as the rules have it.
_CLAIMED = (
    "accuracy_integer", "front_end_cycles", "front_end_ms", "front_end_mj", "inference_cycles",
    "inference_ms", "inference_mj", "front_end_lut", "front_end_ff", "front_end_bram",
    "front_end_dsp",
)
_REHEARSAL, _QUICK = "fsdd", 12


def _run(trial: Trial) -> Report:
    """Learn with copies of the trial's own seed, if there are any, and hear the test part."""
    benchmark = AscBenchmark(
        rehearsal=_REHEARSAL if trial.rehearsal else None, seed=trial.number,
        per_class=_QUICK if trial.quick else None,
    )
    return run_benchmark(
        benchmark, directory=trial.folder, build=trial.build, console=trial.console,
        command=f"spikewright neurobench asc --seed {trial.number}"
        + f" --rehearsal {_REHEARSAL}" * trial.rehearsal + f" --per-class {_QUICK}" * trial.quick,
    )


def _check_data(rehearsal: bool) -> None:
    check_there(SOURCES[_REHEARSAL if rehearsal else "asc"])


def _system(report: Report) -> dict[str, Any]:
    """Return the groups of a record of the system track."""
    own = report.rows[0]
    return {
        "identity": {
            "system": "filter bank and event engine, apart",
            "part": "none: synthesised for an iCE40 UP5K, and not placed",
            "virtual": True, "engine": report.made["engine"],
            "task": f"acoustic scene classification, {own['sounds']}",
            "algorithm": report.made["front end"] + ", spiking network with delays",
            "network": report.made["network"],
        },
        "power": {
            "method": "estimate", "instrument": None, "tap": None, "sampling_rate_hz": None,
            "window_s": None, "idle": "none: the energies are dynamic ones",
        },
        "phases": {
            "pre_processing": "the filter bank, from the first sample of a second to its last "
            "count; within the sound's own time",
            "inference": "the engine, from the last count to the result, batch size 1",
            "classification": "in the inference: the engine compares the outputs",
        },
    }


ASC = Task(
    name="asc", title="Acoustic scene classification", track="system",
    run=_run, system=_system, quick="12 training sounds of each class",
    rehearsal="spoken digits", data=_check_data,
    results=lambda report: tuple(one for one in report.figures if one.name in _CLAIMED),
    said=Said(
        architecture="Two parts, which are simulated and synthesised apart (docs/asc.md): the core "
        "filter_bank, by which sound becomes counts of spikes, and the event engine. "
        "No board has both; accuracy is that of the integer references, to "
        "which the gateware is held by simulation and proofs.",
        algorithm="Resonators, logarithms and integrate-and-fire neurons on whole numbers; behind "
        "them a few neurons for each band, which spike at a count above a level, or above that of "
        "some steps before, and a readout that adds up, weights of 8 bits, learned by logistic "
        "regression. Which neurons and how strong a regression is chosen by folds of the training "
        "part. Nothing is drawn but altered copies of sounds; there are none here, so five trials "
        "are equal.",
        workflow=(
            "host: sound at 8 kHz", "filter bank: a step's counts of spikes",
            "engine: all steps of a second", "engine: highest output",
        ),
        measurement="Simulated: cycles over an assumed clock; those of the front end by its proved "
        "pace, those of an inference of the first sound of the test part. Energies are an "
        "Estimate: cycles times the energy of a cycle of a busy processor on the same part, as "
        "others measured it. Nothing is measured.",
        included=("the cycles of the filter bank and of the engine, apart",
                  "the dynamic energy of the FPGA's core, as an Estimate"),
        omitted=("the microphone, its converter, and resampling to 8 kHz", "static power",
                 "input and output pins, memory outside of the FPGA, the host"),
    ),
)
