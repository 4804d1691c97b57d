"""The public face: what is exported, what importing it costs, and what is said of it."""

import ast
import builtins
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
import torch

import spikewright as spw
from spikewright.cli import words
from spikewright.network.training_config import TrainingConfig
from spikewright.pages.api_page import API, api_page, themes
from spikewright.public import homes
from spikewright.task.known import TASKS
from spikewright_hw.engine.example import example_network

HOUSE = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((HOUSE / "docs" / "notebooks").glob("*.ipynb"))
FUNCTIONS = [name for name in spw.__all__ if inspect.isfunction(getattr(spw, name))]

#: What is imported when it is asked for, and not before.
HEAVY = ("amaranth", "matplotlib", "numpy", "rich", "sklearn", "spikewright_hw", "sympy", "torch")

IMPORT = f"""
import sys, time
before = time.process_time()
import spikewright
print(time.process_time() - before, *(name for name in {HEAVY} if name in sys.modules))
"""


def test_the_import_alone_costs_next_to_nothing():
    result = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True
    )
    seconds, *loaded = result.stdout.split()
    assert float(seconds) < 0.3
    assert loaded == []


#: A network that does not fit its task: this is told before torch is loaded.
MISFIT = """
import sys
import numpy as np
import spikewright as spw
x, y = np.arange(72.0).reshape(2, 36), np.array([0, 1])
task = spw.Task(name="two", x_train=x, y_train=y, x_test=x, y_test=y)
try:
    spw.training_config(task, network="8C49-2")
except ValueError as error:
    print("torch" in sys.modules, error)
"""


def test_a_network_is_held_to_its_task_without_torch():
    result = subprocess.run(
        [sys.executable, "-c", MISFIT], capture_output=True, text=True, check=True
    )
    assert result.stdout == (
        "False network is '8C49-2': 8C49: kernel reaches over 49 along the width, and the map has "
        "1 there\n"
    )


def test_every_name_is_there():
    for name in spw.__all__:
        assert getattr(spw, name) is not None, name
    assert dir(spw) == sorted([*spw.__all__, "__version__"])
    assert len(set(spw.__all__)) == len(spw.__all__)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match=r"^module 'spikewright' has no attribute 'trian'$"):
        spw.trian  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


def test_the_version_is_that_of_the_package():
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", spw.__version__)
    assert f'version = "{spw.__version__}"' in (HOUSE / "pyproject.toml").read_text()


def test_a_stub_says_where_a_name_comes_from(tmp_path):
    (tmp_path / "__init__.pyi").write_text(
        '"""Words."""\n\n"""Theme."""\nfrom a.b import c as c\nfrom .d import e as f\n'
    )
    found = homes(str(tmp_path / "__init__.py"))
    assert found == {"c": ("a.b", "c"), "f": (".d", "e")}


# Words --------------------------------------------------------------------------------------------


def test_the_page_is_current_and_has_every_name():
    page = (HOUSE / API).read_text(encoding="utf-8")
    assert page == api_page(), f"{API} is not what follows from the docstrings: `spikewright pages`"
    assert re.findall(r"^### `(\w+)`$", page, re.M) == spw.__all__
    assert [name for names in themes().values() for name in names] == spw.__all__


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_types_and_says_what_it_takes(name):
    function = getattr(spw, name)
    hints = get_type_hints(function)
    arguments = inspect.signature(function).parameters
    assert hints.keys() == {*arguments, "return"}
    said = inspect.getdoc(function) or ""
    sections = re.split(r"^(\w+)\n-{3,}\n", said, flags=re.M)
    described = dict(zip(sections[1::2], sections[2::2], strict=True))
    if arguments:
        heads = re.findall(r"^(\w[\w, ]*)(?: : |$)", described.get("Parameters", ""), re.M)
        named = {one.strip() for head in heads for one in head.split(",")}
        assert {*arguments} <= named, f"not described: {', '.join({*arguments} - named)}"
    for error in re.findall(r"^(\w.*)$", described.get("Raises", ""), re.M):
        for one in error.split(", "):
            assert issubclass(getattr(spw, one, None) or getattr(builtins, one), Exception)


@pytest.mark.parametrize(
    "name", [name for name in spw.__all__ if inspect.isclass(getattr(spw, name))]
)
def test_a_class_says_what_it_is(name):
    said = inspect.getdoc(getattr(spw, name)) or ""
    assert said and not said.startswith(f"{name}("), "it has the docstring that dataclasses make"


