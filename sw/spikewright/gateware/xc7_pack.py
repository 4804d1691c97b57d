"""Pack an Artix-7 bitstream: from nextpnr's features to frames, by Project X-Ray's data base.

A program for :mod:`.families.xc7`, of the standard library alone::

    python xc7_pack.py DATABASE XC7FRAMES2BIT PART FEATURES BITSTREAM

``FEATURES`` is FASM, a line for each thing that is switched on in a tile of the device. A frame is
101 words of 32 bits; from a list of them, ``xc7frames2bit`` of Project X-Ray makes the file. The
data base says of each tile where its bits are (``tilegrid.json``), and of each kind of tile which
bits a feature sets or leaves (``segbits_*.db``), and which features need none (``ppips_*.db``);
github.com/f4pga/prjxray describes it in docs/dev_database.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

__all__ = ["Database", "assemble", "features", "main"]

WORDS = 101
"""Words of a frame."""

#: A feature with an index and a value, such as ``TILE.SITE.INIT[63:0] = 64'b01...``.
_LINE = re.compile(r"(?P<name>[^\s\[=]+)(\[(?P<high>\d+)(:(?P<low>\d+))?\])?"
                   r"(\s*=\s*(\d+'(?P<base>[bh]))?(?P<value>[0-9a-fA-F_]+))?")
#: The index of a bit at the end of a name in the data base, with zeros before it.
_INDEX = re.compile(r"\[0*(\d+)\]$")
#: The day and the time in the header of a file, and what stands there instead, so that the same
#: features give the same file.
_DATE = re.compile(rb"\d{4}/\d\d/\d\d(\0d\0\x09)\d\d:\d\d:\d\d")
_NO_DATE = rb"1970/01/01\g<1>00:00:00"


@dataclass(frozen=True)
class Bit:
    """A bit of a kind of tile: its block, frame and place within the tile, and what it becomes."""

    block: str
    frame: int
    place: int
    value: bool


def features(text: str) -> Iterator[str]:
    """Yield each feature that is switched on, one for each bit of a value: ``TILE.NAME[3]``.

    Raises :exc:`ValueError` for a line that is none.
    """
    for line in text.splitlines():
        said = line.partition("#")[0].strip()
        if not said:
            continue
        match = _LINE.fullmatch(said)
        if match is None:
            raise ValueError(f"{said[:80]!r} is no feature in FASM")
        name, high, low = match["name"], match["high"], match["low"]
        if match["value"] is None:
            yield name if high is None else f"{name}[{int(high)}]"
            continue
        value = int(match["value"].replace("_", ""), {"b": 2, "h": 16, None: 10}[match["base"]])
        if high is None:
            yield from (name,) * (value == 1)
            continue
        first = int(high if low is None else low)
        yield from (
            f"{name}[{first + at}]" for at in range(value.bit_length()) if value >> at & 1
        )


@dataclass(frozen=True)
class Database:
    """Project X-Ray's data of a family.

    Parameters
    ----------
    folder : Path
        Of the family: ``.../prjxray-db/artix7``.
    part : str
        A part, as ``xc7a35tcsg324-1``.
    """

    folder: Path
    part: str
    _kinds: dict[str, dict[str, tuple[Bit, ...]]] = field(default_factory=dict)

    @cached_property
    def tiles(self) -> Mapping[str, Any]:
        """What there is of each tile, by name."""
        return json.loads((self.folder / self._fabric / "tilegrid.json").read_text())

    @property
    def _fabric(self) -> str:
        """Return the die that the part's device is made of."""
        device = self.part[: self.part.index("t") + 1]
        text = (self.folder / "mapping" / "devices.yaml").read_text()
        found = re.search(rf'^"?{device}"?:\s+fabric: "?(\w+)"?', text, re.MULTILINE)
        if found is None:
            raise ValueError(f"{self.folder} has no device {device}")
        return found[1]

    def bits_of(self, feature: str) -> Iterator[tuple[int, int, int, bool]]:
        """Yield what a feature makes of the frames: address, word, bit of the word, value.

        Raises :exc:`ValueError` where the data base does not have it.
        """
        tile, _, name = feature.partition(".")
        if tile not in self.tiles:
            raise ValueError(f"{self.part} has no tile {tile}")
        found = self.tiles[tile]
        kind, first = found["type"], 0
        for block in found["bits"].values():
            if alias := block.get("alias"):  # half of a tile of another kind, at the chip's edge
                kind, first = alias["type"], alias["start_offset"]
                for site, other in alias["sites"].items():
                    ours, theirs = (text.replace("IOB33", "IOB") for text in (site, other))
                    name = re.sub(rf"^{ours}\b", theirs, name)
        known = self._kind(kind).get(name)
        if known is None:
            raise ValueError(f"the data base has no feature {name} of {kind} ({tile})")
        for bit in known:
            block, word = found["bits"][bit.block], bit.place // 32 - first
            if not 0 <= word < block["words"]:
                raise ValueError(f"{tile}, half a {kind}, has not the half of {name}")
            yield (
                int(block["baseaddr"], 16) + bit.frame, block["offset"] + word, bit.place % 32,
                bit.value,
            )

    def _kind(self, kind: str) -> dict[str, tuple[Bit, ...]]:
        """Return the bits of each feature of a kind of tile, by name."""
        if kind not in self._kinds:
            self._kinds[kind] = _read_kind(self.folder, kind.lower())
        return self._kinds[kind]


