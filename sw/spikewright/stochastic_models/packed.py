"""The stochastic engine bit by bit, 64 bits in a word: what :mod:`.engine` is compared with.

This is how stochastic computing is mostly simulated: all streams are made, multiplied and counted.
It gives the same integers as :mod:`.engine`, and takes far longer.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from spikewright.network.fast import Predictor
from spikewright.network.stream_synapses import stream_synapses
from spikewright.network.synapses import Synapses
from spikewright_hw.engine.stream_products import shift
from spikewright_hw.engine.streams import Streams, code_width
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from .numbers import weighted

__all__ = ["packed_predictor", "packed_synapses", "weight_bits"]

#: Bits of a word.
_WORD = 64


def weight_bits(weights: np.ndarray, *, bits: int, streams: Streams) -> np.ndarray:
    """Return the streams of magnitudes, bool ``[rows, neurons, length]``."""
    width = code_width(streams, bits)
    numbers = np.array(streams.numbers("weights", width=width))
    shifts = np.array([shift(row, width=width) for row in range(len(weights))])
    return weighted(abs(weights), (numbers ^ shifts[:, None])[:, None], width=width)


@dataclass(frozen=True)
class _Packed(Synapses):
    """Synapses with the words of their streams, and by input how a row's ones count: -1, 0, 1."""

    words: np.ndarray
    signs: dict[str, np.ndarray]

    def compile(self) -> None:
        """Compile nothing: the totals are counted bit by bit."""

    def totals(
        self, heard: np.ndarray, *, integer: type[np.signedinteger] = np.int64
    ) -> dict[str, np.ndarray]:
        """AND each row's words with those of its input, and count the ones."""
        streams = -heard.astype(np.int64).astype(np.uint64)  # a spike is a stream of ones
        ones = np.stack([
            np.bitwise_count(one[:, None, None] & self.words).sum(axis=2, dtype=np.int64)
            for one in streams.reshape(-1, heard.shape[-1])
        ])
        return {
            name: (ones * sign).sum(axis=1).reshape(*heard.shape[:-1], -1).astype(integer)
            for name, sign in self.signs.items()
        }


def packed_synapses(layer: Layer, *, streams: Streams) -> Synapses:
    """Return the synapses of a layer, computed bit by bit.

    Raises
    ------
    ValueError
        The encoding is not sign_magnitude, the streams do not fill words, or the layer hears
        itself.
    """
    if streams.encoding != "sign_magnitude" or streams.length % _WORD or layer.recurrent:
        raise ValueError(
            "bit by bit there are sign_magnitude streams of at least 64 bits, and no recurrent "
            "layers"
        )
    weights = np.array(layer.weights)
    bits = weight_bits(weights, bits=layer.weight_bits, streams=streams)
    kinds = {"excitatory": weights > 0, "inhibitory": weights < 0}
    plain = stream_synapses(layer, streams=streams)
    return _Packed(
        adds=plain.adds,
        always=plain.always,
        exponent=plain.exponent,
        bias=plain.bias,
        greatest=plain.greatest,
        words=np.packbits(bits, axis=-1).view(np.uint64),
        signs={
            name: kinds.get(input.source, np.sign(weights)).astype(np.int64)
            for name, input in layer.fixed.definition.inputs.items()
        },
    )


def packed_predictor(
    network: Network, *, streams: Streams, threads: int | None = None
) -> Predictor:
    """Return a predictor that goes bit by bit."""
    return Predictor(network, synapses=partial(packed_synapses, streams=streams), threads=threads)
