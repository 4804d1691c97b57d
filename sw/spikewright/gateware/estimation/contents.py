"""What an elaborated design holds, counted in its RTLIL: bits of operations, registers, memories.

No tool runs: the text that Amaranth writes is read line by line. What synthesis makes of it follows
from these counts about linearly; :mod:`.sizes` has by which coefficients.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from spikewright_hw.engine.ram_style import LOADED

__all__ = ["KINDS", "Contents", "Memory", "contents_of", "joined"]

KINDS = (
    "sum", "chain", "comparison", "equality", "gate", "reduction", "choice", "case", "shift",
    "product",
)
"""What is counted beside registers and memories, in bits, but for ``chain``, which counts sums.

``reduction`` is a gate of many inputs; ``choice`` are multiplexers; ``case`` bits that are assigned
under a condition.
"""


#: In the path of memories whose words go to a register next: to synthesis, they are registered.
_REGISTERED = ".trace."


@dataclass(frozen=True)
class Memory:
    """A memory of a design.

    Parameters
    ----------
    width, depth : int
    style : str
        What its attribute asks for: ``"block"``, ``"logic"``, or nothing.
    writable, clocked : bool
        Whether it is written, and whether all its read ports are registered, in it or behind it.
    ports : int
        Read ports.
    loaded : bool
        Whether a host fills it, so that it may be of a kind that no bitstream fills.
    """

    width: int
    depth: int
    style: str
    writable: bool
    clocked: bool
    ports: int
    loaded: bool = False


@dataclass
class Contents:
    """Counts of a module, or of several.

    Parameters
    ----------
    bits : dict of str to int
        By :data:`KINDS`.
    registers : int
        Bits of flip-flops.
    memories : list of Memory
    """

    bits: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    registers: int = 0
    memories: list[Memory] = field(default_factory=list)

    def add(self, kind: str, bits: int) -> None:
        """Count some bits more."""
        self.bits[kind] += bits


def joined(contents: "Iterator[Contents] | list[Contents]") -> Contents:
    """Return the counts of several modules together."""
    total = Contents()
    for one in contents:
        for kind, bits in one.bits.items():
            total.add(kind, bits)
        total.registers += one.registers
        total.memories += one.memories
    return total


def contents_of(source: str) -> dict[str, Contents]:
    """Return what each module of a design holds, by its path, such as ``design.top.engine``.

    Parameters
    ----------
    source : str
        RTLIL, as :func:`spikewright.gateware.pins.elaborate` writes it.
    """
    found: dict[str, Contents] = {}
    for name, lines in _modules(source):
        contents = _Module(lines).contents()
        if _REGISTERED in f"{name}.":
            contents.memories = [replace(one, clocked=True) for one in contents.memories]
        found[name] = contents
    return found


def _modules(source: str) -> Iterator[tuple[str, list[str]]]:
    name, lines = "", []
    for line in source.splitlines():
        if line.startswith("module "):
            name, lines = line.split()[1].removeprefix("\\"), []
        elif line == "end":
            yield name, lines
        else:
            lines.append(line.strip())


@dataclass
class _Cell:
    """A cell: its parameters that are whole numbers, and what its ports are connected to."""

    kind: str
    parameters: dict[str, int] = field(default_factory=dict)
    connections: dict[str, str] = field(default_factory=dict)
    memory: str = ""

    def width(self, port: str) -> int:
        return self.parameters.get(f"{port}_WIDTH", 0)


_ASSIGN = re.compile(r"assign \S+(?: \[(\d+)(?::(\d+))?\])?")


class _Module:
    """One module, line by line."""

    def __init__(self, lines: list[str]):
        self.lines = iter(lines)
        self.made = Contents()
        self.memories: dict[str, tuple[int, int, str, bool]] = {}
        self.ports: dict[str, list[_Cell]] = defaultdict(list)
        self.style, self.loaded = "", False

    def contents(self) -> Contents:
        """Read all lines."""
        for line in self.lines:
            word = line.partition(" ")[0]
            if word == "attribute":
                if "m_style" in line:  # rom_style and ram_style
                    self.style = line.split('"')[1]
                self.loaded |= any(name in line for name in LOADED)
                continue
            if word == "memory":
                _, _, width, _, depth, name = line.split()
                self.memories[name] = int(width), int(depth), self.style, self.loaded
            elif word == "cell":
                self._cell(self._read_cell(line.split()[1]))
            elif word == "process":
                self._process()
            self.style, self.loaded = "", False
        for name, (width, depth, style, loaded) in self.memories.items():
            reads = [cell for cell in self.ports[name] if cell.kind == "$memrd_v2"]
            self.made.memories.append(Memory(
                width, depth, style,
                writable=any(cell.kind == "$memwr_v2" for cell in self.ports[name]),
                clocked=all(cell.parameters.get("CLK_ENABLE") for cell in reads),
                ports=len(reads), loaded=loaded,
            ))
        return self.made

    def _read_cell(self, kind: str) -> _Cell:
        cell = _Cell(kind)
        for line in self.lines:
            if line == "end":
                break
            word, name, *value = line.split(" ", 2)
            if word == "parameter" and value:
                text = value[0]
                if text.isdecimal():
                    cell.parameters[name[1:]] = int(text)
                elif name == "\\MEMID":
                    cell.memory = text.strip('"').replace("\\\\", "\\")
            elif word == "connect" and value:
                cell.connections[name[1:]] = value[0]
        return cell

    def _cell(self, cell: _Cell) -> None:
        if cell.memory:
            self.ports[cell.memory].append(cell)
        elif (count := _COUNTED.get(cell.kind)) is not None:
            for kind, bits in count(cell):
                self.made.add(kind, bits)
        elif cell.kind.startswith(("$dff", "$adff")):
            self.made.registers += cell.parameters["WIDTH"]

    def _process(self) -> None:
        """Count the bits that are assigned under a condition; a reset costs none."""
        switches: list[bool] = []  # whether each is of the reset
        for line in self.lines:
            word = line.partition(" ")[0]
            if word == "switch":
                switches.append(line.startswith("switch \\rst"))
            elif word == "end":
                if not switches:
                    return
                switches.pop()
            elif word == "assign" and switches and not any(switches):
                match = _ASSIGN.match(line)
                assert match is not None
                high, low = match[1], match[2]
                self.made.add("case", int(high) - int(low) + 1 if low else 1)


#: Most bits of a gate of many inputs that count: of wider ones, as a search has them, synthesis
#: shares parts.
_SHARED = 6

_CONSTANT = re.compile(r"(\d+)'[01x-]+")


def _known(cell: _Cell, port: str) -> int:
    """Return how many bits of an operand are constants, which cost next to nothing."""
    return sum(int(bits) for bits in _CONSTANT.findall(cell.connections.get(port, "")))


def _open(cell: _Cell, port: str) -> int:
    """Return how many bits of an operand are no constants."""
    width = cell.parameters.get("WIDTH", 0) if cell.kind == "$mux" else cell.width(port)
    return max(0, width - _known(cell, port))


def _sum(cell: _Cell) -> Iterator[tuple[str, int]]:
    a, b = _open(cell, "A"), _open(cell, "B")
    wider = max(cell.width("A"), cell.width("B")) + 1 if a and b else max(a, b)
    yield "sum", min(cell.width("Y"), wider)
    yield "chain", 1


def _compared(cell: _Cell) -> Iterator[tuple[str, int]]:
    yield "comparison", max(_open(cell, "A"), _open(cell, "B"))


def _equal(cell: _Cell) -> Iterator[tuple[str, int]]:
    a, b = _open(cell, "A"), _open(cell, "B")
    yield "equality" if a and b else "gate", max(a, b)


def _chosen(cell: _Cell) -> Iterator[tuple[str, int]]:
    known = max(_known(cell, "A"), _known(cell, "B"))
    yield "choice", cell.parameters["WIDTH"] - known
    yield "gate", known


def _gate(cell: _Cell) -> Iterator[tuple[str, int]]:
    yield "gate", min(_open(cell, "A"), _open(cell, "B"))


def _reduced(cell: _Cell) -> Iterator[tuple[str, int]]:
    yield "reduction", min(_open(cell, "A"), _SHARED)


def _shift(cell: _Cell) -> Iterator[tuple[str, int]]:
    if _open(cell, "B"):
        yield "shift", cell.width("Y") * cell.width("B")


def _product(cell: _Cell) -> Iterator[tuple[str, int]]:
    yield "product", _open(cell, "A") * _open(cell, "B")


#: What each cell counts as; one that is not here costs nothing.
_COUNTED: dict[str, Callable[[_Cell], Iterator[tuple[str, int]]]] = {
    **dict.fromkeys(("$add", "$sub", "$neg"), _sum),
    **dict.fromkeys(("$lt", "$le", "$gt", "$ge"), _compared),
    **dict.fromkeys(("$eq", "$ne"), _equal),
    **dict.fromkeys(("$and", "$or", "$xor"), _gate),
    **dict.fromkeys(("$reduce_and", "$reduce_or", "$reduce_bool", "$reduce_xor"), _reduced),
    **dict.fromkeys(("$shl", "$shr", "$sshl", "$sshr", "$shift", "$shiftx"), _shift),
    "$mux": _chosen,
    "$mul": _product,
}
