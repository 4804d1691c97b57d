"""Tasks of SymbiYosys: what there is to run, and on what."""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from amaranth.back import rtlil

from spikewright.cache import digest
from spikewright.errors import ToolError
from spikewright.files import write_if_changed
from spikewright.tools import find

__all__ = ["HOUSE", "KINDS", "Task", "tasks_of"]

HOUSE = Path(__file__).resolve().parents[2]
BUILD = Path("build") / "formal"  # below HOUSE, as the .sby files name it

#: Kinds of tasks, the mode of SymbiYosys each must be in, and the verdict it must come to.
KINDS = {
    "bmc": ("bmc", "PASS"),
    "prove": ("prove", "PASS"),
    "cover": ("cover", "PASS"),
    "fault": ("bmc", "FAIL"),
}


@dataclass(frozen=True)
class Task:
    """A task of a core's ``.sby`` file.

    ``content`` is the hash of all that its verdict depends on.
    """

    core: str
    name: str
    content: str

    @property
    def kind(self) -> str:
        """What the name begins with."""
        return self.name.split("_")[0]

    @property
    def folder(self) -> Path:
        """Working folder of SymbiYosys, below the house."""
        return BUILD / self.core / self.name

    @property
    def known(self) -> Path:
        """File that keeps the verdict."""
        return HOUSE / BUILD / self.core / f"{self.name}.json"


def tasks_of(core: str) -> list[Task]:
    """Write a core's specs as RTLIL and give its tasks.

    Raises :exc:`~spikewright.errors.ToolError` if the files of the core do not fit together.
    """
    recipe = HOUSE / "formal" / f"{core}.sby"
    source = recipe.with_suffix(".py")
    for file in (source, recipe):
        if not file.is_file():
            raise ToolError(f"{core} has no {file.relative_to(HOUSE)}; formal/README.md says how")
    names = _task_names(recipe)
    for kind in KINDS:
        if not any(name.split("_")[0] == kind for name in names):
            raise ToolError(f"formal/{recipe.name} lacks a {kind} task; every core has one")
    for name in names:
        if name.split("_")[0] not in KINDS:
            raise ToolError(
                f"formal/{recipe.name} has a task {name}; a name begins with {', '.join(KINDS)}"
            )
    texts = {}
    for name, spec in _load(source).specs().items():
        texts[name] = _name_properties(rtlil.convert(spec, name=name, ports=[], emit_src=False))
        write_if_changed(HOUSE / BUILD / core / f"{name}.il", texts[name])
    versions = {}
    for tool in ("sby", "yosys", "yosys-smtbmc", "yosys-abc", "z3"):
        found = find(tool)
        versions[tool] = None if found is None else found.version
    key = {"specs": texts, "recipe": recipe.read_text(), "versions": versions}
    return [Task(core, name, digest({**key, "task": name})) for name in names]


def _task_names(recipe: Path) -> list[str]:
    """Give the names in the ``[tasks]`` section."""
    section = re.search(r"^\[tasks\]\n(.*?)^\[", recipe.read_text(), re.MULTILINE | re.DOTALL)
    lines = section[1].splitlines() if section else []
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def _load(source: Path) -> ModuleType:
    """Import a spec by its path, for a core may bear the name of any other module."""
    spec = importlib.util.spec_from_file_location(f"formal_{source.stem}", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _name_properties(text: str) -> str:
    """Name each property's cell after its message, so that the tools' reports can be read."""
    pattern = re.compile(r'cell \$check \$\d+\n(\s+parameter \\FORMAT "(.*)"\n)')
    seen: dict[str, int] = {}

    def rename(match: re.Match[str]) -> str:
        name = re.sub(r"\W+", "_", match[2]).strip("_")
        seen[name] = seen.get(name, 0) + 1
        suffix = f"_{seen[name]}" if seen[name] > 1 else ""
        return f"cell $check \\{name}{suffix}\n{match[1]}"

    return pattern.sub(rename, text)
