"""What a cached result depends on: derived from imports, checked against what Python loads."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import spikewright
import spikewright_hw
from spikewright.imports import code_key, dependencies

PACKAGES = [Path(str(package.__file__)).parent for package in (spikewright, spikewright_hw)]
OWN = {package.name for package in PACKAGES}


def stages() -> list[str]:
    """Return the modules that keep results whose key holds no text that code has made."""
    found = []
    rooms = (PACKAGES[0] / room for room in ("bench", "device", "job"))
    for path in (path for room in rooms for path in sorted(room.rglob("*.py"))):
        names = {node.id for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, ast.Name)}
        if "cached" in names:
            found.append(".".join(path.relative_to(PACKAGES[0].parent).with_suffix("").parts))
    return found


STAGES = stages()
#: Those whose key holds what follows from the code, and not the code: emitted gateware.
BY_CONTENT = ("spikewright.bench.engine.simulation",)


def run(code: str, *arguments: str, path: Path) -> list[str]:
    """Run code that finds the packages in a folder, and return the words that it prints."""
    code = f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.fixture
def tree(tmp_path) -> Path:
    """A copy of both packages, which a test may change."""
    for package in PACKAGES:
        shutil.copytree(
            package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def test_the_stages_that_keep_results_are_these():
    assert STAGES == [
        "spikewright.bench.engine.simulation", "spikewright.bench.stochastic_engine.parts",
        "spikewright.bench.training_seeds", "spikewright.device.compiled",
        "spikewright.device.demo", "spikewright.job.training",
    ]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in BY_CONTENT])
def test_every_stage_has_its_code_in_its_key(stage):
    source = dependencies(stage).files[stage].read_text()
    assert '"code": code_key(__name__)' in source


LOADED = """
import importlib, sys

for stage in sys.argv[1:]:
    for name in [name for name in sys.modules if name.partition(".")[0] in {own!r}]:
        del sys.modules[name]
    importlib.import_module(stage)
    print(stage, ",".join(name for name in sys.modules if name.partition(".")[0] in {own!r}))
"""


def test_whatever_python_loads_for_a_stage_is_among_its_dependencies():
    words = run(LOADED.format(own=OWN), *STAGES, path=PACKAGES[0].parent)
    loaded = {stage: set(names.split(",")) for stage, names in zip(*[iter(words)] * 2, strict=True)}
    assert list(loaded) == STAGES
    for stage, own in loaded.items():
        assert stage in own
        assert own <= dependencies(stage).files.keys()


@pytest.mark.parametrize("stage", STAGES)
def test_every_package_of_others_has_a_version(stage):
    versions = code_key(stage)["packages"]
    assert versions and None not in versions.values()


def test_the_layers_that_a_training_lacked_are_there():
    found = dependencies("spikewright.job.training").files
    assert {"spikewright_hw.layer", "spikewright_hw.fixed"} <= found.keys()


def test_what_is_not_imported_is_not_there():
    found = dependencies("spikewright.job.training").files
    assert not {"spikewright.cli", "spikewright.job.run", "spikewright_hw.board"} & found.keys()


def test_a_registry_depends_on_all_that_it_may_import():
    found = dependencies("spikewright_hw.cores").files
    assert "spikewright_hw.link.uart_rx" in found


def test_a_file_that_a_module_names_counts():
    found = dependencies("spikewright.device.compiled").files
    assert "spikewright.device.virtual:virtual_board.cpp" in found


CHANGES = """
import sys
from pathlib import Path
from spikewright.imports import code_key, dependencies

root, stage = Path(sys.path[0]), "spikewright.device.compiled"
needed = dependencies(stage).files
before = code_key(stage)["sources"]
for path in [*root.rglob("*.py"), *root.rglob("*.cpp")]:
    content = path.read_bytes()
    path.write_bytes(content + b"\\nchanged = 1;\\n")
    changed = code_key(stage)["sources"] != before
    path.write_bytes(content)
    if changed != (path in needed.values()):
        print(path.relative_to(root))
print("checked", len(needed))
"""


def test_a_change_of_a_dependency_and_of_nothing_else_changes_the_key(tree):
    found = run(CHANGES, path=tree)
    assert found[:-1] == ["checked"]
    assert int(found[-1]) > 30


MEANT = """
import sys
from pathlib import Path
from spikewright.imports import code_key

path, stage = Path(sys.path[0]) / "spikewright/coding/ttfs.py", "spikewright.job.training"
content = path.read_text()
before = code_key(stage)["sources"]
for number in range(1, len(sys.argv), 2):
    old, new = sys.argv[number:number + 2]
    assert old in content, old
    path.write_text(content.replace(old, new, 1))
    print(code_key(stage)["sources"] != before)
path.write_text(content)
"""


def test_what_a_module_does_counts_and_not_what_it_says(tree):
    path = tree / "spikewright" / "coding" / "ttfs.py"
    with path.open("a") as file:
        file.write('''
def lifted(height):
    """Return one more."""
    # Of any height.
    if height < 0:
        raise ValueError(f"height is {height}; give more")
    return height + 1
''')
    said = (
        ("Return one more.", "Lift it."), ("Of any height.", "None."),
        ("; give more", "; take more"), ("height + 1", "(height\n        + 1)"),
    )
    does = (
        ("height + 1", "height + 2"), ("height < 0", "height <= 0"),
        ("is {height}", "is {-height}"), ("raise ValueError(f\"height", "raise KeyError(f\"height"),
        ("return height", "height += 1; return height"),
    )
    for pairs, changed in ((said, "False"), (does, "True")):
        found = run(MEANT, *(text for pair in pairs for text in pair), path=tree)
        assert found == [changed] * len(pairs)


def test_a_module_that_does_not_exist():
    with pytest.raises(ModuleNotFoundError, match=r"^no source file for spikewright\.nothing$"):
        dependencies("spikewright.nothing")
