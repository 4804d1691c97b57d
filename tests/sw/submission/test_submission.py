"""Submissions: what is written, and what an auditor says where something is wrong."""

import hashlib
import json
import re
import shutil
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from spikewright.errors import DataError, ReportError
from spikewright.qubo.benchmark import QuboBenchmark
from spikewright.record.check import report_faults
from spikewright.record.system_record import Submitter
from spikewright.submission.audit import QUICK, check_submission, submission_faults
from spikewright.submission.submit import submit
from spikewright.submission.tasks import known
from spikewright.submission.tasks import qubo as qubo_task
from spikewright.submission.tasks.known import TASKS


def small(quick):
    return QuboBenchmark(nodes=(10, 25), densities=(0.1, 0.25), runs=1, timeout_s=1e-4)


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("submission") / "qubo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qubo_task, "_benchmark", small)
        submit(
            "qubo", place, quick=True, submitter=Submitter(organisation="Nobody"), console=quiet()
        )
    return place


@pytest.fixture
def folder(sound, tmp_path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "qubo"))


def quiet() -> Console:
    return Console(file=StringIO(), width=200)


def listed(folder: Path) -> dict:
    return json.loads((folder / "submission.json").read_text())


def relist(folder: Path, data: dict) -> None:
    """Write the list, with the hashes that the files have now."""
    data["files"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in data["files"]
    }
    (folder / "submission.json").write_text(json.dumps(data))


def changed(folder: Path, name: str, change) -> None:
    """Change a JSON file, and its hash in the list."""
    data = json.loads((folder / name).read_text())
    change(data)
    (folder / name).write_text(json.dumps(data))
    relist(folder, listed(folder))


def test_a_submission_is_sound(folder):
    assert submission_faults(folder) == [QUICK] and report_faults(folder) == []
    record = json.loads((folder / "report.json").read_text())
    assert record["system"]["identity"]["organisation"] == "Nobody"
    assert record["system"]["identity"]["virtual"] is True
    assert all(figure["provenance"] == "simulated" for figure in record["figures"])
    page = (folder / "report.md").read_text()
    assert "**Simulated, nothing measured.**" in page and "flowchart LR" in page
    seeds = [json.loads((folder / f"trials/{n}/report.json").read_text())["made"][
        "seeds of the runs"] for n in range(5)]
    assert seeds == ["0", "1", "2", "3", "4"]
    assert "trial 3, begun" in (folder / "trials" / "3" / "log.txt").read_text()


def test_a_submission_is_repeated(folder, monkeypatch):
    monkeypatch.setattr(qubo_task, "_benchmark", small)
    out = StringIO()
    with pytest.raises(ReportError):  # it is a quick one
        check_submission(folder, repeat=True, console=Console(file=out, width=200))
    assert re.search(r"cost_mean: (-[\d.]+) repeated, \1 claimed, 0\.00 % apart", out.getvalue())
    monkeypatch.setattr(qubo_task, "_benchmark", lambda quick: QuboBenchmark(
        nodes=(10,), densities=(0.1,), runs=1, timeout_s=1e-4
    ))
    with pytest.raises(ReportError, match=r"qubo is no sound submission; what is wrong stands "):
        check_submission(folder, repeat=True, console=Console(file=out, width=200))
    assert "cost_mean: repeated it is -7.2, more than 5 % from the claim" in out.getvalue()


def test_a_part_of_the_workloads_is_told(folder):
    data = listed(folder)
    data |= {"quick": False, "command": data["command"].removesuffix(" --quick")}
    relist(folder, data)
    first, *trials = submission_faults(folder)
    assert first.startswith("report.json: summary is 'Simulated, nothing measured. Means over")
    assert trials[-1] == (
        "trials/4: its 20 rows are others than the 140 workloads of up to 1,000 vertices"
    )


FIRST = "n 10, density 0.1, seed 0"


