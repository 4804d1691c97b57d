"""Loading a bitstream into a board, after a look at which device is there."""

import re
from pathlib import Path
from typing import Literal

from .. import tools
from ..errors import BuildError, DeviceError
from .board import BOARDS, Board
from .parts import PARTS

__all__ = ["Way", "check_loading", "load"]

Way = Literal["load", "flash"]

#: What a JTAG programmer says of a device it finds.
_IDCODE = re.compile(r"\bidcode:?\s+(0x[0-9a-f]+)", re.IGNORECASE)
#: The programmers that can say which device is there, and what asks them.
_DETECTS = {"openFPGALoader": "--detect", "ecpprog": "-t"}
#: Options that say where a bitstream goes, and mean nothing to a question.
_WHERE = ("-f", "-S")
#: Bits of an identification that are the version of the device.
_VERSION = 0xF0000000


def check_loading(board: Board, way: Way) -> tools.Tool:
    """Return the tool that loads a board, before any work.

    Raises
    ------
    DeviceError
        The board cannot be loaded in this way.
    ToolError
        The tool is missing.
    """
    return _programmer(board, way)[0]


def _programmer(board: Board, way: Way) -> tuple[tools.Tool, list[str]]:
    """Return the tool that loads a board, and its options."""
    command, other = getattr(board, way), getattr(board, f"{way}_else")
    if not command:
        raise DeviceError(
            f"{board.title} is loaded by way of its flash memory alone; use load='flash'"
            if board.flash else f"there is no command that would load {board.title}"
        )
    if other and tools.find(command[0]) is None and tools.find(other[0]) is not None:
        command = other
    return tools.require(command[0]), [*command[1:]]


def load(bitstream: Path, *, board: Board, way: Way = "load", build: Path = Path("build")) -> None:
    """Load a bitstream, or write it into the board's flash memory.

    Where the programmer can tell which device is there, it is asked first.

    Raises
    ------
    DeviceError
        No device, or another one, is there; or the board cannot be loaded in this way.
    ToolError
        The tool is missing.
    """
    tool, options = _programmer(board, way)
    if tool.name in _DETECTS and board.device.idcode:
        _check_device(tool, [one for one in options if one not in _WHERE], board, build)
    log = build / "logs" / "loading.log"
    try:
        tools.run(tool, [*options, str(bitstream)], cwd=Path(), log=log)
    except BuildError as error:
        raise DeviceError(f"{board.title} was not loaded: {error}") from error


def _check_device(tool: tools.Tool, options: list[str], board: Board, build: Path) -> None:
    log = build / "logs" / "detecting.log"
    try:
        tools.run(tool, [*options, _DETECTS[tool.name]], cwd=Path(), log=log)
    except BuildError as error:
        raise DeviceError(
            f"no device answers on the programming cable of {board.title}; plug it in and switch "
            f"it on: {error}"
        ) from error
    found = _IDCODE.search(log.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise DeviceError(
            f"no device answers on the programming cable of {board.title}; plug it in and switch "
            f"it on (see {log})"
        )
    idcode = int(found[1], 16)
    if _same(idcode, board.device.idcode):
        return
    known = [name for name, part in PARTS.items() if part.idcode and _same(idcode, part.idcode)]
    label = PARTS[known[0]].label if known else f"an unknown device, {found[1]}"
    others = [other.name for other in BOARDS.values() if other.part in known]
    kin = [name for name in others if name.split("-")[0] == board.name.split("-")[0]]
    advice = f"; is it board={kin[0]!r}?" if kin else ""
    raise DeviceError(
        f"the device on the programming cable is {label}, not the {board.device.label} of "
        f"{board.title}, and was not loaded{advice}"
    )


def _same(idcode: int, other: int) -> bool:
    version = 0 if other & _VERSION else _VERSION
    return idcode | version == other | version
