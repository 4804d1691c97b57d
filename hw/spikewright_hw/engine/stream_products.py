"""Products of bitstreams, bit by bit: which numbers come, which bits are read, what they add."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from typing import Literal

from ..stochastic.number.weighted_generator import plane
from ..stochastic.source import counter, halton, lfsr, sobol, van_der_corput
from ..stochastic.source.source import Source
from ..stochastic.source.van_der_corput import reverse
from .streams import SourceName, Streams, code, code_width

__all__ = [
    "PAIRS", "Numbers", "Pair", "Product", "aligned", "inputs", "numbers", "planes", "products",
    "shift",
]

#: What one row adds in one cycle: whether it counts up, and whether it counts down.
Product = tuple[int, int]


@dataclass(frozen=True)
class Numbers:
    """A sequence of numbers, and the source that makes it in gateware.

    Parameters
    ----------
    core : callable
        Makes the source; takes ``width``.
    sequence : callable
        Gives the numbers, one after the other, for ever; takes ``width``.
    """

    core: Callable[..., Source]
    sequence: Callable[..., Iterator[int]]


@dataclass(frozen=True)
class Pair:
    """Where the numbers of the weights and those of the inputs come from."""

    weights: Numbers
    inputs: Numbers


def _indexed(core: Callable[..., Source], number: Callable[..., int], **parameters: int) -> Numbers:
    def sequence(*, width: int) -> Iterator[int]:
        index = 0
        while True:
            yield number(index, width=width, **parameters)
            index += 1

    return Numbers(partial(core, **parameters), sequence)


def _lfsr(*, half: bool) -> Numbers:
    """Begin at 1, or half a period after it, at the next odd state: seeds are odd."""

    def init(width: int) -> int:
        state = 1
        for _ in range(((1 << width) - 1) // 2 if half else 0):
            state = lfsr.step(state, width=width)
        while state & 1 == 0:
            state = lfsr.step(state, width=width)
        return state

    def sequence(*, width: int) -> Iterator[int]:
        state = init(width)
        while True:
            yield state
            state = lfsr.step(state, width=width)

    return Numbers(lambda *, width: lfsr.Lfsr(width=width, init=init(width)), sequence)


_COUNTER = _indexed(counter.Counter, counter.number)
_VAN_DER_CORPUT = _indexed(van_der_corput.VanDerCorput, van_der_corput.number)

#: By the name that an engine's ``source`` has.
PAIRS: Mapping[SourceName, Pair] = {
    "sobol": Pair(
        _indexed(sobol.Sobol, sobol.number, dimension=0),
        _indexed(sobol.Sobol, sobol.number, dimension=1),
    ),
    "halton": Pair(
        _indexed(halton.Halton, halton.number, base=3),
        _indexed(halton.Halton, halton.number, base=2),
    ),
    "van_der_corput": Pair(_VAN_DER_CORPUT, _COUNTER),
    "counter": Pair(_COUNTER, _VAN_DER_CORPUT),
    "lfsr": Pair(_lfsr(half=False), _lfsr(half=True)),
}


@lru_cache(maxsize=64)
def numbers(
    streams: Streams, which: Literal["weights", "inputs"], width: int
) -> tuple[int, ...]:
    """Return the numbers of a step, as :meth:`Streams.numbers` does."""
    sequence = getattr(PAIRS[streams.source], which).sequence(width=streams.order)
    return tuple(
        aligned(number, streams.order, width) for number in islice(sequence, streams.length)
    )


def aligned(number: int, width: int, to: int) -> int:
    """Keep the highest bits of a number; where it has too few, zeros follow them."""
    return number >> (width - to) if width >= to else number << (to - width)


def shift(row: int, *, width: int) -> int:
    """Return the constant that a row's numbers are XORed with.

    That is van der Corput's sequence, so rows next to each other are far apart. A digital shift
    leaves a sequence as evenly spread as it was.
    """
    return reverse(row % (1 << width), width=width)


def planes(streams: Streams, weight_bits: int, row: int) -> list[int | None]:
    """Return for each cycle of a step which plane of a row's weights is read.

    A plane is counted from the most significant bit; None reads zeros.
    """
    width = code_width(streams, weight_bits)
    return [
        plane(number ^ shift(row, width=width), width=width)
        for number in streams.numbers("weights", width=width)
    ]


def inputs(streams: Streams, row: int, spike: int) -> list[int]:
    """Return for each cycle of a step the bit of an input: of a spike, or of none."""
    if spike or streams.encoding != "bipolar":
        return [spike] * streams.length
    return [
        1 - (number ^ shift(row, width=1)) for number in streams.numbers("inputs", width=1)
    ]


def products(
    streams: Streams, weight_bits: int, *, row: int, spike: int, weight: int
) -> list[Product]:
    """Return what one synapse adds in each cycle of a step: the definition of correct."""
    width = code_width(streams, weight_bits)
    value = code(streams, weight_bits, weight)
    bits = [
        0 if at is None else value >> (width - 1 - at) & 1
        for at in planes(streams, weight_bits, row)
    ]
    arriving = inputs(streams, row, spike)
    if streams.encoding == "sign_magnitude":
        ones = [x & w for x, w in zip(arriving, bits, strict=True)]
        return [(0, one) if weight < 0 else (one, 0) for one in ones]
    if streams.encoding == "unipolar":
        return [(x & w, x & (1 - w)) for x, w in zip(arriving, bits, strict=True)]
    equal = [1 - (x ^ w) for x, w in zip(arriving, bits, strict=True)]
    return [(one, 1 - one) for one in equal]
