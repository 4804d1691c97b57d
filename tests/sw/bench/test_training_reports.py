"""The report that holds every table of the training's bench that was run."""

import pytest

from spikewright.bench.training_reports import all_tables, write_table
from spikewright.errors import ReportError
from spikewright.record.figure import Computed, Figure
from spikewright.record.report import Report
from spikewright.record.store import read_report


def table(name: str, accuracy: float, **others) -> Report:
    return Report(
        name=name, title=name,
        figures=(Figure("accuracy_float_0", accuracy, "%", Computed("made up")),),
        rows=({"name": "lif", "kind": "", "accuracy_float": accuracy, "said": "so", **others},),
        made={"command": f"make {name}", "seed": "0"},
    )


def test_each_table_that_is_written_is_in_the_report_of_all(tmp_path):
    write_table(table("training_cells", 90.0, seconds=2.5), tmp_path)
    write_table(table("training_speed", 80.0), tmp_path)
    path = write_table(table("training_cells", 95.0), tmp_path)
    assert path == tmp_path / "training_cells" / "report.json"
    whole = read_report(tmp_path / "training")
    assert whole.summary == "Tables that were run: cells, speed."
    assert whole.made == {"cells": "make training_cells", "speed": "make training_speed"}
    assert [(one.name, one.value) for one in whole.figures] == [
        ("cells_accuracy_float_0", 95.0), ("speed_accuracy_float_0", 80.0)
    ]
    assert whole.rows[0] == {
        "table": "cells", "row": "lif", "accuracy_float": 95.0, "accuracy_integer": None,
        "seconds": None, "said": "so",
    }


def test_a_damaged_report_is_left_out(tmp_path):
    write_table(table("training_cells", 90.0), tmp_path)
    (tmp_path / "training_cells" / "report.json").write_text("{")
    with pytest.raises(ReportError):
        read_report(tmp_path / "training_cells")
    assert all_tables(tmp_path).rows == ()
