"""Streams: how weights and inputs become bitstreams, and what their products come to.

In each step of a network, weights and inputs are bitstreams of one length. A weight's stream is
read from its bits: in each cycle, the place of the leading one of a number says which of them
(:mod:`~spikewright_hw.stochastic.number.weighted_generator`). So weights stay in memory as numbers,
one plane of bits behind the other, and no comparator stands at any of them. A spike is a stream of
ones. Full scale is ``2**(weight_bits - 1)``: the counted products of a step, over the length, are
the sum of the weights in units of that.

========================  ===========================  =======================================
encoding                  stream of a weight ``w``     product with an input's bit ``x``
========================  ===========================  =======================================
``sign_magnitude``        ones: ``|w|`` / full scale   AND, counted with the sign of ``w``
``unipolar``              ones: (``w`` / full scale    AND, a one counts +1, a zero -1, and
                          + 1) / 2                     nothing where ``x`` is zero
``bipolar``               the same                     XNOR, a one counts +1, a zero -1; an
                                                       input of zero is a stream of half ones
========================  ===========================  =======================================

Each row of weights sees the numbers shifted digitally by a constant of its own (:func:`shift`), so
that the errors of the rows do not add up. Nothing here depends on how many rows an engine takes at
once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from typing import Literal, get_args

from ..checks import one_of, settle, shown, whole
from ..layer import Layer
from ..stochastic.number.weighted_generator import plane
from ..stochastic.source import counter, halton, lfsr, sobol, van_der_corput
from ..stochastic.source.source import Source
from ..stochastic.source.van_der_corput import reverse

__all__ = [
    "ENCODINGS", "LENGTHS", "SOURCES", "Encoding", "Numbers", "Pair", "Product", "Streams",
    "aligned", "check_streams", "code", "code_width", "current_exponent", "inputs", "planes",
    "products", "shift",
]

Encoding = Literal["sign_magnitude", "unipolar", "bipolar"]

#: How a signed weight is a stream of bits.
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)

#: Lengths of bitstreams: powers of two, so that a count is scaled by a shift.
LENGTHS = tuple(1 << order for order in range(4, 17))

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
    """Begin at 1, or half a period behind it, at the next odd state: seeds are odd."""

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

#: Pairs by the name that an engine's ``source`` has.
SOURCES: Mapping[str, Pair] = {
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


@dataclass(frozen=True, kw_only=True)
class Streams:
    """How a network is computed on bitstreams.

    Parameters
    ----------
    length : int
        Bits of a stream, that is clock cycles of a pass over the rows; one of :data:`LENGTHS`.
    source : str
        One of :data:`SOURCES`.
    encoding : str
        One of :data:`ENCODINGS`.

    Raises
    ------
    ValueError
        A parameter is none of these.
    """

    length: int = 256
    source: str = "sobol"
    encoding: Encoding = "sign_magnitude"

    def __post_init__(self):
        settle(self, length=whole())
        if self.length not in LENGTHS:
            raise ValueError(
                f"length is {shown(self.length)}; a bitstream has a power of two of bits, "
                f"{LENGTHS[0]} to {LENGTHS[-1]}"
            )
        settle(self, source=one_of(SOURCES), encoding=one_of(ENCODINGS))

    @property
    def order(self) -> int:
        """Binary logarithm of the length, and width of the sources."""
        return self.length.bit_length() - 1

    def numbers(self, which: Literal["weights", "inputs"], *, width: int) -> tuple[int, ...]:
        """Give the numbers of a step; ``width`` is how many of their bits are looked at."""
        return _numbers(self, which, width)


@lru_cache(maxsize=64)
def _numbers(streams: Streams, which: str, width: int) -> tuple[int, ...]:
    sequence = getattr(SOURCES[streams.source], which).sequence(width=streams.order)
    return tuple(
        aligned(number, streams.order, width) for number in islice(sequence, streams.length)
    )


def aligned(number: int, width: int, to: int) -> int:
    """Keep the highest bits of a number; where it has too few, zeros are behind them."""
    return number >> (width - to) if width >= to else number << (to - width)


def shift(row: int, *, width: int) -> int:
    """Give the constant that a row's numbers are XORed with.

    That is van der Corput's sequence, so rows next to each other are far apart. A digital shift
    leaves a sequence as evenly spread as it was.
    """
    return reverse(row % (1 << width), width=width)


def code_width(streams: Streams, weight_bits: int) -> int:
    """Give the bits of a weight that are read as a stream; a sign is none of them."""
    return weight_bits - (streams.encoding == "sign_magnitude")


def code(streams: Streams, weight_bits: int, weight: int) -> int:
    """Give the number whose bits are read: the magnitude, or the weight plus full scale."""
    if streams.encoding == "sign_magnitude":
        return abs(weight)
    return weight + (1 << (weight_bits - 1))


def planes(streams: Streams, weight_bits: int, row: int) -> list[int | None]:
    """Give for each cycle of a step which plane of a row's weights is read.

    A plane is counted from the most significant bit; None reads zeros.
    """
    width = code_width(streams, weight_bits)
    numbers = streams.numbers("weights", width=width)
    return [plane(number ^ shift(row, width=width), width=width) for number in numbers]


def inputs(streams: Streams, row: int, spike: int) -> list[int]:
    """Give for each cycle of a step the bit of an input: of a spike, or of none."""
    if spike or streams.encoding != "bipolar":
        return [spike] * streams.length
    numbers = streams.numbers("inputs", width=1)
    return [1 - (number ^ shift(row, width=1)) for number in numbers]


def products(
    streams: Streams, weight_bits: int, *, row: int, spike: int, weight: int
) -> list[Product]:
    """Give what one synapse adds in each cycle of a step: the definition of correct."""
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


def current_exponent(streams: Streams, layer: Layer) -> int:
    """Give the power of two that makes a count of a step a stored current.

    Where it is negative, bits are lost: the current is rounded half up.
    """
    return layer.weight_bits - 1 + layer.shift - streams.order


def check_streams(streams: Streams, layer: Layer, *, name: str) -> None:
    """Raise :exc:`ValueError`, naming the layer, unless it can be computed on these streams."""
    if streams.encoding == "sign_magnitude":
        return
    for input, one in layer.fixed.definition.inputs.items():
        if one.source in ("excitatory", "inhibitory"):
            raise ValueError(
                f"{name}: the input {input} of {layer.neuron} takes {one.source} weights alone, "
                f"and {streams.encoding} streams do not tell a weight's sign; use sign_magnitude"
            )
