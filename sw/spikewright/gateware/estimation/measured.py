"""Sizes of networks that were built, which estimates are fitted to: ``measured.json``.

``spikewright bench sizes`` writes them.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...errors import ReportError
from ...files import write_text
from ...json_text import read_json
from .contents import Contents, Memory

__all__ = ["COMMAND", "FILE", "MEASURED", "Measured", "read_measured", "write_measured"]

FILE = Path(__file__).with_name("measured.json")
"""The file that estimates read."""

MEASURED = Path("sw") / "spikewright" / "gateware" / "estimation" / FILE.name
"""The same in the checkout, which the command writes."""

COMMAND = "spikewright bench sizes"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one network took up.

    Parameters
    ----------
    name : str
        The network and its design in words.
    fitted : bool
        Whether coefficients are fitted to it; else it tests them.
    family, part : str
        What it was built for.
    contents : Contents
        What its RTLIL holds.
    lut, ff, bram : int
        Cells of the part, as the placer packs them, or, where there is none, of the netlist.
    tool : str
        What synthesised it.
    """

    name: str
    fitted: bool
    family: str
    part: str
    contents: Contents
    lut: int
    ff: int
    bram: int
    tool: str

    @property
    def key(self) -> tuple[str, str]:
        """What there is one of."""
        return self.name, self.part


def read_measured(path: Path = FILE) -> tuple[Measured, ...]:
    """Read what was measured.

    Raises :exc:`~spikewright.errors.ReportError` if the file is damaged.
    """
    try:
        return tuple(_from(row) for row in read_json(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{path} cannot be read: {error!r}; take the file of the last commit, or write it "
            f"again by `{COMMAND}`"
        ) from None


def _from(row: dict[str, Any]) -> Measured:
    given = dict(row["contents"])
    memories = [Memory(**one) for one in given.pop("memories")]
    return Measured(**{**row, "contents": Contents(**given, memories=memories)})


def write_measured(path: Path, rows: Iterable[Measured]) -> None:
    """Write what was measured, each network on a line."""
    lines = ",\n".join(json.dumps(asdict(row)) for row in sorted(rows, key=lambda row: row.key))
    write_text(path, f"[\n{lines}\n]\n")
