"""Reports side by side, and reports that are kept when another takes their place."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from spikewright.errors import ReportError
from spikewright.record.comparison import compare_reports, comparison
from spikewright.record.report import Report
from spikewright.record.store import keep_another, read_report, write_report

from .test_check import undrawn_report
from .test_run_record import VIRTUAL, synthetic

ONE = undrawn_report(synthetic())
OTHER = undrawn_report(replace(
    synthetic(wrong=20), digest="ab" * 32,
    board=replace(VIRTUAL, name="iCEBreaker", device="iCE40 UP5K", clock_mhz=24.0),
))


def test_a_row_for_each_figure_a_column_for_each_report():
    made = comparison({"run": ONE, "other": OTHER})
    rows = {row["figure"]: row for row in made.rows}
    assert list(made.rows[0]) == ["figure", "unit", "run", "other"]
    assert rows["accuracy_device"]["run"] == "97.78 (computed)"
    assert rows["clock_mhz"]["other"] == "24 (computed)"
    assert rows["energy_per_inference_uj"]["run"].startswith("≈ ")
    assert rows["energy_per_inference_uj"]["run"].endswith("(estimated)")
    assert set(rows) == {figure.name for one in (ONE, OTHER) for figure in one.figures}
    drawn = {picture.name: picture for picture in made.sections[0].pictures}
    assert "latency_us" in drawn
    assert "fmax_mhz" in drawn and "run" in drawn["latency_us"].svg


def test_what_a_report_lacks_is_a_dash():
    short = replace(OTHER, figures=OTHER.figures[:1])
    rows = {row["figure"]: row for row in comparison({"a": ONE, "b": short}).rows}
    assert rows["latency_us"]["b"] == "–"


def test_stored_reports_are_compared_and_the_page_is_written(tmp_path):
    write_report(ONE, tmp_path / "run")
    write_report(OTHER, tmp_path / "else" / "where")
    stream = StringIO()
    compare_reports(
        ["run", tmp_path / "else" / "where"], directory=tmp_path, console=Console(file=stream)
    )
    assert "latency_us" in stream.getvalue()
    (page,) = tmp_path.glob("comparison-run-*/report.html")
    assert "<svg" in page.read_text()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["run"], "a comparison needs two reports, at least"),
        (["run", "run"], "the report run is named twice; name each once"),
        (["run", "gone"], r"there is no report 'gone' in .*, and no such file; there are run"),
    ],
)
def test_what_cannot_be_compared(tmp_path, names, said):
    write_report(ONE, tmp_path / "run")
    with pytest.raises(ReportError, match=f"^{said}"):
        compare_reports(names, directory=tmp_path)


def test_the_report_of_another_network_is_kept(tmp_path):
    folder = tmp_path / "run"
    assert keep_another(ONE, folder) is None
    write_report(ONE, folder)
    assert keep_another(replace(ONE, title="again"), folder) is None
    kept = keep_another(OTHER, folder)
    assert kept is not None and kept == tmp_path / "run-5f0c5f0c-ulx3s" and not folder.exists()
    assert read_report(kept).made == ONE.made
    write_report(ONE, folder)  # and an earlier one of the same network makes room for a later
    assert keep_another(OTHER, folder) == kept


def test_a_report_that_is_no_run_is_not_moved(tmp_path):
    write_report(Report(name="run", title="no run"), tmp_path / "run")
    assert keep_another(ONE, tmp_path / "run") is None
