"""Where the memories of an engine lie: its weights, and the trace of an inference."""

from typing import Literal, get_args

__all__ = [
    "APART", "LARGEST_IN_LUTS", "LOADED", "RAM_STYLES", "RamStyle", "check_ram_style",
    "ram_attributes",
    "rom_attributes",
]

#: Words of weights that look-up tables may hold; Yosys would make larger ones of them, too.
LARGEST_IN_LUTS = 32

#: Attribute of a memory of which no word is read while it is written, so that nothing has to choose
#: between the old word and the new one; and of one that a host fills, and that begins with nothing,
#: so that it may be of a kind that no bitstream fills.
APART, LOADED = {"spikewright_apart": "1"}, {"spikewright_loaded": "1"}

#: ``auto`` leaves it to synthesis, which takes block RAM for long inferences and look-up tables or
#: flip-flops for short ones. ``block`` takes block RAM always: on a family whose look-up tables
#: hold no memory, such as iCE40, the trace of four steps is else the largest part of a small
#: engine.
RamStyle = Literal["auto", "block"]

RAM_STYLES: tuple[RamStyle, ...] = get_args(RamStyle)


def check_ram_style(ram_style: str) -> None:
    """Raise :exc:`ValueError` unless there is such a style."""
    if ram_style not in RAM_STYLES:
        raise ValueError(f"ram_style is {ram_style!r}; there are {', '.join(RAM_STYLES)}")


def ram_attributes(ram_style: RamStyle) -> dict[str, str]:
    """Return the attributes of a memory, as Yosys and Vivado know them."""
    return {} if ram_style == "auto" else {"ram_style": ram_style}


def rom_attributes(words: int) -> dict[str, str]:
    """Return the attributes of a memory of weights with so many words."""
    return {"rom_style": "block"} if words > LARGEST_IN_LUTS else {}
