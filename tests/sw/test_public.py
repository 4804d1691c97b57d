"""The public face: what is exported, what importing it costs, and what is said of it."""

import ast
import builtins
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

import spikewright as spw
from spikewright.pages.api_page import API, api_page, themes
from spikewright.public import homes

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
