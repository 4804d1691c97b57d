"""Measured power takes the place of the estimate, and the record says how it was measured."""

from dataclasses import replace

import pytest

from spikewright.device.power import Power
from spikewright.errors import ReportError
from spikewright.job.measured_power import with_power
from spikewright.record.check import report_faults
from spikewright.record.report import Report
from spikewright.record.store import write_report

from ..device.test_power import made
from ..record.test_check import undrawn_report
from ..record.test_run_record import VIRTUAL, synthetic

REAL = undrawn_report(synthetic(board=replace(VIRTUAL, virtual=False, simulator="")))


def measured(trials=5) -> Power:
    power = made(dynamic=2_000)
    return replace(
        power, latency_us=REAL["latency_us"].value,
        trials=tuple(
            replace(
                power.trials[1], inferences=10_000_000, idle=replace(power.trials[1].idle, mw=90.0)
            )
            for _ in range(trials)
        ),
    )


def test_a_measured_run_is_a_sound_record(tmp_path):
    report = with_power(REAL, measured())
    write_report(report, tmp_path)
    assert report_faults(tmp_path) == []
    energy = report["energy_per_inference_uj"]
    assert energy.provenance.kind == "measured" and energy.detail["trials"] == 5
    assert energy.detail["standard_uncertainty"] > 0
    assert not any(figure.estimated for figure in report.figures)
    assert report.system["power"]["method"] == "instrument"
    assert report.system["replication"]["trials"] == list(measured().energies_uj)


def test_too_few_trials_are_found_by_the_check(tmp_path):
    write_report(with_power(REAL, measured(trials=3)), tmp_path)
    assert report_faults(tmp_path) == ["replication has 3 trials of 5: an incomplete measurement"]


@pytest.mark.parametrize(
    ("report", "power", "said"),
    [
        (Report(name="trial", title="t"), measured(), "the report trial is of no run; power is"),
        (undrawn_report(synthetic()), measured(), "the run was on a virtual board, which has no"),
        (REAL, replace(measured(), latency_us=1.0), "the power is of inferences of 1 µs, and the"),
    ],
)
def test_power_of_something_else(report, power, said):
    with pytest.raises(ReportError, match=f"^{said}"):
        with_power(report, power)
