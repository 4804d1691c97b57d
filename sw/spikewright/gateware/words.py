"""What a path of a board top runs through, in the words of the network and of the gateware."""

import re

from .parts import FAMILIES
from .timing import Path

__all__ = ["parts_of", "told"]

#: Where a name lies, the innermost places first, and what is there; a number is that of the layer.
_PLACES = (
    (r"layer_(\d+)\.rows\.weights\b|layer_(\d+)\.rows\.port", "the weights of layers[{}]"),
    (r"layer_(\d+)\.\w+\.group_\d+\.(?:i|state)_", "the neurons of layers[{}] (sums and states)"),
    (r"layer_(\d+)\.\w+\.group_\d+\b", "the neurons of layers[{}] (their update)"),
    (r"layer_(\d+)\.rows\b", "the control of layers[{}]"),
    (r"layer_(\d+)\.streams\.lane_\d+\b", "the synapses of layers[{}]"),
    (r"layer_(\d+)\.(?:streams\.)?scan\b", "the search for the next spike into layers[{}]"),
    (r"layer_(\d+)\.streams\b", "the sums and the control of layers[{}]"),
    (r"layer_(\d+)\b", "the feedback and the control of layers[{}]"),
    (r"\bargmax\b", "the choice of the class"),
    (r"\btrace\b", "the trace of the inference"),
    (r"\bengine\b", "the control of the engine"),
    (r"\bcommand\b", "the command processor"),
    (r"\b(?:decoder|encoder)\b", "the frames of the link"),
    (r"\buart_[rt]x\b", "the serial port"),
    (r"\bclock\b", "the clock and the reset"),
)

#: Ports by which a carry enters a cell, of any family.
_CARRY = frozenset().union(*(family.carry_ports for family in FAMILIES.values()))


def parts_of(path: Path) -> tuple[str, ...]:
    """Return what a path runs through, in order, each part said once in a row."""
    parts: list[str] = []
    for point in path.points:
        for pattern, words in _PLACES:
            if found := re.search(pattern, point):
                number = next((each for each in found.groups() if each is not None), "")
                part = words.format(number)
                if parts[-1:] != [part]:
                    parts.append(part)
                break
    return tuple(parts)


def told(path: Path) -> str:
    """Say where a path runs, to follow "the slowest path runs"; the raw names stand at the end."""
    first, *between = parts_of(path) or ("",)
    if not first:
        where = "outside the engine and the link"
    elif not between:
        where = f"within {first}"
    else:
        *via, last = between
        where = f"from {first}{' by way of ' if via else ''}{', '.join(via)} to {last}"
    cells = dict.fromkeys(point.rsplit(".", 1)[0] for point in path.points)
    carries = any(point.rsplit(".", 1)[1] in _CARRY for point in path.points)
    adder = ", those of an adder or a comparison among them" if carries else ""
    return (
        f"{where}, through {len(cells) - 2} logic cells{adder} ({path.start} to {path.end})"
    )
