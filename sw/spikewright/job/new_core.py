"""Laying out the files of a new core."""

import importlib.util
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from spikewright_hw.cores import Core

from ..errors import SpikewrightError
from ..files import write_text
from ..gateware.fusesoc import core_file, core_path

__all__ = [
    "REGISTRY", "Planned", "check_name", "lay_out", "new_core", "register", "registry_text",
    "render",
]

#: Templates, and the file each becomes. The registry's line comes last, when all else is there.
FILES = {
    "component.py.j2": "hw/spikewright_hw/{folder}/{name}.py",
    "test.py.j2": "tests/hw/test_{name}.py",
    "sim.py.j2": "sim/test_{name}.py",
    "formal.py.j2": "formal/{name}.py",
    "formal.sby.j2": "formal/{name}.sby",
    "page.md.j2": "docs/cores/{name}.md",
}
LONGEST = 24
REGISTRY = Path("hw/spikewright_hw/cores.py")


@dataclass(frozen=True)
class Planned(Core):
    """A core whose module is not written yet.

    Parameters
    ----------
    names : tuple of str
        Its presets by name.
    """

    names: tuple[str, ...]

    @property
    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Parameter sets by name; what is in them is not known yet."""
        return {name: {} for name in self.names}


def new_core(name: str, *, family: str, root: Path) -> list[Path]:
    """Lay out a core that passes its tests, testbench and proofs, to be changed into another.

    As laid out it is a registered stream stage that adds one. Either all files are written and the
    core is in the registry, or nothing is changed.

    Parameters
    ----------
    name : str
        Stem of all its files: lower-case words joined by underscores.
    family : str
        Folder of ``hw/spikewright_hw`` that it goes to.
    root : Path
        The checkout.

    Returns
    -------
    list of Path
        Files written, the registry last.

    Raises
    ------
    SpikewrightError
        The name cannot be used or is taken, there is no such family, or ``root`` is no checkout.
    StorageError
        A file cannot be written.
    """
    old = registry_text(root)
    _check_family(family, root=root)
    check_name(name, registry=old, root=root)
    words = {
        "name": name,
        "family": family,
        "folder": family.replace(".", "/"),
        "class_name": "".join(word.capitalize() for word in name.split("_")),
        "title": name.replace("_", " ").capitalize(),
    }
    texts = render("core", FILES, words, root=root)
    planned = Planned(family, name, ("w4", "w8"))
    texts[core_path(planned, root=root)] = core_file(planned)
    return lay_out(texts, {root / REGISTRY: register(old, name=name, family=family)}, root=root)


def registry_text(root: Path) -> str:
    """Return the text of a checkout's registry, or raise :exc:`SpikewrightError`."""
    registry = root / REGISTRY
    if not registry.is_file():
        raise SpikewrightError(
            f"{root} is no checkout of Spikewright, for it has no {REGISTRY}; change to one"
        )
    return registry.read_text(encoding="utf-8")


def lay_out(new: Mapping[Path, str], changed: Mapping[Path, str], *, root: Path) -> list[Path]:
    """Write new files and then changed ones; all of them, or none.

    Raises
    ------
    SpikewrightError
        A new file exists already.
    StorageError
        A file cannot be written.
    """
    before = {path: path.read_text(encoding="utf-8") for path in changed}
    for path in new:
        if path.exists():
            there = path.relative_to(root)
            raise SpikewrightError(f"{there} exists already; take another name")
    written: list[Path] = []
    try:
        for path, text in (*new.items(), *changed.items()):
            write_text(path, text)
            written.append(path)
    except BaseException:
        for path in written:
            if path in before:
                write_text(path, before[path])
            else:
                path.unlink(missing_ok=True)
        raise
    return written


def _check_family(family: str, *, root: Path) -> None:
    package = root / "hw" / "spikewright_hw"
    packages = sorted(
        ".".join(path.parent.relative_to(package).parts)
        for path in package.glob("*/**/__init__.py")
    )
    if family not in packages:
        raise SpikewrightError(f"there is no family {family!r}; there are {', '.join(packages)}")


def check_name(name: str, *, registry: str, root: Path) -> None:
    """Raise :exc:`SpikewrightError` unless a core may have this name."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise SpikewrightError(
            f"{name!r} cannot name a core; a name is lower-case words joined by underscores, "
            "such as parallel_counter"
        )
    if len(name) > LONGEST:
        raise SpikewrightError(
            f"{name} has {len(name)} letters; a core's name has at most {LONGEST}, so that lines "
            "with it stay short"
        )
    if re.search(rf'Core\("[\w.]+", "{name}"\)', registry):
        raise SpikewrightError(f"there is a core {name} already; take another name")
    taken = any((root / folder / name).exists() for folder in ("formal", "sim"))
    if taken or importlib.util.find_spec(name) is not None:
        raise SpikewrightError(
            f"{name} is the name of a Python module, which formal/{name}.py would hide; "
            "take another name"
        )


def render(
    folder: str, files: Mapping[str, str], words: Mapping[str, Any], *, root: Path
) -> dict[Path, str]:
    """Fill the templates of a folder in; ``files`` are their names, and the file each becomes."""
    environment = Environment(
        loader=PackageLoader("spikewright.job", f"templates/{folder}"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    return {
        root / path.format_map(words): environment.get_template(template).render(words)
        for template, path in files.items()
    }


def register(text: str, *, name: str, family: str) -> str:
    """Put the core's line behind the last one of its family, or else behind the last of all."""
    lines = text.splitlines(keepends=True)
    pattern = re.compile(r'\s+Core\("[\w.]+", "\w+"\),')
    cores = [index for index, line in enumerate(lines) if pattern.match(line)]
    if not cores:
        raise SpikewrightError(f"{REGISTRY} lists no core by a line of its own; restore that form")
    kin = [index for index in cores if f'Core("{family}",' in lines[index]]
    last = (kin or cores)[-1]
    indent = re.match(r"\s*", lines[last])
    lines.insert(last + 1, f'{indent[0] if indent else ""}Core("{family}", "{name}"),\n')
    return "".join(lines)
