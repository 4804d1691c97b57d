"""Reports are held to their schema, and to what cannot be."""

import json
import re
from dataclasses import replace
from io import StringIO

import jsonschema
import pytest
from rich.console import Console

from spikewright.errors import ReportError
from spikewright.record import run_page
from spikewright.record.check import check_reports, report_faults, schema
from spikewright.record.report import Report
from spikewright.record.run_report import report
from spikewright.record.store import write_report
from spikewright.record.system_record import Submitter

from .test_run_record import synthetic


def undrawn_report(record, submitter=None):
    """Make a report without its pictures, which take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_page, "sections", lambda record: ())
        return report(record, submitter)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The JSON of a run on a virtual board."""
    folder = tmp_path_factory.mktemp("sound")
    record = replace(synthetic(), link_bytes=120, commit="1f" * 20)
    made = undrawn_report(replace(record, board=replace(record.board, baud=1_000_000)))
    return json.loads(write_report(made, folder).read_text())


def faults(data, folder):
    file = folder / "report.json"
    file.write_text(json.dumps(data))
    return report_faults(file)


def changed(data, path, value):
    """Return a copy with another value at a path; a figure is found by its name."""
    copy = json.loads(json.dumps(data))
    place, *rest = path
    at = copy
    if place in (names := [one["name"] for one in copy["figures"]]):
        at = copy["figures"][names.index(place)]
        place, *rest = rest
    for step in rest:
        at, place = at[place], step
    if value is None:
        del at[place]
    else:
        at[place] = value
    return copy


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_a_run_is_sound(sound, tmp_path):
    assert faults(sound, tmp_path) == []
    assert {"throughput_per_s", "link_us"} <= {one["name"] for one in sound["figures"]}


@pytest.mark.parametrize("name", [
    "mismatches", "compared", "cycles_mean", "cycles_max", "clock_mhz", "throughput_per_s",
])
def test_a_run_without_one_of_its_figures_is_not_sound(sound, tmp_path, name):
    copy = {**sound, "figures": [one for one in sound["figures"] if one["name"] != name]}
    assert f"figure {name} is missing; each run on a board has it" in faults(copy, tmp_path)


def test_a_run_without_its_record_is_not_sound(sound, tmp_path):
    copy = {name: value for name, value in sound.items() if name != "system"}
    assert "system is missing; its figures are of a run on a board" in faults(copy, tmp_path)


def test_a_report_that_is_no_run_is_sound(tmp_path):
    write_report(Report(name="trial", title="t", rows=({"x": 1},)), tmp_path)
    assert report_faults(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("system", "identity", "network"), None, "system.identity.network is missing"),
        (("system", "boundary", "omitted"), None, "system.boundary.omitted is missing"),
        (("system", "identity", "availability"), "soon", "system.identity.availability: 'soon' is"),
        (("latency_us", "unit"), None, "figure latency_us.unit is missing"),
        (("latency_us", "provenance"), "guessed", "figure latency_us.provenance: 'guessed' is not"),
        (("latency_us", "source"), {"rtl": "top"}, "figure latency_us.source.simulator is missing"),
        (("schema",), 3, "schema: 3 is not one of [1, 2]"),
    ],
)
def test_what_the_schema_refuses(sound, tmp_path, path, value, said):
    found = faults(changed(sound, path, value), tmp_path)
    assert len(found) == 1 and found[0].startswith(said)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("accuracy_device", "value"), 101.0, "accuracy_device is 101 %; an accuracy is 0 to 100"),
        (("accuracy_device", "detail", "right"), 9, "accuracy_device is 97.7778 %, and 9 of 360"),
        (("accuracy_device", "detail", "low"), 99, "accuracy_device is 97.7778, outside its own"),
        (("mismatches", "value"), 1, "1 of 298080 values differ from the reference; it is no"),
        (("cycles_max", "value"), 1, r"cycles_mean is .*, above cycles_max, 1"),
        (("clock_mhz", "value"), 500, "clock_mhz is 500, above fmax_mhz"),
        (("latency_us", "value"), 1e-3, "latency_us is 0.001; .* cycles at 50 MHz are something"),
        (("throughput_per_s", "value"), 1e9, r"throughput_per_s is 1e\+09, above 1 / latency, "),
        (("energy_static_uj", "value"), 9, "energy_per_inference_uj is .*, and its two parts are"),
        (("energy_per_inference_uj", "value"), 50, r"energy_.* is 50: over .* mW, and LFE5U-25F"),
        (("fmax_mhz", "name"), "lut", "figure lut occurs 2 times"),
        (("system", "power", "method"), "none", "energy_per_inference_uj is there, and power.meth"),
        (("system", "power", "instrument"), "meter", "power.instrument is 'meter', and the method"),
        (("system", "power", "method"), "instrument", "power.instrument is empty, and the method"),
        (("system", "replication", "trials"), [99], "latency_us is .*, more than 5 % from the"),
        (("system", "replication", "figure"), "x", "replication.figure is x, and there is no such"),
        (("system", "replication", "deterministic"), False, "replication has 1 trials of 5: an"),
    ],
)
def test_what_cannot_be(sound, tmp_path, path, value, said):
    found = faults(changed(sound, path, value), tmp_path)
    assert any(re.match(said, one) for one in found), found