def test_arguments_are_given_by_name():
    """What is not the subject of a function is given by its name."""
    for name in FUNCTIONS:
        kinds = [one.kind for one in inspect.signature(getattr(spw, name)).parameters.values()]
        positional = [kind for kind in kinds if kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        assert len(positional) <= 2, name


# The command line ---------------------------------------------------------------------------------


CLI = HOUSE / "sw" / "spikewright" / "cli"


def imported(file: Path) -> Iterator[str]:
    """Return what a file of the command line imports of the other packages."""
    outside = len(file.relative_to(CLI).parts) + 1
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == outside:
            yield node.module or ""


#: What commands print or are run in; everything else they take from the face.
PRINTING = {"job.progress", "record.stored", "gateware.emit", "gateware.board_list",
            "pages.pages", "doctor", "quantized.from_reals", "quantized.saturation",
            "scaffold.neuron_report", "network.processes"}


def test_the_command_line_does_its_work_through_what_is_public():
    ground = {"errors", "extras", "files", "interrupt", "terminal", "quantized.network",
              "started"}
    found = {file: {*imported(file)} for file in sorted(CLI.rglob("*.py"))}
    for file, modules in found.items():
        assert modules <= PRINTING | ground, file.name
    assert set().union(*found.values()) == PRINTING | ground


def test_errors_of_the_library_name_no_option():
    wrong = []
    for file in sorted((HOUSE / "sw" / "spikewright").rglob("*.py")):
        if CLI in file.parents:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Raise):
                texts = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
                wrong += [
                    f"{file.name}: {text}" for text in texts
                    if isinstance(text, str) and re.search(r"(^|\s)--[a-z]", text)
                ]
    assert not wrong, "; ".join(wrong)


