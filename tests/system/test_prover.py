"""The proofs' own machinery: no verdict is taken for more than it is."""

import ast
import gc
import re
import warnings
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from amaranth.back import rtlil  # pyright: ignore[reportAttributeAccessIssue]  # not in the stubs
from amaranth.hdl import UnusedElaboratable

import inference
import run as formal_run
from faults import Faults
from prover import HOUSE, Prover, Task, long, long_tasks, runner, tasks
from prover.recipe import recipe_of, task_names
from spikewright.errors import ToolError
from spikewright_hw.cores import CORES
from spikewright_hw.neuron import DEFINITIONS

SBY = """\
[tasks]
bmc
prove
cover
fault

[options]
depth 10

[engines]
smtbmc --keep-going z3

[script]
bmc: read_rtlil lfsr_w8.il
prove: read_rtlil lfsr_w8.il
cover: read_rtlil lfsr_w8.il
fault: read_rtlil lfsr_fault.il
flatten
"""


def read(
    tmp_path, monkeypatch, *, name="prove", status="PASS", mode="prove", log="", output="",
    detectors=None, engine="abc pdr",
):
    """Return the row of a run that left these files behind."""
    monkeypatch.setattr(runner, "HOUSE", tmp_path)
    task = Task("lfsr", name, Path("formal/lfsr.sby"), "", detectors or {})
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
    ("detectors", "note"),
    [
        ({"zero": frozenset()}, "fault zero is also found by the_state_is_never_zero"),
        ({"zero": frozenset({"other", "the_state_is_never_zero"})},
         "fault zero is not found by other"),
        ({**ZERO, "one": frozenset({"other"})}, "fault one is not found by other"),
    ],
)
def test_faults_are_held_to_the_properties_that_the_spec_names(
    tmp_path, monkeypatch, detectors, note
):
    row = read(
        tmp_path, monkeypatch, name="fault", status="FAIL", mode="bmc", log=FAILED,
        detectors=detectors,
    )
    assert (row.verdict, row.ok, row.note) == ("WRONG", False, note)


@pytest.mark.parametrize("core", CORES)
def test_a_failure_names_its_property_and_leaves_a_trace(core):
    files = tasks.Files.of(core)
    for name in task_names(files.text):
        recipe_of(files.text, name).check(file=files.recipe.name, task=name)


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


def test_a_fault_task_that_stops_early_is_refused():
    text = "[options]\nmode bmc\n[engines]\nsmtbmc z3\n[script]\nflatten\n"
    with pytest.raises(ToolError, match=(
        r"^x.sby: task fault stops at the first property that fails; its engine lacks --keep-going$"
    )):
        recipe_of(text, "fault").check(file="x.sby", task="fault")


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


def house(tmp_path, monkeypatch, sby: str, *, without: str = "") -> None:
    """Make a house with one core; its spec lacks the lines that have ``without``."""
    monkeypatch.setattr(tasks, "HOUSE", tmp_path)
    (tmp_path / "formal").mkdir()
    lines = (HOUSE / "formal" / "lfsr.py").read_text().splitlines(keepends=True)
    spec = "".join(line for line in lines if not without or without not in line)
    (tmp_path / "formal" / "lfsr.py").write_text(spec)
    (tmp_path / "formal" / "lfsr.sby").write_text(sby)


def test_a_property_without_a_fault_is_named(tmp_path, monkeypatch):
    house(tmp_path, monkeypatch, SBY, without='"period": (')
    with pytest.raises(ToolError, match=(
        r"^formal/lfsr.py plants no fault that these properties find: the_period_is_maximal$"
    )):
        tasks.tasks_of("lfsr")


