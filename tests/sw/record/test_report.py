import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console

from spikewright.errors import ReportError, StorageError
from spikewright.record.figure import Coefficient, Computed, Estimated, Figure, Simulated
from spikewright.record.page import format_value, render
from spikewright.record.report import Report, Section
from spikewright.record.store import read_report, report_names, write_report
from spikewright.record.stored import show
from spikewright.record.table import print_table

CYCLES = Figure(
    "cycles_mean", 71.25, "cycles", Simulated("board top", "Verilator 5.048"), {"p50": 70}
)
ERRORS = Figure("mismatches", 0, "1", Computed("value by value"))
ENERGY = Figure(
    "energy_uj",
    0.25,
    "µJ",
    Estimated(
        "power × time",
        (Coefficient("standby", 77.0, "mA", "unverified: from memory", verified=False),),
    ),
)
REPORT = Report(
    name="trial",
    title="A trial & more",
    summary="64-10 <LIF>",
    figures=(CYCLES, ERRORS, ENERGY),
    rows=({"core": "lif", "lut": 120, "pass": True}, {"core": "sng", "lut": 31, "pass": False}),
    made={"command": "make trial", "seed": "3"},
    sections=(Section("Words", text=("One <b>paragraph</b>.",)),),
)


def printed(report):
    stream = io.StringIO()
    print_table(report, console=Console(file=stream, width=100))
    return stream.getvalue()


class Rows(HTMLParser):
    """Text of the table rows inside and outside the box of estimates."""

    def __init__(self, page):
        super().__init__()
        self.inside, self.outside, self.depth = [], [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "div":
            self.depth += self.depth > 0 or ("class", "estimates") in attrs

    def handle_endtag(self, tag):
        if tag == "div" and self.depth:
            self.depth -= 1

    def handle_data(self, data):
        (self.inside if self.depth else self.outside).append(data.strip())


def test_write_and_read(tmp_path):
    path = write_report(REPORT, tmp_path / "trial")
    assert path == tmp_path / "trial" / "report.json"
    assert sorted(file.name for file in path.parent.iterdir()) == ["report.html", "report.json"]
    again = read_report(path)
    assert again == read_report(path.parent)
    assert again.figures == REPORT.figures
    assert again.rows == REPORT.rows
    assert list(again.rows[0]) == ["core", "lut", "pass"]
    assert again.made == REPORT.made
    assert again["cycles_mean"].detail == {"p50": 70}
    with pytest.raises(KeyError):
        again["nothing"]


def test_default_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_report(REPORT)
    assert (tmp_path / "build" / "reports" / "trial" / "report.json").is_file()
    assert report_names() == ["trial"]


def test_json_is_stable_and_sorted(tmp_path):
    first = write_report(REPORT, tmp_path / "one").read_bytes()
    shuffled = Report(
        name="trial",
        title=REPORT.title,
        summary=REPORT.summary,
        figures=REPORT.figures,
        rows=REPORT.rows,
        made=dict(reversed(REPORT.made.items())),
    )
    assert write_report(shuffled, tmp_path / "two").read_bytes() == first
    data = json.loads(first)
    assert list(data) == sorted(data)
    assert [figure["name"] for figure in data["figures"]] == [
        "cycles_mean",
        "mismatches",
        "energy_uj",
    ]
    assert data["figures"][2]["provenance"] == "estimated"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rows": ({"x": float("nan")},)},
         "rows[0]['x'] is nan; a report holds texts and finite numbers"),
        ({"rows": ({"x": [1, {"y": object}]},)},
         "rows[0]['x'][1]['y'] is <class 'object'>; a report holds texts and finite numbers"),
        ({"rows": "abc"}, "rows is 'abc'; it must be a list of dicts"),
        ({"title": "\ud800"},
         "title is '\\ud800'; it holds half of a surrogate pair, which no file can hold"),
        ({"made": {"seed": 3}}, "made['seed'] is 3; it must be a text"),
    ],
)  # fmt: skip
def test_what_a_report_cannot_hold(fields, message):
    with pytest.raises(ValueError) as caught:
        Report(**{"name": "trial", "title": "t"} | fields)
    assert str(caught.value) == message


