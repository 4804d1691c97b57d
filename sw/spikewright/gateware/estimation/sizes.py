"""What a design takes up on a part, estimated from what its RTLIL holds.

Look-up tables and flip-flops are sums over what is counted, each kind with a coefficient, fitted by
least squares of the relative errors to networks that were built (:mod:`.measured`). None is below
zero, and where few networks say something of one, it stays near what is expected of it. Block RAMs
follow from the memories: from widths and depths alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from ..families.ice40 import LARGE
from ..parts import FAMILIES, PARTS
from .contents import KINDS, Contents, Memory
from .measured import Measured, read_measured

__all__ = [
    "Size", "block_width", "errors_of", "estimate_of", "families", "fitted",
    "has_large", "size_of",
]

#: What is expected of each coefficient, in look-up tables a bit: an adder has one for each bit, a
#: multiplexer shares one with what is around it. Then a bit of a register, and what memories take
#: in look-up tables: those that are written, with what chooses among rows of 16 words, and those
#: that are not.
_EXPECTED = np.array([0.8, 2, 0.6, 0.4, 0.1, 0.1, 0.5, 0.3, 0.05, 1.0, 0.1, 1.5, 1.2])
#: How much each expectation weighs beside the networks: much of memories, which few of them have in
#: look-up tables; and of all, where a family has but few networks.
_WEIGHT = np.array([1e-3] * 11 + [3e-2] * 2)
_WEIGHT_OF_FEW, _MANY = np.full(len(_WEIGHT), 1e-1), 10

#: Shapes of a block RAM, width and depth.
_SHAPES = {
    "ice40": ((16, 256), (8, 512), (4, 1024), (2, 2048)),
    "": ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384)),
}
#: Look-up tables that a memory may take instead of a block RAM, before it is put there; and, of the
#: iCE40, whose look-up tables hold none, how full a block RAM is at least that is written, or only
#: read: else it is flip-flops, or logic.
_MOST_IN_LUTS = {"xc7": 256, "": 96}
_LEAST_FULL, _LEAST_FULL_READ = 0.02, 0.05
#: Width and depth of a large memory, and what holds none in look-up tables.
_LARGE_SHAPE, _NONE_IN_LUTS = (16, 16384), ("ice40",)


def block_width(family: str) -> tuple[int, int]:
    """Return width and depth of a family's block RAM where it is widest."""
    return _SHAPES.get(family, _SHAPES[""])[0]


@dataclass(frozen=True)
class Size:
    """An estimate of what a design takes up.

    Parameters
    ----------
    lut, ff, bram : int
    large : int
        Large memories that a host fills, where the part has them.
    """

    lut: int
    ff: int
    bram: int
    large: int = 0


def families() -> tuple[str, ...]:
    """Return the families that networks were built for, so that estimates of them can be made."""
    return tuple(name for name in FAMILIES if any(row.family == name for row in read_measured()))


def size_of(contents: Contents, *, family: str, large: bool = False) -> Size:
    """Estimate what a design, or a part of one, takes up.

    Parameters
    ----------
    contents : Contents
    family : str
        One of :func:`families`.
    large : bool
        Whether the part has large memories, which no bitstream fills.
    """
    inside, outside = _parted(contents, large=large)
    lut = float(_features(inside, family) @ fitted(family))
    return Size(
        round(lut), inside.registers + _stored_bits(inside, family), _block_rams(inside, family),
        sum(_in_shape(memory, _LARGE_SHAPE) for memory in outside),
    )


def errors_of(family: str) -> tuple[float, ...]:
    """Return by which shares look-up tables are estimated wrongly of networks that are not fitted.

    Parameters
    ----------
    family : str
        One of :func:`families`.
    """
    return tuple(
        estimate_of(row).lut / row.lut - 1
        for row in read_measured() if row.family == family and not row.fitted
    )


def has_large(family: str) -> bool:
    """Return whether there is a part of a family with large memories."""
    return any(part.large for part in PARTS.values() if part.family == family)


def estimate_of(row: Measured) -> Size:
    """Return the estimate of a network that was built."""
    return size_of(row.contents, family=row.family, large=PARTS[row.part].large > 0)


