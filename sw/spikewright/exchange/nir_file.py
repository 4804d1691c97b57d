"""Reading a NIR file, and what is wrong with one that cannot be read: at its place, in words."""

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

from spikewright.errors import DataError

__all__ = ["read_nir"]

#: Fields of nodes that hold numbers, and no words or shapes.
_NUMBERS = ("weight", "bias", "scale", "threshold", "tau", "tau_mem", "tau_syn", "r", "w_in",
            "v_leak", "v_threshold", "v_reset")


def read_nir(path: Path) -> Any:
    """Return the ``nir.NIRGraph`` of a file.

    Raises
    ------
    DataError
        There is no such file, or it is not one that NIR reads; the sentence names the node.
    """
    import nir  # of an extra

    if not path.is_file():
        raise DataError(f"{path} does not exist; give a NIR file, such as snnTorch exports")
    try:
        return nir.read(path, type_check=False)
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{path} is no NIR file that nir {nir.version} reads: {next(_faults(path), said)}"
        ) from error


def _faults(path: Path) -> Iterator[str]:
    """Look for what is missing or unknown, in the order of the nodes."""
    import h5py  # which nir needs

    try:
        with h5py.File(path) as file:
            if "node" not in file:
                yield "it has no graph, a group named node"
            else:
                yield from _of_graph("", file["node"])
    except (OSError, AttributeError, KeyError, RuntimeError, TypeError, ValueError):
        return  # nothing that is better known than what nir says


def _of_graph(before: str, graph: Any) -> Iterator[str]:
    import nir

    for field in ("nodes", "edges"):
        if field not in graph:
            yield f"{before.rstrip('.') or 'the graph'} has no {field}"
    for name, node in graph["nodes"].items():
        name = before + name
        if "type" not in node:
            yield f"{name} does not say which kind of node it is"
            continue
        kind = node["type"][()].decode()
        if kind == "NIRGraph":
            yield from _of_graph(f"{name}.", node)
            continue
        if not is_dataclass(known := getattr(nir, kind, None)):
            yield f"{name} is a {kind}, which NIR {nir.version} does not have"
            continue
        ends = {"input_type", "output_type"}
        needed = {one.name for one in fields(known)
                  if one.init and one.default is MISSING and one.default_factory is MISSING} - ends
        for field in sorted({"shape"} if kind in ("Input", "Output") else needed):
            if field not in node:
                yield f"{name} is a {kind} without {field}"
        for field in _NUMBERS:
            if field in node and node[field].dtype.kind not in "biuf":
                yield f"{name}.{field} holds no real numbers"
