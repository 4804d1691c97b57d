"""Streams: which bitstreams a network is computed on.

In each step of a network, weights and inputs are bitstreams of one length. A weight's stream is
read from its bits: in each cycle, the place of the leading one of a number says which of them
(:mod:`~spikewright_hw.stochastic.number.weighted_generator`). So weights stay in memory as numbers,
one plane of bits after the other, and no comparator stands at any of them. A spike is a stream of
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

from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..checks import one_of, settle, shown, whole
from ..fixed import scaled
from ..layer import Layer
from ..network import Network
from .words import input_words

__all__ = [
    "ENCODINGS", "LENGTHS", "SOURCES", "Encoding", "SourceName", "Streams", "check_network",
    "check_streams", "code", "code_width", "current_exponent", "stream_current",
]

Encoding = Literal["sign_magnitude", "unipolar", "bipolar"]

#: How a signed weight is a stream of bits.
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)

SourceName = Literal["sobol", "halton", "van_der_corput", "counter", "lfsr"]

#: Where the numbers come from; :data:`~.stream_products.PAIRS` has the sources of each.
SOURCES: tuple[SourceName, ...] = get_args(SourceName)

#: Lengths of bitstreams: powers of two, so that a count is scaled by a shift.
LENGTHS = tuple(1 << order for order in range(4, 17))


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
    source: SourceName = "sobol"
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
        """Return the numbers of a step; ``width`` is how many of their bits are looked at."""
        from .stream_products import numbers  # the sources are gateware, which this is not

        return numbers(self, which, width)


def code_width(streams: Streams, weight_bits: int) -> int:
    """Return the bits of a weight that are read as a stream; a sign is none of them."""
    return weight_bits - (streams.encoding == "sign_magnitude")


def code(streams: Streams, weight_bits: int, weight: int) -> int:
    """Return the number whose bits are read: the magnitude, or the weight plus full scale."""
    if streams.encoding == "sign_magnitude":
        return abs(weight)
    return weight + (1 << (weight_bits - 1))


def current_exponent(streams: Streams, layer: Layer) -> int:
    """Return the power of two that makes a count of a step a stored current.

    Where it is negative, bits are lost: the current is rounded half up.
    """
    return layer.weight_bits - 1 + layer.shift - streams.order


def stream_current(streams: Streams, layer: Layer, count: Any) -> Any:
    """Return the stored current that a count of a step comes to, an integer of any kind."""
    return scaled(count, current_exponent(streams, layer))


def check_network(streams: Streams, network: Network) -> None:
    """Raise :exc:`ValueError`, naming the layer, unless it can be computed on these streams."""
    for number, layer in enumerate(network.layers):
        check_streams(streams, layer, name=f"layers[{number}]")
    words = input_words(network)
    if words.count > 1:
        raise ValueError(
            f"layers[0].connection takes a map of {network.layers[0].connection.source}, which "
            f"comes in {words.count} words of {words.bits}; the stochastic engine takes all inputs "
            "of a step at once, and the event engine words, too"
        )


def check_streams(streams: Streams, layer: Layer, *, name: str) -> None:
    """Raise :exc:`ValueError`, naming the layer, unless it can be computed on these streams."""
    if not layer.is_plain:
        raise ValueError(
            f"{name} hears more than the layer before it in the same step; the stochastic engine "
            "takes no delays, skips or layers that hear themselves by their origins, and the event "
            "engine does"
        )
    if not layer.is_dense:
        raise ValueError(
            f"{name}.connection is not dense; the stochastic engine takes dense layers alone, and "
            "the event engine convolutions and pooling, too"
        )
    if layer.input_bits > 1:
        raise ValueError(
            f"{name}.input_bits is {layer.input_bits}; the stochastic engine takes spikes alone, "
            "and the event engine graded inputs, too"
        )
    if streams.encoding == "sign_magnitude":
        return
    for input, one in layer.fixed.definition.inputs.items():
        if one.source in ("excitatory", "inhibitory"):
            raise ValueError(
                f"{name}: the input {input} of {layer.definition.name} takes {one.source} weights "
                f"alone, and {streams.encoding} streams do not tell a weight's sign; use "
                "sign_magnitude"
            )
