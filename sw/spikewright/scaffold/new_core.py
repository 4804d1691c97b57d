"""Laying out the files of a new core."""

import importlib.util
import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from spikewright_hw.checks import pathlike
from spikewright_hw.registry import Entry, listed

from ..errors import SpikewrightError
from ..files import write_text

__all__ = ["REGISTRY", "check_name", "lay_out", "new_core", "register", "registry_text", "render"]

#: Templates, and the file each becomes. The registry's line comes last, when all else is there.
FILES = {
    "component.py.j2": "hw/spikewright_hw/{folder}/{name}.py",
    "test.py.j2": "tests/hw/test_{name}.py",
    "sim.py.j2": "sim/benches/{name}.py",
    "formal.py.j2": "formal/{name}.py",
    "formal.sby.j2": "formal/{name}.sby",
    "page.md.j2": "docs/cores/{name}.md",
}
LONGEST = 24
REGISTRY = Path("hw/spikewright_hw/cores.txt")


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
    root = pathlike("root", root)
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
    entry = Entry(family, name, kind=name)
    return lay_out(texts, {root / REGISTRY: register(old, entry)}, root=root)


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
    if any(entry.name == name for entry in listed(registry)):
        raise SpikewrightError(f"there is a core {name} already; take another name")
    for there in (f"sim/benches/{name}.py", f"formal/{name}.py"):
        if (root / there).exists():
            raise SpikewrightError(f"{there} exists already; take another name")
    if (root / "formal" / name).exists() or importlib.util.find_spec(name) is not None:
        raise SpikewrightError(
            f"{name} is the name of a Python module, which formal/{name}.py would hide; "
            "take another name"
        )


def render(
    folder: str, files: Mapping[str, str], words: Mapping[str, Any], *, root: Path
) -> dict[Path, str]:
    """Fill the templates of a folder in; ``files`` are their names, and the file each becomes."""
    environment = Environment(
        loader=PackageLoader("spikewright.scaffold", f"templates/{folder}"),
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


def register(text: str, entry: Entry) -> str:
    """Return the registry with one more line: after the last of its family, or else at the end."""
    lines = text.splitlines()
    kin = [n for n, line in enumerate(lines) if line.split()[:1] == [entry.family]]
    lines.insert(kin[-1] + 1 if kin else len(lines), entry.line)
    return "\n".join(lines) + "\n"