MEASURED = {"instrument": "INA226", "tap": "core rail", "sampling_rate_hz": 100.0}


def measured(sound, **power):
    """Return a run of a real board whose energy was measured."""
    real = changed(sound, ("system", "identity", "virtual"), False)
    real = changed(real, ("energy_per_inference_uj", "provenance"), "measured")
    real = changed(real, ("energy_per_inference_uj", "source"), MEASURED)
    real["system"]["power"] |= {"method": "instrument", "window_s": 10.0, **MEASURED, **power}
    real["system"]["replication"]["trials"] *= 5
    return real


def test_a_measurement_is_sound(sound, tmp_path):
    assert faults(measured(sound), tmp_path) == []


@pytest.mark.parametrize(
    ("power", "said"),
    [
        ({"window_s": 2.0}, "power.window_s is 2; it must be 10 or more"),
        ({"window_s": None}, "power.window_s is empty, and the method is an instrument"),
        ({"method": "estimate", "instrument": None},
         "energy_per_inference_uj is said to be measured, and power.method is estimate"),
    ],
)
def test_a_measurement_that_is_none(sound, tmp_path, power, said):
    assert said in faults(measured(sound, **power), tmp_path)


def test_a_measurement_needs_trials_and_a_real_board(sound, tmp_path):
    few = measured(sound)
    few["system"]["replication"]["trials"] = few["system"]["replication"]["trials"][:4]
    assert faults(few, tmp_path) == ["replication has 4 trials of 5: an incomplete measurement"]
    virtual = changed(measured(sound), ("system", "identity", "virtual"), True)
    assert faults(virtual, tmp_path) == [
        "energy_per_inference_uj is said to be measured, and the board is virtual"
    ]


def test_the_command_says_what_is_wrong_and_fails(sound, tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(sound))
    bad.write_text(json.dumps(changed(sound, ("cycles_max", "value"), 1)))
    stream = StringIO()
    with pytest.raises(ReportError, match=r"^1 of 2 reports is not sound; what is wrong stands ab"):
        check_reports([good, bad], console=Console(file=stream))
    assert stream.getvalue().startswith(f"{good}: nothing is wrong\n{bad}: cycles_mean is ")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "there is no report at "), ("{", r".*report\.json is no report: Expecting property"),
     ("NaN", r".*is no report: NaN is no number; write it again")],
)
def test_files_that_are_no_reports(tmp_path, content, said):
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    with pytest.raises(ReportError, match=f"^{said}"):
        report_faults(tmp_path / "report.json")
    with pytest.raises(ReportError, match=r"^nothing is checked; name reports, by"):
        check_reports([])


def test_each_part_that_is_missing_is_named(tmp_path):
    (tmp_path / "report.json").write_text("{}")
    assert report_faults(tmp_path) == [f"{name} is missing" for name in schema()["required"]]


def test_who_submits(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    made = undrawn_report(
        synthetic(), Submitter(organisation="A lab", configuration="Efficiency")
    )
    identity = made.system["identity"]
    assert (identity["organisation"], identity["configuration"]) == ("A lab", "Efficiency")
    assert identity["date"] == "1970-01-02" and identity["virtual"] is True
    with pytest.raises(ValueError, match="availability is 'soon'; there are Available, Preview"):
        Submitter(availability="soon")
