"""Where a stored report is: by its name, or by its path."""

import re

import pytest

from spikewright import cli
from spikewright.errors import ReportError
from spikewright.record.report import Report
from spikewright.record.store import write_report
from spikewright.record.stored import report_path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a stored report, and another report beside the stored ones."""
    monkeypatch.chdir(tmp_path)
    for place in ("build/reports/trial", "elsewhere"):
        write_report(Report(name="trial", title="A trial"), tmp_path / place)
    return tmp_path


def test_a_report_is_found_by_its_name_and_by_its_path(folder):
    assert report_path("trial").as_posix() == "build/reports/trial"
    assert report_path("elsewhere").as_posix() == "elsewhere"
    assert report_path("build/reports/trial/report.json").name == "report.json"
    (folder / "trial").mkdir()  # the name of a stored report comes first
    assert report_path("trial").as_posix() == "build/reports/trial"


def test_a_report_that_there_is_not(folder):
    said = "there is no report 'nosuch' in build/reports, and no such file; there are trial"
    with pytest.raises(ReportError, match=f"^{re.escape(said)}$"):
        report_path("nosuch")
    with pytest.raises(ReportError, match=r"and no such file; there are none yet$"):
        report_path("nosuch", "elsewhere")


def test_a_stored_report_is_checked_by_its_name(folder, capsys):
    assert cli.main(["report", "check", "trial", "elsewhere"]) == 0
    assert capsys.readouterr().out == (
        "build/reports/trial: nothing is wrong\nelsewhere: nothing is wrong\n"
    )
    assert cli.main(["report", "check", "nosuch"]) == 1
    assert "there is no report 'nosuch' in build/reports" in capsys.readouterr().err
