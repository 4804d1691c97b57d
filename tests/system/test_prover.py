"""The proofs' own machinery: no verdict is taken for more than it is."""

import pytest

from prover import HOUSE, Prover, Task, runner, tasks
from prover.recipe import recipe_of, task_names
from spikewright.errors import ToolError
from spikewright_hw.cores import CORES

SBY = """\
[tasks]
bmc
prove
cover
fault

[options]
depth 10

[script]
flatten
"""


def read(
    tmp_path, monkeypatch, *, name="prove", status="PASS", mode="prove", log="", output="",
    detectors=None, engine="abc pdr",
):
    """Give the row of a run that left these files behind."""
    monkeypatch.setattr(runner, "HOUSE", tmp_path)
    task = Task("lfsr", name, "", detectors or {})
    folder = tmp_path / task.folder
    folder.mkdir(parents=True)
    if status:
        (folder / "status").write_text(f"{status} 0 1\n")
        (folder / "config.sby").write_text(
            f"[options]\nmode {mode}\ndepth 7\n[engines]\n{engine}\n"
        )
        (folder / status).write_text(log)
    return runner._read(task, output, seconds=1.0)


FAILED = """\
counterexample trace: engine_0/trace.vcd
  failed assertion lfsr_fault.zero.the_state_is_never_zero__2 at  step 2
"""
ZERO = {"zero": frozenset({"the_state_is_never_zero"})}


def test_proved(tmp_path, monkeypatch):
    row = read(tmp_path, monkeypatch)
    assert row.ok and (row.depth, row.engine, row.verdict) == (7, "abc pdr", "PASS")


def test_fault_that_is_found(tmp_path, monkeypatch):
    row = read(
        tmp_path, monkeypatch, name="fault", status="FAIL", mode="bmc", log=FAILED, detectors=ZERO
    )
    assert row.ok and row.failed == ("zero.the_state_is_never_zero__2",)
    assert row.trace == "build/formal/lfsr/fault/engine_0/trace.vcd"


@pytest.mark.parametrize(
    ("detectors", "engine", "note"),
    [
        ({"zero": frozenset()}, "smtbmc z3",
         "fault zero is also found by the_state_is_never_zero"),
        ({"zero": frozenset({"other", "the_state_is_never_zero"})}, "smtbmc --keep-going z3",
         "fault zero is not found by other"),
        ({"zero": frozenset({"other", "the_state_is_never_zero"})}, "smtbmc z3", ""),
        ({**ZERO, "one": frozenset({"other"})}, "smtbmc z3", "fault one is not found by other"),
    ],
)
def test_faults_are_held_to_the_properties_that_the_spec_names(
    tmp_path, monkeypatch, detectors, engine, note
):
    row = read(
        tmp_path, monkeypatch, name="fault", status="FAIL", mode="bmc", log=FAILED,
        detectors=detectors, engine=engine,
    )
    assert (row.ok, row.note) == (not note, note)
    assert row.verdict == ("WRONG" if note else "FAIL")


@pytest.mark.parametrize("core", CORES)
def test_a_failure_names_its_property_and_leaves_a_trace(core):
    file = HOUSE / "formal" / f"{core}.sby"
    text = file.read_text()
    for name in task_names(text):
        recipe_of(text, name).check(file=file.name, task=name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[options]\nmode prove\n[engines]\nabc pdr\n[script]\nprep\nflatten\n",
         r"^x.sby: task prove runs abc and lacks the option aigsmt z3$"),
        ("[options]\nmode prove\n[engines]\nsmtbmc z3\n[script]\nprep\n",
         r"^x.sby: the script of task prove does not end with flatten$"),
    ],
)
def test_a_recipe_without_traces_is_refused(text, message):
    with pytest.raises(ToolError, match=message):
        recipe_of(text, "prove").check(file="x.sby", task="prove")


def test_fault_that_is_not_found(tmp_path, monkeypatch):
    row = read(tmp_path, monkeypatch, name="fault", status="PASS", mode="bmc")
    assert not row.ok


def test_an_error_is_no_failure(tmp_path, monkeypatch):
    output = "SBY 1:2:3 [x] ERROR: Module not found\n"
    row = read(
        tmp_path, monkeypatch, name="fault", status="ERROR", mode="bmc", log=FAILED, output=output
    )
    assert not row.ok and row.note == "ERROR: Module not found"


def test_a_failure_without_a_property_is_an_error(tmp_path, monkeypatch):
    row = read(tmp_path, monkeypatch, name="fault", status="FAIL", mode="bmc")
    assert not row.ok and (row.verdict, row.note) == ("ERROR", "no property failed")


def test_bounded_checks_are_not_called_proofs(tmp_path, monkeypatch):
    row = read(tmp_path, monkeypatch, mode="bmc")
    assert not row.ok and row.note == "mode is bmc; a prove task is in mode prove"


def test_a_run_that_left_nothing(tmp_path, monkeypatch):
    row = read(tmp_path, monkeypatch, status="", output="sby: cannot open lfsr.sby\n")
    assert not row.ok and (row.verdict, row.note) == ("ERROR", "sby: cannot open lfsr.sby")


def house(tmp_path, monkeypatch, sby: str) -> None:
    monkeypatch.setattr(tasks, "HOUSE", tmp_path)
    (tmp_path / "formal").mkdir()
    for suffix in (".py", ".sby"):
        text = sby if suffix == ".sby" else (HOUSE / "formal" / "lfsr.py").read_text()
        (tmp_path / "formal" / f"lfsr{suffix}").write_text(text)


def test_tasks_depend_on_spec_and_recipe(tmp_path, monkeypatch):
    house(tmp_path, monkeypatch, SBY)
    before = tasks.tasks_of("lfsr")
    assert [task.name for task in before] == ["bmc", "prove", "cover", "fault"]
    assert tasks.tasks_of("lfsr") == before
    (tmp_path / "formal" / "lfsr.sby").write_text(SBY.replace("10", "11"))
    after = tasks.tasks_of("lfsr")
    assert all(new.content != old.content for new, old in zip(after, before, strict=True))


@pytest.mark.parametrize(
    ("sby", "message"),
    [
        (SBY.replace("cover\n", ""), r"^formal/lfsr.sby lacks a cover task; every core has one$"),
        (SBY.replace("cover\n", "cover\nlive\n"), r"^formal/lfsr.sby has a task live; a name beg"),
    ],
)
def test_tasks_that_every_core_has(tmp_path, monkeypatch, sby, message):
    house(tmp_path, monkeypatch, sby)
    with pytest.raises(ToolError, match=message):
        tasks.tasks_of("lfsr")


def test_a_core_without_a_spec(tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "HOUSE", tmp_path)
    with pytest.raises(ToolError, match=r"^lfsr has no formal/lfsr.py; formal/README.md says how$"):
        tasks.tasks_of("lfsr")


def test_properties_are_named_after_their_sentences():
    check = 'cell $check ${}\n    parameter \\FORMAT "out: held, while it stalls"\n'
    text = tasks._name_properties(check.format(3) + check.format(5))
    assert "cell $check \\out_held_while_it_stalls\n" in text
    assert "cell $check \\out_held_while_it_stalls__2\n" in text


def test_a_missing_tool_is_named(monkeypatch):
    def missing(name):
        raise ToolError(f"{name} was not found")

    monkeypatch.setattr(runner, "require", missing)
    with pytest.raises(ToolError, match=r"^yosys was not found$"):
        Prover()
