"""The digits, the main job: its network on a virtual board, each sample in the log."""

from dataclasses import replace
from typing import Any

import numpy as np

from ...coding.coding import encode
from ...device.answers import Answers
from ...device.boards import open_board
from ...errors import DeviceError
from ...gateware.bitstream import Bitstream, build_bitstream
from ...gateware.design import run_reference
from ...job.observations import make_report
from ...job.training import train
from ...network.reference import Run
from ...record.report import Report
from ...record.store import write_report
from ...record.table import print_table
from ...task.known import load_task
from ...task.task import Task as Data
from ..task import Said, Task, Trial

__all__ = ["DIGITS"]

#: Figures that are claimed; the last ones are of the bitstream, which the quick form has not.
_CLAIMED = (
    "accuracy_device", "cycles_mean", "cycles_max", "latency_us", "synops_per_inference",
    "footprint_bytes", "connection_sparsity", "activation_sparsity", "dense_operations",
    "effective_macs", "effective_acs", "membrane_updates", "fmax_mhz", "lut", "ff", "bram",
)
_QUICK = 20


def _run(trial: Trial) -> Report:
    """Run the network on the test part; what is trained and built is found by the next trial."""
    task = load_task("digits")
    network = train(task, seed=0, build=trial.build)
    spikes = encode(task.x_test[: _QUICK if trial.quick else None], network.coding)
    bitstream: Bitstream | None = None
    if not trial.quick:
        bitstream = build_bitstream(network, build=trial.build)
    with open_board(network, build=trial.build) as board:
        answers = board.infer_all(spikes)
    expected = run_reference(network, spikes, hidden_membranes=True)
    report = make_report(
        answers, expected, task=task, network=network, bitstream=bitstream,
        command="spikewright run --seeds 0" + f" --samples {_QUICK} --no-bitstream" * trial.quick,
    )
    if wrong := report["mismatches"].value:
        raise DeviceError(
            f"{wrong} of {report['compared'].value} values differ between the board and the "
            "reference; see `spikewright run`"
        )
    report = replace(report, rows=_rows(answers, expected, task), sections=())
    trial.console.print(report.summary, markup=False, highlight=False, soft_wrap=True)
    print_table(report, console=trial.console)
    write_report(report, trial.folder)
    return report


def _rows(answers: Answers, expected: Run, task: Data) -> tuple[dict[str, Any], ...]:
    """Return a row for each sample: what was asked, what the board answered, and counted."""
    columns = {
        "target": task.y_test[: len(answers.inferences)], "answer": answers.predictions,
        "reference": expected.predictions, "cycles": answers.cycles,
        "input_events": answers.input_events, "synops": answers.synops,
    }
    return tuple(
        {"sample": at} | dict(zip(columns, map(int, values), strict=True))
        for at, values in enumerate(zip(*map(np.asarray, columns.values()), strict=True))
    )


def _system(report: Report) -> dict[str, Any]:
    """Return the groups of a record of the system track: those of the run."""
    return {name: report.system[name] for name in ("identity", "power", "phases")}


DIGITS = Task(
    name="run", title="Digits, the main job", track="system",
    run=_run, system=_system, quick="the first 20 samples, no bitstream",
    results=lambda report: tuple(one for one in report.figures if one.name in _CLAIMED),
    said=Said(
        architecture="The network of the main job on the event engine of the default board "
        "(README): trained, quantised, its gateware compiled into a virtual board, and its "
        "bitstream placed and routed; the quick form has no bitstream. The digits are no benchmark "
        "of NeuroBench's; the record has its form, and its metrics.",
        algorithm="A spiking network of integers, trained with a surrogate gradient, then on the "
        "integer grid; the highest output is the class.",
        workflow=(
            "host: picture", "host: coded into spikes", "board: input in on-chip memory",
            "engine: steps of the network", "engine: highest output",
        ),
        measurement="Simulated: cycles are those that the gateware counts, in simulation, from the "
        "start of the scan to the result, over the board's clock; every spike, membrane and answer "
        "is compared with the integer reference. Sizes and the highest clock are post-route. "
        "Nothing is measured. The five trials ask the same system, and nothing in it is drawn.",
        included=("the engine's cycles, its choice of a class among them",
                  "all of the board's gateware, in sizes"),
        omitted=("the coding on the host", "the serial port", "power of any part"),
    ),
)