def test_numbers_of_numpy_become_plain(tmp_path):
    rows = ({"x": np.float32(1.5), "n": np.int64(2), "each": np.arange(2), "none": None},)
    report = Report(name="trial", title="t", rows=rows)
    assert report.rows == ({"x": 1.5, "n": 2, "each": [0, 1], "none": None},)
    write_report(report, tmp_path)
    assert read_report(tmp_path) == report


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "trial" / "report.json").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"report\.json cannot be written: there is a folder of"):
        write_report(REPORT, tmp_path / "trial")


def test_estimates_stand_apart_on_the_page():
    rows = Rows(render(REPORT))
    assert "energy_uj" in rows.inside and "≈ 0.25" in rows.inside
    assert "energy_uj" not in rows.outside and "0.25" not in " ".join(rows.outside)
    assert "cycles_mean" in rows.outside and "cycles_mean" not in rows.inside
    assert "unverified: from memory" in rows.inside


def test_estimates_stand_apart_in_the_terminal():
    text = printed(REPORT)
    above, below = text.split("Estimates (not measured)")
    assert "cycles_mean" in above and "71.25" in above and "simulated" in above
    assert "energy_uj" not in above
    assert re.search(r"energy_uj\W+≈ 0.25\W+µJ\W+estimated", below)
    assert "cycles_mean" not in below
    assert re.search(r"sng\W+31\W+no", below)


def test_page_escapes_what_it_is_given():
    page = render(REPORT)
    assert "64-10 &lt;LIF&gt;" in page
    assert "One &lt;b&gt;paragraph&lt;/b&gt;." in page
    assert "A trial &amp; more" in page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9999, "9999"),
        (298080, "298\N{THIN SPACE}080"),
        (97.777777, "97.78"),
        (50.0, "50"),
        (0.000123456, "0.0001235"),
        (True, "yes"),
        (None, "–"),
        ("pass", "pass"),
        ((1, "b"), "1, b"),
        ([], ""),
    ],
)
def test_values_for_people(value, text):
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../x"}, "a report's name is like ecp5-run, not '../x'"),
        ({"figures": (CYCLES, CYCLES)}, "figure cycles_mean occurs twice in report trial"),
        (
            {"rows": ({"a": 1}, {"b": 1})},
            "row 1 of report trial has the columns b; row 0 has a",
        ),
    ],
)
def test_malformed_report(change, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Report(**({"name": "trial", "title": "t"} | change))


def test_reading_what_is_not_there(tmp_path):
    with pytest.raises(ReportError, match=r"^there is no report at .*the job that writes it has"):
        read_report(tmp_path / "trial")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda text: text[: len(text) // 2],
            r"^the report .* cannot be read: .*; write it again$",
        ),
        (lambda text: text.replace('"schema": 2', '"schema": 99'), "has schema version 99"),
        (lambda text: text.replace('"method"', '"nothing"'), r"^the report .* is malformed: "),
        (
            lambda text: text.replace('"value": 71.25', '"value": null'),
            "is malformed: figure cycles",
        ),
        (lambda text: "[]", r"^the report .* is no JSON object; write it again$"),
        (lambda text: "{}", r"^the report .* has no schema; write it again$"),
    ],
)
def test_reading_a_damaged_report(tmp_path, damage, message):
    path = write_report(REPORT, tmp_path / "trial")
    text = path.read_text()
    assert damage(text) != text
    path.write_text(damage(text))
    with pytest.raises(ReportError, match=message):
        read_report(path)


def test_command_lists_and_prints(tmp_path):
    stream = io.StringIO()
    console = Console(file=stream, width=100)
    write_report(REPORT, tmp_path / "trial")
    show(directory=tmp_path, console=console)
    assert stream.getvalue() == "trial: 64-10 <LIF>\n"
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "report.json").write_text("{}")
    show(directory=tmp_path, console=console)  # one that is damaged does not hide the others
    said = r"old: the report .* has no schema.*trial: 64-10"
    assert re.search(said, stream.getvalue(), re.DOTALL)
    show("trial", directory=tmp_path, console=console)
    assert "cycles_mean" in stream.getvalue()
    assert stream.getvalue().endswith("report.html\n")


def test_command_names_what_there_is(tmp_path):
    with pytest.raises(ReportError, match=r"^there are no reports in .* yet; `make run` writes"):
        show(directory=tmp_path)
    with pytest.raises(ReportError, match=r"^there is no report 'run' in .*; there are none yet"):
        show("run", directory=tmp_path)
    write_report(REPORT, tmp_path / "trial")
    with pytest.raises(ReportError, match=r"^there is no report 'run' in .*; there are trial; "):
        show("run", directory=tmp_path)
