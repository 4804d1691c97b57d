"""Bitstreams that were built here, each in a folder with what belongs to it.

``build/bitstreams/BOARD-DIGEST`` has the bitstream, its constraints, ``report.json`` with its
figures, ``load.txt`` with the command that loads it, and, of a network, ``certificate.json``
(:mod:`.certificate`).
"""

import hashlib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import storage_errors, write_bytes, write_json, write_text
from ..json_text import read_json
from .board import Board

__all__ = ["REPORT", "built_here", "commands", "constraints_of", "keep"]

#: The record beside a bitstream.
REPORT = "report.json"


def commands(board: Board, bitstream: Path) -> list[str]:
    """Return the commands that load a bitstream, the one that does not outlast power first.

    Those of another programmer come after these.
    """
    return [
        shlex.join([*command, str(bitstream)])
        for command in (board.load, board.flash, board.load_else, board.flash_else) if command
    ]


def constraints_of(board: Board) -> str:
    """Return the name of the file of a board's constraints."""
    return f"design.{board.family.flow.suffix}"


def keep(
    packed: Path, *, constraints: str, board: Board, report: Mapping[str, Any], build: Path
) -> Path:
    """Lay a bitstream down with what belongs to it; return its path.

    Parameters
    ----------
    packed : Path
        What the packer wrote.
    constraints : str
        Of its pins.
    board : Board
    report : mapping
        Figures and names, for :data:`REPORT`; those of the board are added.
    build : Path
        Folder of everything generated.

    Raises
    ------
    StorageError
        A file cannot be written.
    """
    content = packed.read_bytes()
    folder = build / "bitstreams" / f"{board.name}-{hashlib.sha256(content).hexdigest()[:8]}"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / packed.name
    write_bytes(path, content)
    write_text(folder / constraints_of(board), constraints)
    write_text(folder / "load.txt", "".join(f"{line}\n" for line in commands(board, path)))
    device = {"board": board.name, "part": board.device.label, "family": board.family.name}
    write_json(folder / REPORT, {**device, **report})
    return path


def built_here(build: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the records of the bitstreams of a folder, by board; what cannot be read is none."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted((build / "bitstreams").glob(f"*/{REPORT}")):
        try:
            record = read_json(file)
            found.setdefault(record["board"], []).append(record)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found
