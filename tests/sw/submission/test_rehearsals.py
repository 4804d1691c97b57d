"""Submissions of benchmarks whose data are not at hand: rehearsed, counted once more, and named."""

import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.reaching.synthetic import synthetic_recording
from spikewright.submission.audit import QUICK, REHEARSAL, submission_faults
from spikewright.submission.audits.known import AUDITS
from spikewright.submission.submit import submit

from ..task.data_files import tone, write_wave
from .test_audits import told, trial_of
from .test_submission import changed, listed, quiet, relist

NAMES = ("primate-reaching", "keyword-fscil", "detection")


@pytest.fixture(scope="module")
def small():
    """Make recordings short, and sounds of spoken digits that anybody can make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "spikewright.reaching.benchmark.synthetic_recording",
            partial(synthetic_recording, bins=4000),
        )
        yield patch


@pytest.fixture(scope="module")
def trials(small, tmp_path_factory) -> dict[str, Path]:
    """Run the first trial of each quick form."""
    sounds = tmp_path_factory.mktemp("sounds")
    for digit in range(10):
        for take in (0, 1, *range(5, 11)):
            sound = tone(rate=8000, hertz=150 * 1.35**digit + take, seconds=1)
            write_wave(sounds / f"{digit}_made_{take}.wav", sound, rate=8000)
    small.setenv("SPIKEWRIGHT_DATA", str(sounds))
    found = {}
    for name in NAMES:
        found[name] = tmp_path_factory.mktemp(name)
        trial_of(name, found[name])
    return found


def of(folder: Path) -> dict:
    return json.loads((folder / "report.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_trials_are_counted_once_more(trials, name):
    data, audit = of(trials[name]), AUDITS[name]
    assert audit.headline(data) == (data["title"], data["summary"])
    stated = {one["name"]: one["value"] for one in data["figures"]}
    for figure, value in audit.recounted(data).items():
        assert value == pytest.approx(stated[figure], rel=1e-12)
    assert [*audit.impossible(data, trials[name])] == []


@pytest.mark.parametrize(("name", "own", "rehearsed"), [
    ("primate-reaching",
     ["its recordings are synthetic-0; the benchmark has six others, or more"],
     ["synthetic-0 is not one made recording of 15,000 test bins"]),
    ("keyword-fscil",
     ["its 3 sessions, with 10 words at last, are others than the 11 of the benchmark",
      *(f"session {one}: 2 repeats of 10" for one in range(3))],
     ["its 3 sessions, with 10 words at last, are others than the 3 of the rehearsal",
      *(f"session {one}: 2 repeats of 10" for one in range(3))]),
    ("detection",
     ["it is on made moving shapes, and not on the benchmark's recordings",
      "it has 50 scenes; the rehearsal has 300, from 0 on"],
     ["it has 50 scenes; the rehearsal has 300, from 0 on"]),
])
def test_what_is_not_of_the_form_is_told(trials, name, own, rehearsed):
    data = of(trials[name])
    assert told(name, data, trials[name]) == own
    assert [*AUDITS[name].missing(data, True)] == rehearsed


def log_of(folder: Path, tmp_path: Path, name: str, change) -> Path:
    """Copy a trial, and change its raw log."""
    file = Path(shutil.copytree(folder, tmp_path / "trial")) / name
    log = dict(np.load(file))
    change(log)
    np.savez(file, **log)
    return file.parent


@pytest.mark.parametrize(("name", "log", "change", "said"), [
    ("primate-reaching", "decoded.npz", lambda log: log["synthetic-0_0_found"].__imul__(0.5),
     "synthetic-0, seed 0: r2_x is "),
    ("primate-reaching", "decoded.npz",
     lambda log: log.update({"synthetic-0_0_found": log["synthetic-0_0_found"][1:]}),
     "synthetic-0, seed 0: decoded.npz has not two velocities for each of "),
    ("keyword-fscil", "answers.npz", lambda log: log["1_2_answers"].__iadd__(1),
     "session 2: accuracy is "),
    ("keyword-fscil", "answers.npz", lambda log: log["0_1_labels"].__imul__(0),
     "session 1, repeat 0: not every one of 8 words is asked"),
    ("keyword-fscil", "answers.npz",
     lambda log: log.update({"0_0_answers": log["0_0_answers"][1:]}),
     "session 0, repeat 0: answers.npz has not an answer for each of 12 recordings"),
    ("keyword-fscil", "answers.npz",
     lambda log: log.update({"0_1_labels": log["0_1_labels"][::-1]}),
     "session 1, repeat 0: other words are asked than after the session before"),
    ("detection", "boxes.npz", lambda log: log.update(found=log["labels"]),
     "the boxes found of boxes.npz are others than those of its rows"),
    ("detection", "boxes.npz", lambda log: log["labels"].__setitem__((0, 2), 9.0),
     "the boxes labels of boxes.npz are others than those of its rows"),
])
def test_a_log_of_something_else_is_told(trials, name, log, change, said, tmp_path):
    folder = log_of(trials[name], tmp_path, log, change)
    first, *_ = AUDITS[name].impossible(of(folder), folder)
    assert first.startswith(said)


def test_boxes_that_are_better_are_judged_once_more(trials, tmp_path):
    """All is changed alike but for the figures: those of all labels found are 1."""
    folder = log_of(
        trials["detection"], tmp_path, "boxes.npz", lambda log: log.update(found=log["labels"])
    )
    data = of(folder)
    for row in data["rows"]:
        row["found"] = row["labels"]
    figures = {one["name"]: one["value"] for one in data["figures"]}
    assert [*AUDITS["detection"].impossible(data, folder)] == [
        f"map is {figures['map']:g}, and by its boxes 1",
        f"map_half is {figures['map_half']:g}, and by its boxes 1",
    ]


@pytest.fixture(scope="module")
def rehearsed(small, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("submission") / "primate-reaching"
    submit("primate-reaching", place, quick=True, console=quiet(), build=place.parent)
    return place


def test_a_rehearsal_says_so_everywhere(rehearsed, tmp_path):
    rehearsal = REHEARSAL.format("made recordings, of which no animal's are")
    assert submission_faults(rehearsed) == [rehearsal, QUICK]
    told = "A rehearsal, on made recordings, of which no animal's are: not on the benchmark's data."
    assert told in of(rehearsed)["summary"]
    assert f"**{told}**" in (rehearsed / "report.md").read_text()
    assert "system" not in of(rehearsed)  # no power in this track
    folder = Path(shutil.copytree(rehearsed, tmp_path / "mine"))
    data = listed(folder)
    relist(folder, data | {"rehearsal": False})
    assert submission_faults(folder)[0] == (
        "rehearsal is false; the quick form of primate-reaching is one"
    )
    relist(folder, data)
    changed(folder, "report.json", lambda record: record.update(
        summary=record["summary"].replace(f" {told}", "")
    ))
    assert submission_faults(folder)[0].startswith("report.json: summary is 'Simulated, nothing ")


def test_the_others_do_without_the_packages_of_an_extra():
    names = ("pycocotools", "spikewright.submission.tasks.detection")
    said = (
        "import sys, spikewright as spw; spw.submit, spw.check_submission; "
        f"print(*(name in sys.modules for name in {names}))"
    )
    made = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert made.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(("task", "fields", "kind", "said"), [
    ("qubo", {"rehearsal": True}, ValueError,
     "^rehearsal is True, and qubo has none: its data are drawn or computed here; leave it out$"),
    ("detection", {}, DataError,
     "^detection is rehearsed alone: no command trains on the benchmark's recordings; give "),
    ("primate-reaching", {}, DataError,
     r"^indy_20160622_01 needs its files: indy_20160622_01\.mat; get .* SPIKEWRIGHT_DATA$"),
    ("keyword-fscil", {}, DataError, "^mswc needs its files: .*, and name their folder in the env"),
    ("keyword-fscil", {"rehearsal": True}, DataError, "^fsdd needs its files: .*SPIKEWRIGHT_DATA$"),
])
def test_what_cannot_be_submitted_is_refused_at_once(
    task, fields, kind, said, tmp_path, monkeypatch
):
    monkeypatch.delenv("SPIKEWRIGHT_DATA", raising=False)
    with pytest.raises(kind, match=said):
        submit(task, tmp_path / "mine", **fields)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("broken", [
    lambda log: log.write_bytes(log.read_bytes()[:100]),  # an archive that is cut off
    lambda log: log.write_bytes(b""),
    lambda log: log.write_text("velocities"),
    lambda log: np.save(log.with_suffix(".npy"), [1]) or log.with_suffix(".npy").rename(log),
])
def test_a_log_that_cannot_be_read_is_named(rehearsed, broken, tmp_path):
    folder = Path(shutil.copytree(rehearsed, tmp_path / "folder"))
    broken(folder / "trials/1/decoded.npz")
    relist(folder, listed(folder))
    first, *_ = submission_faults(folder)
    assert first.startswith("trials/1/decoded.npz cannot be read as arrays: ")