def said_further_on(file: Path) -> Iterator[str]:
    """Return the sentences of a file's errors, without what each begins with."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Raise | ast.Yield):
            for one in ast.walk(node):
                if isinstance(one, ast.JoinedStr):
                    parts = [part for part in one.values if isinstance(part, ast.Constant)]
                    yield "{}".join(str(part.value) for part in parts).partition(" ")[2]
                elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value.partition(" ")[2]


def test_errors_of_a_training_name_arguments_as_a_call_has_them():
    """Then the command line knows them, and names what gave each."""
    names = {*inspect.signature(spw.training_config).parameters}
    several = "|".join(name for name in names if "_" in name)
    bare = re.compile(rf"\b(({several})(?![\w=])|leave ({'|'.join(names)}) out)")
    house = HOUSE / "sw" / "spikewright"
    found = [
        f"{file.name}: {text}" for room in ("network", "coding")
        for file in sorted((house / room).rglob("*.py")) for text in said_further_on(file)
        if bare.search(text)
    ]
    assert not found, "; ".join(found)
    assert bare.search("or leave recompute out") and bare.search("and weight_bits is 4")


@pytest.mark.parametrize(
    ("library", "command"),
    [
        ("give network= a network for it", "give --network a network for it"),
        ("without a bitstream: bitstream=False.", "without a bitstream: --no-bitstream."),
        ("choose another by ram_style=, or", "choose another by --ram-style, or"),
        ("take name= of it", "take name= of it"),  # no option of the command
        ("bad; take ram_style='block', or", "bad; take --ram-style block, or"),
        ("it does not go with network=True; leave", "it does not go with --network; leave"),
        ("it cannot be built: ram_style is 3", "it cannot be built: --ram-style is 3"),
        ("network is the name of a file, too", "network is the name of a file, too"),
        ("leave from_file= out", "leave from-file in a.toml out"),
        ("no from_file=True, or", "no from-file = true in a.toml, or"),
        ("no from_file='X'.", "no from-file = 'X' in a.toml."),
        ("wrong\n    a ram_style= b", "wrong\n    a ram_style= b"),  # what the user wrote
    ],
)
def test_an_argument_becomes_an_option(library, command):
    flags = {"ram_style": "--ram-style", "network": "--network",
             "from_file": words.key_in("a.toml", "from-file")}
    assert words.as_options(library, flags) == command


@pytest.mark.parametrize(
    ("library", "command"),
    [
        ("ram_style is 'x'; there are", "--ram-style is 'x'; there are"),
        ("network[0] is 0; it must", "--network is 0; it must"),
        ("network: bad", "--network: bad"),
        ("other is 0", "other is 0"),
        ("network is True, but", "--network is given, but"),
        ("from_file is True, but", "from-file in a.toml is true, but"),
        ("object.from_file is 0; it", "other in [object] of a.toml is 0; it"),
    ],
)
def test_a_wrong_argument_becomes_an_error_of_its_option(library, command):
    flags = {"ram_style": "--ram-style", "network": "--network",
             "from_file": words.key_in("a.toml", "from-file"),
             "object.from_file": words.key_in("[object] of a.toml", "other")}
    with pytest.raises(spw.SpikewrightError) as caught, words.arguments_checked(flags):
        raise ValueError(library)
    assert str(caught.value) == command


# The work -----------------------------------------------------------------------------------------


def test_the_default_training_is_that_of_the_digits():
    task = spw.load_task()
    assert spw.training_config(task) == TrainingConfig()
    brief = spw.training_config(task, hidden=[7, 5], epochs=4, membrane="Q9.3", neuron="alif")
    assert brief.model.sizes == (64, 7, 5, 10) and str(brief.model.membrane) == "Q9.3"
    assert (brief.real.epochs, brief.quantized.epochs) == (4, 2)
    assert brief.model.parameters == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden": [0]}, "hidden[0] is 0; it must be a whole number from 1 to 65535"),
        ({"hidden": 5}, "hidden is 5; it must be a list of whole numbers"),
        ({"epochs": -1}, "epochs is -1; it must be a whole number from 0 to 1000000"),
        ({"weight_bits": 9}, "weight_bits is 9; it must be a whole number from 2 to 8"),
        ({"membrane": "8"}, "membrane: a number format is written like Q8.8, not '8'"),
        ({"membrane": 8}, "membrane is 8; it must be of the class Format"),
    ],
)
def test_a_wrong_argument_of_a_training_is_named(arguments, message):
    with pytest.raises(ValueError) as caught:
        spw.training_config(spw.load_task(), **arguments)
    assert str(caught.value) == message


TINY = example_network(sizes=(6, 4, 3), steps=2, weight_bits=4, membrane=spw.Format(6, 2))
SPIKES = np.random.default_rng(5).random((3, 2, 6)) < 0.5


NO_ULX = (
    "board is 'ulx'; the nearest names are ulx3s, ulx3s-85f, ulx3s-45f (`spikewright boards` lists "
    "all)"
)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: spw.load_task("digit"), ValueError,
         f"name is 'digit'; there are {', '.join(TASKS)}"),
        (lambda: spw.build_bitstream(TINY, board="ulx"), ValueError,
         NO_ULX),
        (lambda: spw.open_board(TINY, board="ulx"), ValueError, NO_ULX),
        (lambda: spw.simulate(TINY, SPIKES, board="ulx"), ValueError,
         NO_ULX),
        (lambda: spw.emit(TINY, name="- -"), ValueError,
         "name is '- -'; a module's name has a letter or a digit"),
        (lambda: spw.emit("net.spw"), ValueError,  # pyright: ignore[reportArgumentType]
         "network is 'net.spw'; it must be of the class Network or QuantizedNetwork"),
        (lambda: spw.emit(TINY, bus="apb"), ValueError,  # pyright: ignore[reportArgumentType]
         "bus is 'apb'; there are axi-stream, wishbone"),
        (lambda: spw.run_reference(TINY, SPIKES[0]), spw.DataError,
         "the input spikes are of shape 2 × 6; this network needs samples × 2 steps × 6 inputs"),
        (lambda: spw.train(spw.load_task(), seed=-1), ValueError,
         "seed is -1; it must be a whole number from 0 to 18446744073709551615"),
        (lambda: spw.emit_cores("lif", "perceptron"), spw.DataError,
         f"there is no core 'perceptron'; there are {', '.join(spw.CORES)}"),
    ],
)
def test_the_library_speaks_of_its_arguments(call, kind, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
    assert not [*tmp_path.iterdir()], "something was written"


@pytest.fixture(scope="module")
def answered():
    """What the simulated engine and the reference say of the same samples."""
    return spw.simulate(TINY, SPIKES), spw.run_reference(TINY, SPIKES)


#: Type checkers would refuse these calls.
UNTYPED: Any = spw
DESIGN = "it must be of the class EventDesign or StochasticDesign"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: UNTYPED.run_reference(TINY, SPIKES, design=spw.Streams()),
         f"design is Streams(length=256, source='sobol', encoding='sign_magnitude...; {DESIGN}"),
        (lambda: UNTYPED.simulate(TINY, SPIKES, design="x"), f"design is 'x'; {DESIGN}"),
        (lambda: UNTYPED.emit(TINY, design="x"), f"design is 'x'; {DESIGN}"),
        (lambda: UNTYPED.open_board(TINY, design="x"), f"design is 'x'; {DESIGN}"),
        (lambda: UNTYPED.build_bitstream(TINY, design="x"), f"design is 'x'; {DESIGN}"),
        (lambda: UNTYPED.build_bitstream(TINY, seeds=()),
         "seeds is empty; give at least one seed of the placer"),
        (lambda: UNTYPED.build_bitstream(TINY, seeds=(1.5,)),
         "seeds[0] is 1.5; it must be a whole number"),
        (lambda: UNTYPED.build_bitstream(TINY, limit_s=float("nan")),
         "limit_s is nan; it must be a finite number"),
        (lambda: UNTYPED.train("digits"), "task is 'digits'; it must be of the class Task"),
        (lambda: UNTYPED.train(spw.load_task(), "quick"),
         "config is 'quick'; it must be of the class TrainingConfig"),
        (lambda: UNTYPED.train(spw.load_task(), build=5), "build is 5; it must be a path"),
        (lambda: UNTYPED.train(spw.load_task(), progress=5),
         "progress is 5; it must be a function"),
        (lambda: UNTYPED.simulate(TINY, SPIKES, progress=None),
         "progress is None; it must be a function"),
        (lambda: UNTYPED.load_task("mnist", folder=5), "folder is 5; it must be a path"),
        (lambda: UNTYPED.load_task(folder="here"),
         "folder is given, but digits come with scikit-learn; leave it out"),
        (lambda: UNTYPED.emit(TINY, 5), "folder is 5; it must be a path"),
        (lambda: UNTYPED.emit(TINY, name=5), "name is 5; it must be a text"),
        (lambda: UNTYPED.emit_cores("lif", folder=5), "folder is 5; it must be a path"),
        (lambda: UNTYPED.emit_cores(["lif"]), "a core is ['lif']; it must be a text"),
        (lambda: UNTYPED.open_board(TINY, build=5), "build is 5; it must be a path"),
        (lambda: UNTYPED.open_board(TINY, port=None), "port is None; it must be a text"),
        (lambda: UNTYPED.build_bitstream(TINY, build=""), "build is ''; it must be a path"),
        (lambda: UNTYPED.read(5), "path is 5; it must be a path"),
        (lambda: UNTYPED.read("a\0b"), "path is 'a\\x00b'; it must be a path"),
        (lambda: UNTYPED.read_report(None), "path is None; it must be a path"),
        (lambda: UNTYPED.report_names(5), "directory is 5; it must be a path"),
        (lambda: UNTYPED.write_report(5), "report is 5; it must be of the class Report"),
        (lambda: UNTYPED.resources(5), "core is 5; it must be a text"),
        (lambda: UNTYPED.resources("lif", design=spw.EventDesign()),
         "design is given, but it is that of a network; leave it out for cores"),
        (lambda: UNTYPED.encode([[1.0]], None), "coding is None; it must be of the class Coding"),
        (lambda: UNTYPED.BOARDS["ulx3s"].at("80"), "clock_mhz is '80'; it must be a number"),
        (lambda: UNTYPED.Format.parse(5), "a number format is written like Q8.8, not 5"),
        (lambda: UNTYPED.write("net.spw", None),
         "quantized is None; it must be of the class QuantizedNetwork"),
        (lambda: UNTYPED.compare(None, None), "answers is None; it must be of the class Answers"),
        (lambda: UNTYPED.make_report(None, None, task=None, network=None),
         "answers is None; it must be of the class Answers"),
        (lambda: UNTYPED.compile_equations(5, threshold="v > 1", reset="v = 0"),
         "equations[0] is 5; it must be a text"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", threshold=5, reset="v = 0"),
         "threshold is 5; it must be a text"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=1),
         "readout is 1; it must be True or False"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=True, parameters=[1]),
         "parameters is [1]; it must be a mapping of names to values"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=True, units={"v": 5}),
         "units['v'] is 5; it must be a text"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=True, format="Q8.8"),
         "format is 'Q8.8'; it must be of the class Format"),
        (lambda: UNTYPED.compile_equations("dv/dt = i - v", readout=True, name="a-b"),
         "name is 'a-b'; it must be a name that Python takes, such as neuron"),
    ],
)
def test_another_kind_is_told_by_the_argument(call, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError) as caught:
        call()
    assert message in str(caught.value)
    assert "must be a whole number" in message or str(caught.value) == message
    assert not [*tmp_path.iterdir()], "something was written"


#: What is called with arguments, but for protocols, abstract classes and errors.
CALLED = [
    name for name in spw.__all__ if callable(call := getattr(spw, name))
    and not getattr(call, "_is_protocol", False) and not inspect.isabstract(call)
    and not (inspect.isclass(call) and issubclass(call, Exception))
]


@pytest.mark.parametrize("name", CALLED)
def test_none_is_no_argument(name, monkeypatch, tmp_path):
    """What has arguments says what is wrong with None in its own words, if anything is."""
    monkeypatch.chdir(tmp_path)
    call = getattr(spw, name)
    needed = [
        one for one in inspect.signature(call).parameters.values()
        if one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    ]
    by_name = {one.name: None for one in needed if one.kind is one.KEYWORD_ONLY}
    others = [None for one in needed if one.kind is one.POSITIONAL_OR_KEYWORD]
    with suppress(ValueError, spw.SpikewrightError):
        call(*others, **by_name) if needed else None
    assert not [*tmp_path.iterdir()], "something was written"


@pytest.mark.parametrize("spikes", [None, SPIKES[0], SPIKES[:, :, :5]])
def test_spikes_of_another_shape_are_not_decoded(spikes):
    coding = spw.Ttfs(inputs=6, steps=2)
    assert spw.decode(SPIKES, coding).shape == (3, 6)
    with pytest.raises(spw.DataError, match="they must be samples × 2 steps × 6 inputs"):
        spw.decode(spikes, coding)


@pytest.mark.parametrize("labels", [None, [1], "abc", np.zeros((3, 1), int), [0.0, 1.0, 2.0]])
def test_an_accuracy_is_of_as_many_labels(answered, labels):
    for one in answered:
        with pytest.raises(ValueError, match=r"labels is an array of .* each of the 3 samples"):
            one.accuracy(labels)


def test_predictions_may_be_a_tensor_or_a_list(answered):
    answers, expected = answered
    for kind in (torch.tensor, np.array, list):
        predictions = kind(expected.predictions.tolist())
        comparison = UNTYPED.compare(answers, expected, torch_predictions=predictions)
        assert comparison.equal
        assert comparison.compared["predictions of PyTorch"] == 3


@pytest.mark.parametrize("name", [name for name in TASKS if name != "digits"])
def test_a_task_without_its_files(name, monkeypatch, tmp_path):
    monkeypatch.delenv("SPIKEWRIGHT_DATA", raising=False)
    with pytest.raises(spw.DataError) as caught:
        spw.load_task(name)
    said = str(caught.value)
    assert re.match(rf"{name} needs its files: .*; get them from https?://\S+", said)
    assert said.endswith(
        ", and name their folder by folder=, or in the environment variable SPIKEWRIGHT_DATA"
    )
    with pytest.raises(spw.DataError) as caught:
        spw.load_task(name, folder=tmp_path)
    assert f" is neither in {tmp_path} nor in {tmp_path}/" in str(caught.value)


@pytest.mark.parametrize(
    "design",
    [None, spw.StochasticDesign(streams=spw.Streams(length=16), lanes=2)],
    ids=["event", "stochastic"],
)
def test_gateware_in_process_equals_its_reference(design):
    done: list[int] = []
    answers = spw.simulate(TINY, SPIKES, design=design, progress=done.append)
    expected = spw.run_reference(TINY, SPIKES, design=design)
    comparison = spw.compare(answers, expected)
    assert comparison.equal and sum(comparison.compared.values()) > 3 * 2 * (4 + 3)
    assert done == [1, 2, 3]
    assert answers.virtual and answers.simulator.startswith("Amaranth ")
    assert (answers.cycles > 0).all()
    other = spw.run_reference(TINY, ~SPIKES, design=design)
    assert not spw.compare(answers, other).equal


def readme() -> str:
    """Return the Python of the README."""
    text = (HOUSE / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(import spikewright as spw\n.*?)^```$", text, re.M | re.S)
    return block


def test_the_lines_of_the_readme_are_ten_statements_and_a_print():
    first, *statements, last = ast.parse(readme()).body
    assert isinstance(first, ast.Import) and ast.unparse(last).startswith("print(")
    assert len(statements) == 10


def code(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(one["source"]) for one in cells if one["cell_type"] == "code")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda one: one.stem)
def test_a_notebook_is_stored_without_outputs(notebook):
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None


def test_the_notebook_holds_the_lines_of_the_readme():
    lines = code(HOUSE / "docs" / "notebooks" / "digits.ipynb").splitlines()
    wanted = [line for line in readme().splitlines() if line]
    assert [line for line in lines if line in wanted] == wanted