def vertices(row, others):
    row["vertices"] = others


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("trials/2/report.json", lambda data: data["rows"][0].update(cost=-20),
         "trials/2: n 10, density 0.1, seed 0: cost is -20, outside of -7 to -7"),
        ("trials/2/report.json", lambda data: vertices(data["rows"][0], [1, 1]),
         f"trials/2: {FIRST}: vertices has one that is there twice, or that the graph has not"),
        ("trials/2/report.json", lambda data: vertices(data["rows"][0], [0, 10]),
         f"trials/2: {FIRST}: vertices has one that is there twice, or that the graph has not"),
        ("trials/2/report.json", lambda data: vertices(data["rows"][0], list(range(10))),
         "trials/2: n 10, density 0.1, seed 0: best_cost is -7, and that of its vertices is 30"),
        ("trials/2/report.json", lambda data: data["rows"][0].update(seconds_to_gap_0=0),
         "trials/2: n 10, density 0.1, seed 0: seconds_to_gap_0 is 0; nothing is found at once"),
        ("trials/2/report.json", lambda data: data.pop("rows"),
         "trials/2/report.json: rows is missing"),
        ("trials/2/report.json", lambda data: data.update(rows=[], columns=[]),
         "trials/2/report.json has other rows than a trial of qubo: StatisticsError("),
        ("trials/2/report.json", lambda data: data["rows"][0].update(target=-6),
         f"trials/2: {FIRST}: target and best_known are -6 and -7, and those of the "),
        ("trials/2/report.json", lambda data: data["rows"][0].update(seed=7),
         "trials/2: n 10, density 0.1, seed 7: target and best_known are -7 and -7, and it has "),
        ("trials/2/report.json", lambda data: data.update(title="The best of all"),
         "trials/2/report.json: title is 'The best of all', and must be 'NeuroBench QUBO: "),
        ("trials/2/report.json", lambda data: data.update(
            summary=data["summary"].replace("on 20 of 20", "on 21 of 20")),
         "trials/2/report.json: summary is 'Simulated, nothing measured: "),
        ("report.json", lambda data: data.update(title="NeuroBench, first prize"),
         "report.json: title is 'NeuroBench, first prize', and must be 'NeuroBench, system "),
        ("report.json", lambda data: data.update(summary="Measured."),
         "report.json: summary is 'Measured.', and must be 'Simulated, nothing measured. Means "),
        ("report.json", lambda data: data["rows"][3].update(cost_mean=-30),
         "report.json has other rows than the trials that submission.json has"),
        ("report.json", lambda data: data["figures"][0].update(value=-30),
         "cost_mean is -30 in report.json and "),
        ("report.json", lambda data: data.update(figures=data["figures"][1:]),
         "report.json has no figure cost_mean, which submission.json claims"),
        ("report.json", lambda data: data["figures"][0]["detail"].update(trials=[-30]),
         "the trials of cost_mean are others in report.json than in submission.json"),
        ("report.json", lambda data: data.pop("figures"), "report.json: figures is missing"),
        ("report.json", lambda data: data["figures"][0].update(value="x" * 5000),
         "report.json: figure cost_mean.value: 'xxx"),
        ("report.json", lambda data: data.pop("system"),
         "report.json has no group system, which the system track asks for"),
        ("report.json", lambda data: data["figures"][0].update(
            provenance="measured",
            source={"instrument": "none", "tap": "board", "sampling_rate_hz": 10}),
         "cost_mean is said to be measured, and the submission simulated"),
        ("report.json", lambda data: data["figures"][0].update(
            provenance="measured",
            source={"instrument": "none", "tap": "board", "sampling_rate_hz": 10}),
         "report.json: cost_mean is said to be measured, without an instrument"),
    ],
)
def test_what_cannot_be_is_told(folder, name, change, said):
    changed(folder, name, change)
    faults = submission_faults(folder)
    assert any(fault.startswith(said) for fault in faults), faults


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data["results"]["cost_mean"].update(reported=-16),
         "cost_mean is -16, more than 5 % from the mean of its trials, "),
        (lambda data: data["results"]["cost_mean"].update(trials=[-9.0] * 4),
         "cost_mean has 4 trials of 5: an incomplete measurement"),
        (lambda data: data.update(command="rm -r ."),
         "command is 'rm -r .'; that of such a submission is 'spikewright neurobench submit qubo "),
        (lambda data: data["files"].pop("trials/1/log.txt"),
         "submission.json does not list trials/1/log.txt"),
        (lambda data: data.update(task="chess"),
         "submission.json: task: 'chess' is not one of ['qubo', 'asc', 'mackey-glass', "),
        (lambda data: data.update(track="algorithm"),
         "track is algorithm; qubo is of the system track"),
        (lambda data: data.pop("results"),
         "submission.json: $: 'results' is a required property"),
    ],
)
def test_a_list_that_claims_more_is_told(folder, change, said):
    data = listed(folder)
    change(data)
    (folder / "submission.json").write_text(json.dumps(data))
    faults = submission_faults(folder)
    assert any(fault.startswith(said) for fault in faults), faults