@cache
def _read_kind(folder: Path, kind: str) -> dict[str, tuple[Bit, ...]]:
    found: dict[str, tuple[Bit, ...]] = {}
    for file, block in (
        (f"ppips_{kind}.db", ""), (f"segbits_{kind}.db", "CLB_IO_CLK"),
        (f"segbits_{kind}.block_ram.db", "BLOCK_RAM"),
    ):
        path = folder / file
        for line in path.read_text().splitlines() if path.is_file() else ():
            name, *bits = line.split()
            name = _INDEX.sub(r"[\1]", name.partition(".")[2])
            found[name] = tuple(_bit(text, block) for text in bits) if block else ()
    return found


def _bit(text: str, block: str) -> Bit:
    frame, place = text.removeprefix("!").split("_")
    return Bit(block, int(frame), int(place), not text.startswith("!"))


def assemble(text: str, database: Database) -> dict[int, list[int]]:
    """Return the frames that features in FASM make, by address; others are all zeros.

    Raises
    ------
    ValueError
        A feature is not in the data base, or two want different values of one bit.
    """
    wanted: dict[tuple[int, int, int], bool] = {}
    for feature in features(text):
        for address, word, bit, value in database.bits_of(feature):
            if wanted.setdefault((address, word, bit), value) != value:
                raise ValueError(f"{feature} wants a bit otherwise than another feature does")
    frames: dict[int, list[int]] = {}
    for (address, word, bit), value in wanted.items():
        frames.setdefault(address, [0] * WORDS)[word] |= value << bit
    return dict(sorted(frames.items()))


def main(folder: str, program: str, part: str, source: str, target: str) -> None:
    """Write the bitstream of a file of features; ``program`` is ``xc7frames2bit``."""
    database = Database(Path(folder), part)
    frames = assemble(Path(source).read_text(), database)
    with TemporaryDirectory() as within:
        made = Path(within)
        (made / "design.frames").write_text("".join(
            f"0x{address:08X} " + ",".join(f"0x{word:08X}" for word in words) + "\n"
            for address, words in frames.items()
        ))
        subprocess.run(
            [program, "--part_file", database.folder / part / "part.yaml", "--part_name", part,
             "--frm_file", "design.frames", "--output_file", "design.bit"],
            check=True, stdin=subprocess.DEVNULL, cwd=made,
        )
        content = (made / "design.bit").read_bytes()
    Path(target).write_bytes(_DATE.sub(_NO_DATE, content, count=1))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"xc7_pack: {error}")
