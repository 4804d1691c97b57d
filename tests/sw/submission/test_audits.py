"""What the auditor counts once more from the raw logs of each benchmark's trials."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from spikewright.errors import DataError
from spikewright.gateware.synthesis import CellCounts, Netlist
from spikewright.record.store import read_report
from spikewright.submission.audit import _trial
from spikewright.submission.audits.known import AUDITS
from spikewright.submission.submit import submit
from spikewright.submission.task import Trial
from spikewright.submission.tasks import qubo as qubo_task
from spikewright.submission.tasks.known import TASKS

from ..task.data_files import tone, write_wave
from .test_submission import quiet


def trial_of(name: str, folder: Path) -> dict:
    """Run the first trial of a quick form; return its report."""
    TASKS[name].run(Trial(
        number=0, quick=True, rehearsal=bool(TASKS[name].rehearsal), folder=folder, build=folder,
        console=quiet(),
    ))
    return json.loads((folder / "report.json").read_text())


def told(name: str, data: dict, folder: Path) -> list[str]:
    return [*AUDITS[name].impossible(data, folder), *AUDITS[name].missing(data, False)]


def test_what_is_written_is_what_is_checked():
    """Writer and auditor name each benchmark by themselves."""
    assert list(TASKS) == list(AUDITS)
    for name, task in TASKS.items():
        audit = AUDITS[name]
        for what in ("title", "track", "quick", "rehearsal"):
            assert getattr(task, what) == getattr(audit, what), (name, what)
        assert (task.system is not None) == (task.track == "system")


def test_the_auditor_shares_no_code_with_the_writers():
    """Of the project, its files import one another alone."""
    folder = Path(qubo_task.__file__).parents[1] / "audits"
    found = {
        line.split()[1] for file in folder.glob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("from .")
    }
    assert found == {".task_audit", *(f".{file.stem}" for file in folder.glob("*.py"))} - {
        ".__init__", ".known"
    }


def test_forecasts_are_counted_once_more(tmp_path):
    data = trial_of("mackey-glass", tmp_path)
    audit = AUDITS["mackey-glass"]
    assert audit.headline(data) == (data["title"], data["summary"])
    assert audit.recounted(data) == {"smape": pytest.approx(data["figures"][0]["value"], rel=1e-12)}
    assert told("mackey-glass", data, tmp_path) == [
        "its rows are of tau 17; the benchmark asks for 17 to 30", "tau 17: 3 repeats of 30"
    ]
    data["rows"][0] |= {"sha256": "0", "repeats": [1, 2, 201]}
    first, smape, *others, last = audit.impossible(data, tmp_path)
    assert first == "tau 17: a score lies outside of 0 to 200"
    assert re.fullmatch(r"tau 17: smape is [\d.]+, and that of its repeats is 68", smape)
    assert [line.split()[2] for line in others] == ["median", "lowest", "highest", "deviation"]
    assert last == "tau 17: the series has another hash than the one that is known"


@pytest.fixture(scope="module")
def driven(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("driven")
    trial_of("cart-pole", folder)
    return folder


def test_rewards_are_counted_once_more(driven):
    data = json.loads((driven / "report.json").read_text())
    audit, what = AUDITS["cart-pole"], "spiking, in integers, 20 ms"
    assert audit.headline(data) == (data["title"], data["summary"])
    assert audit.recounted(data) == {"reward_20ms": 500}
    assert [*audit.impossible(data, driven)] == []
    assert [*audit.missing(data, False)] == [
        "it has no episodes of the controller in integers with steps of 1 and of 20 ms",
        "it has no episodes of the controller virtual board with steps of 1 and of 20 ms",
    ]
    data["rows"][0] |= {"rewards": [500, 499], "reward": 499}
    assert [*audit.impossible(data, driven)] == [
        f"{what}: reward is 499, and that of its rewards is 499.5",
        f"{what}: lowest is 500, and that of its rewards is 499",
        f"{what}: rewards are [500, 499], and those of its states [500, 500]",
    ]


@pytest.mark.parametrize(("change", "said"), [
    (lambda log: log["integers_20ms_states"][0, 1].__setitem__(0, 1.0),
     "an episode begins elsewhere than its seed says"),
    (lambda log: log["integers_20ms_states"][250, 0].__iadd__(1e-3),
     "after step 249 a state is none that the plant can have"),
    (lambda log: log["integers_20ms_pushes"][7].__ixor__(True),
     "after step 7 a state is none that the plant can have"),
    (lambda log: log.update(integers_20ms_pushes=log["integers_20ms_pushes"][:400],
                            integers_20ms_states=log["integers_20ms_states"][:401]),
     "episodes.npz ends after 400 steps, before the pole has fallen"),
    (lambda log: log.update(integers_20ms_pushes=log["integers_20ms_pushes"][:, :1]),
     "episodes.npz has other shapes than its rewards"),
])
def test_a_log_of_another_plant_is_told(tmp_path, driven, change, said):
    shutil.copytree(driven, tmp_path / "trial")
    file = tmp_path / "trial" / "episodes.npz"
    log = dict(np.load(file))
    change(log)
    np.savez(file, **log)
    data = json.loads((tmp_path / "trial" / "report.json").read_text())
    (first, *_) = AUDITS["cart-pole"].impossible(data, file.parent)
    assert first == f"spiking, in integers, 20 ms: {said}"


def test_a_figure_is_held_to_the_rows_of_its_trial(tmp_path, driven):
    folder = Path(shutil.copytree(driven, tmp_path / "trial"))
    (folder / "log.txt").write_text("trial 1, begun today\n")
    data = json.loads((folder / "report.json").read_text())
    data["figures"][0]["value"] = 499
    (folder / "report.json").write_text(json.dumps(data))
    claim = {"quick": True, "rehearsal": False, "results": {"reward_20ms": {"trials": [500]}}}
    assert [*_trial(folder, 0, claim, AUDITS["cart-pole"])] == [
        "trials/0/log.txt is not of trial 0",
        "trials/0/log.txt does not have the summary of its report",
        "trials/0: reward_20ms is 500 by its rows, and its report says 499",
    ]


def test_samples_are_counted_once_more(tmp_path):
    """Of a report as a trial of the digits has it, by two samples."""
    rows = [
        {"sample": 0, "target": 3, "answer": 3, "reference": 3, "cycles": 40, "synops": 100},
        {"sample": 1, "target": 4, "answer": 9, "reference": 9, "cycles": 60, "synops": 300},
    ]
    data = {
        "rows": rows, "figures": [{"name": "clock_mhz", "value": 80}],
        "summary": "64-10 LIF; event; here: a board, simulated by Verilator 5.048. The first ...",
        "system": {"identity": {
            "system": "ULX3S", "part": "LFE5U", "algorithm": "64-10 LIF", "engine": "event"}},
    }
    audit = AUDITS["run"]
    assert audit.recounted(data) == {
        "accuracy_device": 50, "cycles_mean": 50, "cycles_max": 60, "latency_us": 0.625,
        "synops_per_inference": 200,
    }
    assert audit.headline(data) == ("digits: 50 % right, on a virtual ULX3S", (
        "64-10 LIF; event; ULX3S (LFE5U) at 80 MHz, on a virtual board: no hardware, the gateware "
        "simulated by Verilator 5.048. The first 2 of the 360 samples of the test split."
    ))
    assert told("run", data, tmp_path) == ["it has 2 samples of the 360 of the test part"]
    rows[0] |= {"answer": 10}
    rows[1] |= {"sample": 3}
    assert [*audit.impossible(data, tmp_path)] == [
        "sample 0: an answer, or a count, that cannot be",
        "sample 0: the board's answer is another than the reference's",
        "its rows are not of the first samples, each once",
    ]
    data["rows"] = [rows[1]] * 360
    assert [*audit.missing(data, False)] == ["its targets are others than those of the test part"]


@pytest.fixture(scope="module")
def heard(tmp_path_factory) -> Path:
    """A trial of the acoustic scenes, on tones as spoken digits."""
    folder, sounds = (tmp_path_factory.mktemp(name) for name in ("heard", "sounds"))
    for digit in range(10):
        for take in (0, 5, 6, 7):
            sound = tone(rate=8000, hertz=150 * 1.35**digit + take, seconds=1)
            write_wave(sounds / f"{digit}_made_{take}.wav", sound, rate=8000)
    large = Netlist(folder, "ice40", CellCounts(lut=9000), "none")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPIKEWRIGHT_DATA", str(sounds))
        patch.setattr("spikewright.scenes.benchmark.engine_netlist", lambda *_, **__: large)
        trial_of("asc", folder)
    return folder


def test_sounds_that_no_variable_names_are_not_asked_for_by_an_argument(tmp_path, monkeypatch):
    monkeypatch.delenv("SPIKEWRIGHT_DATA", raising=False)
    with pytest.raises(DataError, match="and name their folder in the environment variable SPIKE"):
        submit("asc", tmp_path / "asc", build=tmp_path)


def test_answers_to_sounds_are_counted_once_more(heard):
    data = json.loads((heard / "report.json").read_text())
    audit = AUDITS["asc"]
    assert audit.headline(data) == (data["title"], data["summary"])
    stated = {one["name"]: one["value"] for one in data["figures"]}
    for name, value in audit.recounted(data).items():
        assert value == pytest.approx(stated[name], rel=1e-12)
    assert told("asc", data, heard) == [
        "it has 10 samples of the 16,240 of the test part",
        "its sounds are fsdd, a rehearsal, and not all of the benchmark's",
    ]
    groups = TASKS["asc"].system
    assert groups is not None
    identity = groups(read_report(heard))["identity"]
    assert identity["task"] == "acoustic scene classification, fsdd, a rehearsal"
    assert re.fullmatch("[0-9a-f]{64}", identity["network"])


@pytest.mark.parametrize(("labels", "answers", "said"), [
    ([0] * 10, [0] * 9, "answers.npz has not an answer for each label"),
    ([0] * 10, [4] * 10, "answers.npz has a label or an answer that is no class"),
    ([0] * 10, [1] * 5 + [0] * 5, "accuracy_integer is 100, and by its answers 50"),
    ([0] * 9, [0] * 9, "answers.npz has 9 answers, no whole number of recordings"),
    ([0] * 9 + [1], [0] * 9 + [1], "answers.npz has a recording of two scenes"),
    ([0] * 20, [0] * 20, "its accuracy is said to be of 10 sounds, and there are 20 answers"),
])
def test_a_log_of_other_answers_is_told(labels, answers, said, heard, tmp_path):
    data = json.loads((heard / "report.json").read_text())
    data["rows"][0] |= {"sounds": "asc", "accuracy": 100.0}
    for figure in data["figures"]:
        if figure["name"] == "accuracy_integer":
            figure["value"] = 100.0
    np.savez(
        tmp_path / "answers.npz", labels=np.array(labels, np.uint8),
        answers=np.array(answers, np.uint8),
    )
    assert said in [*AUDITS["asc"].impossible(data, tmp_path)]
    data["rows"][0] |= {"accuracy": 99.0, "inference_mj": 0.0}
    found = [*AUDITS["asc"].impossible(data, tmp_path)]
    if len(labels) == len(answers):
        assert found[-1] == "the accuracy is another one in its rows than in its figures"
        assert found[-2].startswith("inference_mj is 0 in its rows, and ")
