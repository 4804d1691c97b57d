"""Results by content: what was worked out once is found again, whatever exploration asks for it."""

from pathlib import Path
from typing import Any

from ..cache import digest
from ..files import write_json
from ..json_text import read_json
from ..quantized.network import QuantizedNetwork
from ..quantized.spw import read, write

__all__ = ["Refused", "Results"]


class Refused(Exception):
    """A point that cannot be: its message says why. The same would be refused again."""


class Results:
    """Files of results under a folder, each by the hash of what it depends on.

    ``networks/HASH.spw`` is a trained network; ``KIND/HASH.json`` holds what the result depends on,
    ``key``, and the figures, ``result``, or why there are none, ``refused``. Each appears complete
    or not at all, so an exploration that was interrupted goes on from what is there.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path):
        self._folder = folder

    def find(self, kind: str, key: dict[str, Any]) -> Any:
        """Return a result, or None if it is not there.

        Raises
        ------
        Refused
            There is no such thing, and why is known.
        """
        network = self._network(key)
        if kind == "networks" and network.is_file():
            return read(network)
        try:
            found = read_json(self._file(kind, key))
        except (OSError, ValueError):  # none, or one that somebody has changed: work it out again
            return None
        if not isinstance(found, dict) or found.get("key") != key:
            return None
        if "refused" in found:
            raise Refused(found["refused"])
        return found.get("result")

    def keep(self, kind: str, key: dict[str, Any], result: QuantizedNetwork | dict) -> None:
        """Store a result."""
        if isinstance(result, QuantizedNetwork):
            write(self._network(key), result)
        else:
            write_json(self._file(kind, key), {"key": key, "result": result})

    def refuse(self, kind: str, key: dict[str, Any], why: str) -> None:
        """Store that there is no such thing, and why."""
        write_json(self._file(kind, key), {"key": key, "refused": why})

    def _file(self, kind: str, key: dict[str, Any]) -> Path:
        return self._folder / kind / f"{digest(key)[:20]}.json"

    def _network(self, key: dict[str, Any]) -> Path:
        return self._folder / "networks" / f"{digest(key)[:20]}.spw"
