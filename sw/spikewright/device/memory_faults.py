"""Bits of the memories of a virtual board that are flipped on purpose: which there are.

A field-programmable gate array keeps weights, states and traces in memories whose bits may be
changed by radiation or by a supply that is too low. A virtual board that was compiled for it can
be given such faults while it runs.
"""

import random
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from spikewright_hw.checks import instance, settle, shown, text, whole
from spikewright_hw.engine.dealing import bank_of
from spikewright_hw.layer import Layer

__all__ = [
    "Faults", "Flip", "Memory", "declared_memories", "draw_flips", "open_memories", "place_of",
    "weight_flip",
]

#: A memory of a Verilog module, and a register that holds a state of a neuron, as they are written.
_DECLARED = re.compile(
    r"^(  reg (?:\[\d+:\d+\] )?\S+ +\[\d+:\d+\]|  reg (?:\[\d+:\d+\] )?state_\w+ )(.*)$",
    re.MULTILINE,
)
#: A Verilog module below the board top, and the bits, the name and the words of what it declares.
_MODULE = re.compile(
    r"^module \\?board\.board(\.\S+)?\s*\((.*?)^endmodule", re.MULTILINE | re.DOTALL
)
_SHAPE = re.compile(r"  reg (?:\[(\d+):\d+\] )?\\?(\S+) +(?:\[(\d+):(\d+)\])?")


@dataclass(frozen=True, kw_only=True)
class Memory:
    """A memory of a virtual board, or a register of one word.

    Parameters
    ----------
    name : str
        Where it is in the hierarchy of the gateware, such as
        ``engine.layer_0.rows.weights.block``.
    words, bits : int
        How many words it has, and bits of each.
    """

    name: str
    words: int
    bits: int


