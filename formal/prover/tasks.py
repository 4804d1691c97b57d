"""Tasks of SymbiYosys: what there is to run, and on what."""

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from amaranth import Elaboratable
from amaranth.back import rtlil

from faults import Faults
from spikewright.cache import digest
from spikewright.errors import ToolError
from spikewright.files import write_if_changed
from spikewright.tools import find
from spikewright_hw.cores import CORES, Core
from spikewright_hw.registry import for_core

from .recipe import recipe_of, task_names

__all__ = ["HOUSE", "KINDS", "Files", "Task", "load", "property_name", "stated_in", "tasks_of"]

HOUSE = Path(__file__).resolve().parents[2]
BUILD = Path("build") / "formal"  # below HOUSE, as the .sby files name it

#: Kinds of tasks, the modes of SymbiYosys each may be in, and the verdict it must come to.
KINDS = {
    "bmc": (("bmc",), "PASS"),
    "prove": (("prove",), "PASS"),
    "cover": (("cover",), "PASS"),
    "fault": (("bmc", "prove"), "FAIL"),
}


@dataclass(frozen=True)
class Task:
    """A task of a core's ``.sby`` file.

    ``recipe`` is the file, below the house. ``content`` is the hash of all that its verdict depends
    on. ``detectors`` are those of a
    ``fault`` task: for each fault, the names of the properties that it must turn red. A task is
    ``implied`` if it is a ``bmc`` of a spec that a ``prove`` task of the core proves for good.
    """

    core: str
    name: str
    recipe: Path
    content: str
    detectors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    implied: bool = False

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


@dataclass(frozen=True)
class Files:
    """The files of a core's proof, below the house: its own, or those of its kind.

    ``source`` has the specs. ``recipe`` is the ``.sby`` file, and ``text`` what it says; that of a
    kind is filled in, and written to ``build/formal``, where it can be run by hand.
    """

    core: Core
    source: Path
    recipe: Path
    text: str

    @classmethod
    def of(cls, core: str) -> "Files":
        """Find the files of a core.

        Raises :exc:`~spikewright.errors.ToolError` for one that is missing.
        """
        one = CORES[core]
        source, recipe = (
            one.file_in(HOUSE / "formal", suffix).relative_to(HOUSE) for suffix in (".py", ".sby")
        )
        for file in (source, recipe):
            if not (HOUSE / file).is_file():
                raise ToolError(f"{core} has no {file}; formal/README.md says how")
        text = (HOUSE / recipe).read_text()
        if recipe.stem != core:
            text = for_core(text, name=core, presets=one.presets)
            recipe = BUILD / core / f"{core}.sby"
            write_if_changed(HOUSE / recipe, text)
        return cls(one, source, recipe, text)

    def specs(self) -> dict[str, Elaboratable]:
        """Return the specs by name; those of a kind are told the core."""
        module = load(HOUSE / self.source)
        own = self.source.stem == self.core.name
        return module.specs() if own else module.specs(self.core.name)


def tasks_of(core: str) -> list[Task]:
    """Write a core's specs as RTLIL and return its tasks.

    Raises :exc:`~spikewright.errors.ToolError` if the files of the core do not fit together.
    """
    files = Files.of(core)
    recipe, text = files.recipe, files.text
    names = task_names(text)
    for kind in KINDS:
        if not any(name.split("_")[0] == kind for name in names):
            raise ToolError(f"{recipe} lacks a {kind} task; every core has one")
    for name in names:
        if name.split("_")[0] not in KINDS:
            raise ToolError(
                f"{recipe} has a task {name}; a name begins with {', '.join(KINDS)}"
            )
        recipe_of(text, name).check(file=str(recipe), task=name)
    specs = files.specs()
    texts = {}
    for name, spec in specs.items():
        texts[name] = _name_properties(rtlil.convert(spec, name=name, ports=[], emit_src=False))
        write_if_changed(HOUSE / BUILD / core / f"{name}.il", texts[name])
    detectors = {
        name: _detectors(files, name, specs) if name.split("_")[0] == "fault" else {}
        for name in names
    }
    planted = {one for by_fault in detectors.values() for red in by_fault.values() for one in red}
    proved = [name for name, spec in specs.items() if not isinstance(spec, Faults)]
    stated = set().union(*(stated_in(texts[name]) for name in proved))
    if unplanted := sorted(stated - planted):
        raise ToolError(
            f"{files.source} plants no fault that these properties find: {', '.join(unplanted)}"
        )
    versions = {}
    for tool in ("sby", "pyosys", "yosys", "yosys-smtbmc", "yosys-abc", "z3"):
        found = find(tool)
        versions[tool] = None if found is None else found.version
    spec_of = {name: recipe_of(text, name).script[0] for name in names}
    proved_for_good = {spec_of[name] for name in names if name.split("_")[0] == "prove"}
    key = {"specs": texts, "recipe": text, "versions": versions}
    return [
        Task(
            core,
            name,
            recipe,
            digest({**key, "task": name, "detectors": _sorted(detectors[name])}),
            detectors[name],
            implied=name.split("_")[0] == "bmc" and spec_of[name] in proved_for_good,
        )
        for name in names
    ]


def _detectors(
    files: Files, task: str, specs: Mapping[str, Elaboratable]
) -> dict[str, frozenset[str]]:
    """Return the names of the properties that each fault of a task must turn red."""
    name = f"{files.core.name}_{task}"
    spec = specs.get(name)
    if not isinstance(spec, Faults):
        raise ToolError(f"{files.source} has no Faults called {name} for task {task}")
    return {
        fault: frozenset(map(property_name, sentences))
        for fault, sentences in spec.detectors.items()
    }


def _sorted(detectors: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    return {fault: sorted(names) for fault, names in detectors.items()}


def load(source: Path) -> ModuleType:
    """Import a spec by its path, for a core may bear the name of any other module."""
    spec = importlib.util.spec_from_file_location(f"formal_{source.stem}", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stated_in(text: str) -> set[str]:
    """Return the names of the properties that a spec's RTLIL asserts."""
    cells = re.findall(r"cell \$check \\(\S+)\n((?:\s+parameter .*\n)+)", text)
    return {
        re.sub(r"__\d+$", "", name) for name, parameters in cells
        if '\\FLAVOR "assert"' in parameters
    }


def property_name(sentence: str) -> str:
    """Return the name that the tools have for a property."""
    return re.sub(r"\W+", "_", sentence).strip("_")


def _name_properties(text: str) -> str:
    """Name each property's cell after its message, so that the tools' reports can be read.

    Where a module says the same sentence again, ``__2`` and so on follow.
    """
    pattern = re.compile(r'cell \$check \$\d+\n(\s+parameter \\FORMAT "(.*)"\n)')

    def named(module: str) -> str:
        seen: dict[str, int] = {}

        def rename(match: re.Match[str]) -> str:
            name = property_name(match[2])
            seen[name] = seen.get(name, 0) + 1
            suffix = f"__{seen[name]}" if seen[name] > 1 else ""
            return f"cell $check \\{name}{suffix}\n{match[1]}"

        return pattern.sub(rename, module)

    return "".join(map(named, re.split(r"(?m)^(?=module )", text)))
