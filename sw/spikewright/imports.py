"""What a module depends on: the modules that it imports, found in their sources.

A result in the content-addressed cache (:mod:`spikewright.cache`) has the hash of these in its key,
so that no list of modules has to be kept by hand. Of a module counts what it does: comments,
docstrings, and the words of what it raises do not.
"""

import ast
import hashlib
import importlib.util
import platform
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["DISTRIBUTIONS", "Dependencies", "code_key", "dependencies"]

#: Packages whose modules are followed; others are known by their versions.
_OWN = ("spikewright", "spikewright_hw")
#: Names that packages are installed by, where these are not the names that they are imported by.
#: To look all of them up takes long.
DISTRIBUTIONS = {"dwave": "dwave-samplers", "serial": "pyserial", "sklearn": "scikit-learn"}


@dataclass(frozen=True)
class Dependencies:
    """What a module depends on, itself included.

    Parameters
    ----------
    files : dict of str to Path
        Source files by module, and files that a module names and that lie beside it, such as a
        template, by ``module:file``.
    packages : frozenset of str
        Packages of others, as they are imported; the standard library is not among them.
    """

    files: dict[str, Path]
    packages: frozenset[str]


@dataclass(frozen=True)
class _Parsed:
    """A source: nodes that may name a module or a file, and a hash of what it does."""

    nodes: tuple[ast.AST, ...]
    meaning: bytes


@dataclass(frozen=True)
class _Module:
    """What one module names: modules of its own packages, packages of others, files beside it."""

    path: Path
    imported: frozenset[str]
    packages: frozenset[str]
    data: frozenset[Path]


def dependencies(module: str) -> Dependencies:
    """Return what a module imports, directly or not, wherever in the text it does.

    A module that computes the name of what it imports (the registry of cores does) may import any
    module of its package, so all of them count. A module counts with the packages around it, for
    Python runs these first.

    Raises
    ------
    ModuleNotFoundError
        There is no such module.
    """
    files: dict[str, Path] = {}
    packages: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in files:
            continue
        found = _read(name)
        files[name] = found.path
        files |= {f"{name}:{path.name}": path for path in found.data}
        packages |= found.packages
        waiting += found.imported
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return Dependencies(dict(sorted(files.items())), frozenset(packages))


def code_key(module: str) -> dict[str, Any]:
    """Return the part of a cache's key that stands for code.

    Parameters
    ----------
    module : str
        The module that builds what is kept, by its full name: ``__name__`` there.

    Returns
    -------
    dict
        ``sources``, a hash over the files of :func:`dependencies`, of modules without what no
        result depends on: where statements stand, comments, docstrings and the words of errors;
        ``packages``, the version of each package that they import; ``python``, that of the
        language.
    """
    needed = dependencies(module)
    state = hashlib.sha256()
    for name, path in needed.files.items():
        content = path.read_bytes()
        if path.suffix == ".py":
            content = _parsed(content).meaning
        state.update(f"{name}\0{len(content)}\0".encode())
        state.update(content)
    return {
        "sources": state.hexdigest(),
        "packages": {name: _version(name) for name in sorted(needed.packages)},
        "python": platform.python_version(),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(DISTRIBUTIONS.get(package, package))
    except metadata.PackageNotFoundError:  # an optional package: its absence is a fact as well
        return None


def _spec(name: str):
    """Return the specification of an own module, or None if there is none of that name."""
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # its parent is no package
        return None
    return None if found is None or found.origin is None else found


@cache
def _exists(name: str) -> bool:
    return _spec(name) is not None


@cache
def _read(name: str) -> _Module:
    spec = _spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no source file for {name}")
    path = Path(spec.origin)
    package = name if spec.submodule_search_locations else name.rpartition(".")[0]
    named: set[str] = set()
    data: set[Path] = set()
    for node in _parsed(path.read_bytes()).nodes:
        match node:
            case ast.Import():
                named |= {alias.name for alias in node.names}
            case ast.ImportFrom():
                named |= set(_from(node, package))
            case ast.Call() if _computes_a_module(node):
                named |= set(_inside(package))
            case ast.Constant(value=str(text)) if _may_be_a_file(text):
                file = path.parent / text
                if file.is_file() and file.suffix != ".py":
                    data.add(file)
    own = {one for one in named if one.partition(".")[0] in _OWN and _exists(one)}
    tops = {one.partition(".")[0] for one in named} - set(_OWN) - sys.stdlib_module_names
    return _Module(path, frozenset(own), frozenset(tops), frozenset(data))


@cache
def _parsed(content: bytes) -> _Parsed:
    module = ast.parse(content)
    nodes = [deepcopy(node) for node in _nodes(module) if _may_name(node)]
    plain = ast.dump(_Plain().visit(module))
    return _Parsed(tuple(nodes), hashlib.sha256(plain.encode()).digest())


class _Plain(ast.NodeTransformer):
    """Takes from a source what no result depends on: docstrings, and the words of errors."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Drop a text that stands alone."""
        alone = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if alone else self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """Drop the texts of what is raised; what else it is made of stays."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                inner.value = ""
        return node


def _may_name(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Call():
            return _computes_a_module(node)
        case ast.Constant(value=str(text)):
            return _may_be_a_file(text)
    return False


def _nodes(module: ast.Module) -> Iterator[ast.AST]:
    """Yield all nodes but those of the module's ``__getattr__``.

    What is imported there is of those who ask the module for it (PEP 562). Of our own modules the
    command line alone does.
    """
    for statement in module.body:
        if not (isinstance(statement, ast.FunctionDef) and statement.name == "__getattr__"):
            yield from ast.walk(statement)


def _from(node: ast.ImportFrom, package: str) -> Iterator[str]:
    """Yield the module, and what is taken from it: a name, or a module in turn."""
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
    yield base
    yield from (f"{base}.{alias.name}" for alias in node.names)


def _computes_a_module(call: ast.Call) -> bool:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name == "import_module" and not isinstance(call.args[0], ast.Constant)


def _inside(package: str) -> Iterator[str]:
    """Yield all modules of a package and of those inside it."""
    spec = _spec(package)
    assert spec is not None and spec.origin is not None
    root = Path(spec.origin).parent
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        yield ".".join([package, *(part for part in parts if part != "__init__")])


def _may_be_a_file(text: str) -> bool:
    return 0 < len(text) < 80 and "." in text and "/" not in text and "\n" not in text