@lru_cache
def properties(core: str, *, stated: bool = False) -> frozenset[str]:
    """Return the sentences that the faults of a core turn red, or the names that its specs state.

    Most specs are not elaborated for the former, of which Amaranth would warn.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedElaboratable)
        specs = tasks.Files.of(core).specs()
        if stated:
            found = {
                name
                for title, spec in specs.items() if not isinstance(spec, Faults)
                for name in tasks.stated_in(tasks._name_properties(
                    rtlil.convert(spec, name=title, ports=[], emit_src=False)
                ))
            }
        else:
            found = {
                sentence
                for spec in specs.values() if isinstance(spec, Faults)
                for sentences in spec.detectors.values() for sentence in sentences
            }
        del specs
        gc.collect()
    return frozenset(found)


@pytest.mark.parametrize("core", [
    "lfsr", "halton", "sng", "scan", "feedback", "relu", "lif", "uart_rx", "frame_encoder",
    "neuron_group",
])
def test_each_property_has_a_fault(core):
    """For all cores `make formal` says it; here for a few of each kind, which are quick."""
    stated = properties(core, stated=True)
    assert stated and stated <= set(map(tasks.property_name, properties(core)))


def test_bounded_faults_are_named():
    """Where a planted fault is looked for up to a depth alone, the document says so."""
    bounded = set()
    for core in CORES:
        text = tasks.Files.of(core).text
        faults = [name for name in task_names(text) if name.split("_")[0] == "fault"]
        if any(recipe_of(text, name).mode == "bmc" for name in faults):
            bounded.add(core)
    said = (HOUSE / "formal" / "README.md").read_text().split("holds up to their depth: ", 1)[1]
    assert set(re.findall(r"`(\w+)`", said.split(".", 1)[0])) == bounded


def test_a_bounded_task_is_implied_by_a_proof_of_the_same_spec(tmp_path, monkeypatch):
    house(tmp_path, monkeypatch, SBY)
    assert [task.name for task in tasks.tasks_of("lfsr") if task.implied] == ["bmc"]
    other = SBY.replace("bmc: read_rtlil lfsr_w8.il", "bmc: read_rtlil lfsr_w16.il")
    (tmp_path / "formal" / "lfsr.sby").write_text(other)
    assert not any(task.implied for task in tasks.tasks_of("lfsr"))


@cache
def sorts_of(core: str, task: str) -> set[tuple[str, str]]:
    """Return the faults of a task and the properties that find them, whatever a state's name."""
    state = re.compile(rf"^({'|'.join(DEFINITIONS[core].states)})(?= is |_range$|$)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusedElaboratable)
        specs = tasks.Files.of(core).specs()
        spec = specs[f"{core}_{task}"]
        assert isinstance(spec, Faults)
        found = {
            (state.sub("state", fault), state.sub("state", sentence))
            for fault, sentences in spec.detectors.items() for sentence in sentences
        }
        del spec, specs
        gc.collect()  # what was made and not used is told when it is collected
    return found


@pytest.mark.parametrize(("left", "kept"), long_tasks().items(), ids=" ".join)
def test_what_is_kept_in_place_of_a_long_task(left, kept):
    (core, name), (kept_core, kept_name) = left, kept
    assert name in task_names(tasks.Files.of(core).text)
    assert kept_name in task_names(tasks.Files.of(kept_core).text)
    assert kept not in long_tasks() and kept_name.split("_")[0] == name.split("_")[0]
    if name == "fault":
        assert CORES[core].file_in(HOUSE / "formal", ".py").name == "neuron.py"
        assert sorts_of(core, name) <= sorts_of(kept_core, kept_name)
    else:
        assert kept_core == core


def test_a_list_of_long_tasks_of_another_form(tmp_path, monkeypatch):
    (tmp_path / "formal").mkdir()
    (tmp_path / long.LONG).write_text("# all\nclif prove prove_q6_4\n")
    monkeypatch.setattr(long, "HOUSE", tmp_path)
    with pytest.raises(ToolError) as caught:
        long_tasks()
    assert str(caught.value) == (
        "formal/long.txt, line 2: 'clif prove prove_q6_4' is not of the form CORE TASK: CORE TASK, "
        "a task that is left out and the one that is kept in its place"
    )


@pytest.mark.parametrize(("cores", "wanted"), [
    ([], ["clif cover", "exp_if fault"]),
    (["clif"], ["clif prove", "clif cover", "clif fault"]),
])  # fmt: skip
def test_long_tasks_are_left_out_where_no_core_is_named(monkeypatch, cores, wanted):
    names = {"clif": ["prove", "cover", "fault"], "exp_if": ["fault"]}
    monkeypatch.setattr(formal_run, "CORES", names)
    monkeypatch.setattr(formal_run, "Prover", lambda: SimpleNamespace(known=lambda task: task))
    monkeypatch.setattr(
        formal_run, "tasks_of",
        lambda core: [Task(core, name, Path(), "") for name in names[core]],
    )
    found = formal_run.prove(cores)
    assert [f"{task.core} {task.name}" for task in found] == wanted  # pyright: ignore
    every = formal_run.prove(cores, every=True)
    assert len(every) == sum(len(names[core]) for core in cores or names)


@pytest.mark.parametrize("fault", inference.MIXED)
def test_an_engine_of_another_network_has_other_results(fault):
    right, wrong = (inference.tiny_network(steps=1, fault=one) for one in ("", fault))
    assert inference.VALUES["outputs"] in inference.told_apart(right, wrong)


def _assumed() -> set[str]:
    """Return the sentences of all assumptions in the specs, literal or by a name of the module."""
    trees = [ast.parse(file.read_text()) for file in sorted((HOUSE / "formal").glob("*.py"))]
    found = set()
    for tree in trees:
        names = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Assume":
                said = node.args[1]
                found.add(names[said.id] if isinstance(said, ast.Name) else ast.literal_eval(said))
    return found


def _assumptions() -> list[tuple[str, str, str]]:
    """Return the rows of the table of assumptions: what, where, and what is proved of whom."""
    text = (HOUSE / "formal" / "README.md").read_text()
    table = text.split("## Assumptions", 1)[1]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    return [row for row in rows if row[0] not in ("assumption", "---")]


def test_each_assumption_is_in_the_table_and_no_other():
    assert sorted(_assumed()) == sorted(assumption for assumption, _, _ in _assumptions())


@pytest.mark.parametrize(("assumption", "where", "proof"), _assumptions())
def test_each_assumption_of_a_neighbour_is_proved_of_it(assumption, where, proof):
    """A property that is proved is one that a planted fault turns red."""
    for core, sentence in re.findall(r"`(\w+)`: \"(.+?)\"", proof):
        assert sentence in properties(core)
    assert re.search(r"`\w+`: \"", proof) or proof.startswith(("outside: ", "open: "))



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