@pytest.mark.parametrize(("value", "word"), [
    (float("nan"), "NaN"), (float("inf"), "Infinity"), (10**400, "10000000000000000..."),
])
def test_a_claim_that_is_no_number_is_refused(folder, value, word):
    """Comparisons with NaN are false: it would have been within every bound."""
    data = listed(folder)
    data["results"]["cost_mean"]["trials"][0] = value
    relist(folder, data)
    file = folder / "submission.json"
    said = f"{file} is no JSON: {word} is no number; submit again"
    with pytest.raises(ReportError, match=f"^{re.escape(said)}$"):
        submission_faults(folder)


def test_a_figure_that_is_not_of_the_trials_is_told(folder):
    data = listed(folder)
    trials = data["results"]["cost_mean"]["trials"]
    data["results"]["cost_mean"]["trials"] = [one * 1.001 for one in trials]
    relist(folder, data)
    page, rows, told, first = submission_faults(folder)[:4]
    assert page == "report.md shows cost_mean other than submission.json claims it, or not at all"
    assert rows == "report.json has other rows than the trials that submission.json has"
    assert told == "the trials of cost_mean are others in report.json than in submission.json"
    assert first.startswith(f"trials/0: cost_mean is {trials[0]:.9g}, and ")


def test_files_are_held_to_their_hashes(folder):
    (folder / "report.md").write_text("other")
    (folder / "trials" / "4" / "log.txt").unlink()
    (folder / "more.txt").write_text("")
    assert submission_faults(folder)[:-1] == [
        "report.md is another file than the one that was submitted: its hash differs",
        "trials/4/log.txt is missing",
        "more.txt is there, and submission.json does not list it",
    ]
    (folder / "more.txt").unlink()
    data = listed(folder)
    data["files"]["../other"] = "0" * 64
    (folder / "submission.json").write_text(json.dumps(data))
    assert submission_faults(folder)[-2] == "../other lies outside of the submission"


def test_a_report_without_a_section_is_told(folder):
    text = (folder / "report.md").read_text()
    (folder / "report.md").write_text(
        text.replace("## Boundary", "## Parts").replace("Simulated, nothing measured", "Fast")
    )
    relist(folder, listed(folder))
    assert submission_faults(folder)[:-1] == [
        "report.md has no section Boundary", "report.md does not say that its values are simulated"
    ]


@pytest.mark.parametrize("place", ["", "trials/3/"])
def test_a_page_that_shows_something_else_is_told(place, folder):
    page = folder / f"{place}report.html"
    text = page.read_text()
    wanted = (
        f"{place}report.html is another page than the report.json beside it gives: it was altered, "
        "or drawn by another version of this program"
    )
    for old, new in (("<h1>", "<h1>Measured: "), ("</body>", "<p>7 mW</p></body>")):
        other = text.replace(old, new)
        assert other != text
        page.write_text(other)
        relist(folder, listed(folder))
        assert submission_faults(folder)[:-1] == [wanted]
    data = listed(folder)
    page.unlink()
    del data["files"][f"{place}report.html"]
    relist(folder, data)
    assert submission_faults(folder) == [QUICK]  # nobody has to write one


def test_no_submission_is_told(tmp_path):
    with pytest.raises(ReportError, match=r"submission\.json is missing; name the folder of a "):
        submission_faults(tmp_path)
    (tmp_path / "submission.json").write_text("{")
    with pytest.raises(ReportError, match=r"submission\.json is no JSON: .*; submit again$"):
        submission_faults(tmp_path)


def test_a_folder_that_is_in_use_is_refused(tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(DataError, match=r"is not empty; move it away, or name another one by "):
        submit("qubo", tmp_path)
    with pytest.raises(DataError, match=r"mine is no folder; name another one by folder=$"):
        submit("qubo", tmp_path / "mine")
    said = (
        "^task is 'chess'; there are qubo, asc, mackey-glass, primate-reaching, keyword-fscil, "
        "detection, cart-pole, run$"
    )
    with pytest.raises(ValueError, match=said):
        submit("chess", tmp_path / "other")
    assert [*tmp_path.iterdir()] == [tmp_path / "mine"]


def test_what_ends_early_leaves_no_folder(tmp_path, monkeypatch):
    def failing(trial):
        if trial.number:
            raise DataError("the third vertex is lost")
        return run(trial)

    run = TASKS["qubo"].run
    monkeypatch.setattr(qubo_task, "_benchmark", small)
    monkeypatch.setitem(known.TASKS, "qubo", replace(TASKS["qubo"], run=failing))
    with pytest.raises(DataError, match=r"^the third vertex is lost$"):
        submit("qubo", tmp_path / "mine", console=quiet())
    assert [*tmp_path.iterdir()] == []