def _parted(contents: Contents, *, large: bool) -> tuple[Contents, list[Memory]]:
    """Return the contents without the memories that are large ones, and these."""
    outside = [
        memory for memory in contents.memories if large and memory.loaded and memory.depth >= LARGE
    ]
    inside = [memory for memory in contents.memories if memory not in outside]
    return replace(contents, memories=inside), outside


def _stored_bits(contents: Contents, family: str) -> int:
    """Return the flip-flops of memories, where look-up tables hold none."""
    if family not in _NONE_IN_LUTS:
        return 0
    return sum(
        memory.width * memory.depth for memory in contents.memories
        if memory.writable and not _is_block(memory, family)
    )


@cache
def fitted(family: str) -> np.ndarray:
    """Return the coefficients of a family, fitted to what was measured."""
    rows = [row for row in read_measured() if row.fitted]
    own = [row for row in rows if row.family == family]
    if len(own) >= _MANY:
        return _fit(own, expected=_EXPECTED, weight=_WEIGHT)
    others = [row for row in rows if sum(one.family == row.family for one in rows) >= _MANY]
    expected = _fit(others, expected=_EXPECTED, weight=_WEIGHT) if others else _EXPECTED
    return _fit(own, expected=expected, weight=_WEIGHT_OF_FEW)


def _fit(rows: Sequence[Measured], *, expected: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return coefficients of least squares that are not below zero, one at a time in turn."""
    inside = [_parted(row.contents, large=PARTS[row.part].large > 0)[0] for row in rows]
    shares = np.array([
        _features(one, row.family) / row.lut for one, row in zip(inside, rows, strict=True)
    ])
    scale = np.where(expected > 0, expected, _EXPECTED)
    squares = shares.T @ shares + np.diag(weight / scale**2)
    wanted = shares.sum(axis=0) + weight * expected / scale**2
    found = expected.copy()
    for _ in range(2000):
        before = found.copy()
        for at in range(len(found)):
            found[at] += (wanted[at] - squares[at] @ found) / squares[at, at]
            found[at] = max(0.0, found[at])
        if np.allclose(found, before, rtol=1e-9, atol=1e-12):
            break
    return found


def _features(contents: Contents, family: str) -> np.ndarray:
    """Return what coefficients are multiplied with."""
    in_luts = [memory for memory in contents.memories if not _is_block(memory, family)]
    stored = [
        sum(_luts(memory) for memory in in_luts if memory.writable),
        sum(memory.width * memory.depth / 16 for memory in in_luts if not memory.writable),
    ]
    return np.array(
        [*(contents.bits[kind] for kind in KINDS), contents.registers, *stored], float
    )


def _block_rams(contents: Contents, family: str) -> int:
    return sum(
        _blocks(memory, family) for memory in contents.memories if _is_block(memory, family)
    )


def _blocks(memory: Memory, family: str) -> int:
    """Return how many block RAMs a memory takes, in the shape of which it takes fewest."""
    return min(_in_shape(memory, shape) for shape in _SHAPES.get(family, _SHAPES[""]))


def _in_shape(memory: Memory, shape: tuple[int, int]) -> int:
    """Return how many memories of a shape hold one."""
    width, depth = shape
    return -(-memory.width // width) * -(-memory.depth // depth)


def _luts(memory: Memory) -> int:
    """Return the look-up tables of a memory of 16 words of 4 bits in four of them."""
    return 4 * -(-memory.width // 4) * -(-memory.depth // 16)


def _is_block(memory: Memory, family: str) -> bool:
    if memory.style in ("block", "logic"):
        return memory.style == "block"
    if family in _NONE_IN_LUTS:
        width, depth = _SHAPES[family][0]
        room = width * depth * _blocks(memory, family)
        least = _LEAST_FULL if memory.writable else _LEAST_FULL_READ
        return memory.clocked and memory.width * memory.depth >= least * room
    most = _MOST_IN_LUTS.get(family, _MOST_IN_LUTS[""])
    return memory.writable and _luts(memory) > most * _blocks(memory, family)
