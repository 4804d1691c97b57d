"""What the library exports, read from the stub of its package: one list for people and programs."""

import ast
from pathlib import Path

__all__ = ["homes"]


def homes(package: str) -> dict[str, tuple[str, str]]:
    """Return where each public name of a package is defined, in the order of its stub.

    Parameters
    ----------
    package : str
        Path of the package's ``__init__.py``; the stub ``__init__.pyi`` lies beside it.

    Returns
    -------
    dict of str to tuple of str
        By name: the module that defines it, as an import of the package takes it
        (``.gateware.emit``), and its name there.
    """
    stub = Path(package).with_suffix(".pyi")
    found = {}
    for node in ast.parse(stub.read_bytes()).body:
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found |= {alias.asname or alias.name: (module, alias.name) for alias in node.names}
    return found