@dataclass(frozen=True, kw_only=True)
class Flip:
    """One bit of a memory, and when it is flipped; as text ``NAME:WORD:BIT`` or with ``@AFTER``.

    Parameters
    ----------
    memory : str
        Name of the memory.
    word, bit : int
        From 0 up; bit 0 is the lowest.
    after : int
        Clock cycles that the board works first; it works from when it has a command until it has
        answered it. 0 is at once.
    """

    memory: str
    word: int
    bit: int
    after: int = 0

    def __post_init__(self):
        text("memory", self.memory)
        whole(0)("word", self.word)
        whole(0)("bit", self.bit)
        whole(0, (1 << 63) - 1)("after", self.after)

    def __str__(self) -> str:
        return f"{self.memory}:{self.word}:{self.bit}" + (f"@{self.after}" if self.after else "")

    @classmethod
    def parse(cls, written: str) -> "Flip":
        """Read ``NAME:WORD:BIT`` or ``NAME:WORD:BIT@AFTER``.

        Raises :exc:`ValueError` for anything else.
        """
        found = re.fullmatch(r"(.+):(\d+):(\d+)(?:@(\d+))?", text("written", written))
        if found is None:
            raise ValueError(
                f"{shown(written)} is no bit of a memory; write its memory, word and bit, such as "
                "engine.layer_0.rows.weights.block:3:17"
            )
        return cls(
            memory=found[1], word=int(found[2]), bit=int(found[3]), after=int(found[4] or 0)
        )


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Which bits of a virtual board are flipped as soon as it runs; none, if nothing is given.

    Parameters
    ----------
    flips : tuple of Flip
        These bits.
    drawn : int
        So many others, drawn from all memories.
    seed : int
        What these are drawn by.
    """

    flips: tuple[Flip, ...] = ()
    drawn: int = 0
    seed: int = 0

    def __post_init__(self):
        settle(self, drawn=whole(0), seed=whole(0))
        for number, flip in enumerate(self.flips):
            instance(Flip)(f"flips[{number}]", flip)

    def among(self, memories: Sequence[Memory]) -> tuple[Flip, ...]:
        """Return all of them. Raises :exc:`ValueError` if the memories have no such bits."""
        for flip in self.flips:
            place_of(flip, memories)
        if not self.drawn:
            return self.flips
        given = [(flip.memory, flip.word, flip.bit) for flip in self.flips]
        return (
            *self.flips,
            *draw_flips(memories, count=self.drawn, seed=self.seed, but=given),
        )


def open_memories(verilog: str) -> str:
    """Return Verilog whose memories, and states of neurons, Verilator lets a program change."""
    return _DECLARED.sub(r"\1 /* verilator public_flat_rw */ \2", verilog)


def declared_memories(verilog: str) -> tuple[Memory, ...]:
    """Return the memories, and states of neurons, in the Verilog of a virtual board's board top.

    They are those that the board lists when it runs, of which it is known so before it is compiled.
    """
    found = []
    for path, body in _MODULE.findall(verilog):
        for declared, _ in _DECLARED.findall(body):
            shape = _SHAPE.match(declared)
            assert shape is not None
            high, name, first, last = shape.groups()
            words = abs(int(last) - int(first)) + 1 if first else 1
            above = f"{path[1:]}." if path else ""
            found.append(Memory(name=f"{above}{name}", words=words, bits=int(high or 0) + 1))
    return tuple(sorted(found, key=lambda memory: memory.name))


def place_of(flip: Flip, memories: Sequence[Memory]) -> Memory:
    """Return the memory that a bit is in.

    Raises
    ------
    ValueError
        There is no such memory, word or bit.
    """
    names = [memory.name for memory in memories]
    if flip.memory not in names:
        near = get_close_matches(flip.memory, names, n=3, cutoff=0.3)
        raise ValueError(
            f"memory is {flip.memory!r}; the nearest names are {', '.join(near or names[:3])}"
        )
    memory = memories[names.index(flip.memory)]
    whole(0, memory.words - 1)("word", flip.word)
    whole(0, memory.bits - 1)("bit", flip.bit)
    return memory


def draw_flips(
    memories: Sequence[Memory], *, count: int, seed: int, within: int = 0,
    but: Collection[tuple[str, int, int]] = (),
) -> tuple[Flip, ...]:
    """Draw bits of memories, each bit of all as probable as any other; no bit is drawn twice.

    Parameters
    ----------
    memories : sequence of Memory
        What is drawn from, such as those of a :class:`~spikewright.device.virtual.VirtualBoard`
        whose name has ``weights`` in it.
    count : int
        How many.
    seed : int
        The same gives the same ones of the same memories.
    within : int
        Each is flipped after a drawn number of cycles of work from 1 to this; at once if it is 0.
    but : collection of (str, int, int)
        Bits that are not drawn: memory, word and bit.

    Raises
    ------
    ValueError
        There are fewer bits.
    """
    whole(0)("seed", seed)
    whole(0)("within", within)
    sizes = [memory.words * memory.bits for memory in memories]
    left_out = set(but)
    most = sum(sizes) - len(left_out)
    whole(1, most)("count", count)
    drawn = random.Random(seed)
    found = (
        _at(number, memories, sizes, after=drawn.randint(1, within) if within else 0)
        for number in drawn.sample(range(sum(sizes)), count + len(left_out))
    )
    kept = (flip for flip in found if (flip.memory, flip.word, flip.bit) not in left_out)
    return tuple(islice(kept, count))


def _at(number: int, memories: Sequence[Memory], sizes: Sequence[int], *, after: int) -> Flip:
    for memory, size in zip(memories, sizes, strict=True):
        if number < size:
            word, bit = divmod(number, memory.bits)
            return Flip(memory=memory.name, word=word, bit=bit, after=after)
        number -= size
    raise AssertionError("the number is above all bits")


def weight_flip(
    memories: Sequence[Memory], layer: Layer, *, number: int, row: int, neuron: int, bit: int
) -> Flip:
    """Return where an event engine keeps a bit of a weight.

    Parameters
    ----------
    memories : sequence of Memory
        Those of the board.
    layer : Layer
        As the engine has it: of ``design.built(network).layers``.
    number : int
        Of the layer, from 0 up.
    row, neuron : int
        Place in ``layer.weights``, and after these in ``layer.recurrent``.
    bit : int
        Of the weight, in two's complement.

    Raises
    ------
    ValueError
        There is no such weight, or these are not the memories of an event engine.
    """
    instance(Layer)("layer", layer)
    whole(0, len(layer.weights) + len(layer.recurrent or ()) - 1)("row", row)
    whole(0, len(layer.weights[0]) - 1)("neuron", neuron)
    whole(0, layer.weight_bits - 1)("bit", bit)
    kept = re.compile(rf"engine\.layer_{number}\.rows\.weights(?:_(\d+))?\.(rows|block|luts)")
    of_banks: dict[int, dict[str, Memory]] = {}
    for memory in memories:
        if found := kept.fullmatch(memory.name):
            of_banks.setdefault(int(found[1] or 0), {})[found[2]] = memory
    if not of_banks:
        raise ValueError(f"there are no memories of weights of an event engine's layer {number}")
    banks, at = len(of_banks), neuron * layer.weight_bits + bit
    parts = of_banks[bank_of(row, banks=banks)]
    # A bank may lie in block RAM with the lower bits of its rows, and in look-up tables with the
    # others.
    lower = parts.get("rows") or parts.get("block")
    if lower is not None and at < lower.bits:
        return Flip(memory=lower.name, word=row // banks, bit=at)
    within = at - (lower.bits if lower is not None else 0)
    return Flip(memory=parts["luts"].name, word=row // banks, bit=within)
