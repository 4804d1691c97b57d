"""Faults: bits that flip at random, each with the same probability, at one site of an engine.

======================  ===========================================================================
site                    what flips
======================  ===========================================================================
``streams``             each bit of a product, in each cycle of each step: of the rows that spiked,
                        and where a silent input is a stream (bipolar), of all
``weights``             each stored bit of a weight, once, before the first sample
``membranes``           each stored bit of each state, at the end of each step
======================  ===========================================================================

The event engine has no streams. It stores a weight in two's complement; the stochastic engine
stores what it reads as a stream: sign and magnitude, or the weight plus full scale, whose bits are
those of two's complement with the highest one inverted. The plane of zeros that its memory has
besides does not flip here.

Nobody flips the bits of products one by one. Of the products that a neuron counts in a step, some
flips raise the count by one and the same amount, and all others lower it. How many of each there
are is binomially distributed, exactly so, since all bits flip independently.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from spikewright.network import reference
from spikewright.network.reference import Run
from spikewright.network.stream_synapses import arranged, stream_synapses, synapse_counts
from spikewright.network.synapses import Synapses, weight_synapses
from spikewright_hw.engine.streams import Encoding, Streams
from spikewright_hw.layer import Layer, Rows
from spikewright_hw.network import Network

__all__ = [
    "SITES", "FaultySynapses", "Site", "flip_states", "flip_streams", "flip_weights", "run",
    "with_flipped_weight",
]

Site = Literal["streams", "weights", "membranes"]

#: Where bits may flip.
SITES: tuple[Site, ...] = get_args(Site)


def run(
    network: Network,
    spikes: np.ndarray,
    *,
    streams: Streams | None,
    site: Site,
    rate: float,
    rng: np.random.Generator,
) -> Run:
    """Run a batch of samples on an engine whose bits flip.

    Parameters
    ----------
    network : Network
    spikes : array ``[samples, steps, inputs]`` of 0 and 1
    streams : Streams or None
        Those of the stochastic engine; None is the event engine.
    site : str
        One of :data:`SITES`.
    rate : float
        Probability that a bit flips.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        The event engine has no streams.
    """
    synapses: Callable[[Layer], Synapses] = (
        weight_synapses if streams is None else partial(stream_synapses, streams=streams)
    )
    if site == "weights":
        encoding = None if streams is None else streams.encoding
        return reference.run(
            network,
            spikes,
            synapses=lambda layer: synapses(
                flip_weights(layer, rate, encoding=encoding, rng=rng)
            ),
        )
    if site == "membranes":
        store = partial(flip_states, rate=rate, rng=rng)
        return reference.run(network, spikes, synapses=synapses, store=store)
    if streams is None:
        raise ValueError("the event engine has no streams whose bits could flip")
    faulty = partial(flip_streams, streams=streams, rate=rate, rng=rng)
    return reference.run(network, spikes, synapses=faulty)


class FaultyLayer(Layer):
    """A layer whose weights may have any code that is stored, that below the range, too."""

    @property
    def weight_range(self) -> tuple[int, int]:
        """Least and greatest weight, of two's complement."""
        least, most = super().weight_range
        return least - 1, most


def flip_weights(
    layer: Layer, rate: float, *, encoding: Encoding | None, rng: np.random.Generator
) -> Layer:
    """Return the layer with flipped bits of its weights.

    Parameters
    ----------
    layer : Layer
    rate : float
    encoding : str or None
        How weights are stored: as a stochastic engine of this encoding does, or the event engine.
    rng : numpy.random.Generator
    """
    bits = layer.weight_bits
    sign = 1 << bits - 1

    def flipped(rows: Rows) -> Rows:
        values = np.array(rows, np.int64)
        mask = _mask(values.shape, rate, bits=bits, rng=rng)
        if encoding == "sign_magnitude":
            magnitude = abs(values) ^ mask & sign - 1
            values = np.where((values < 0) ^ (mask >= sign), -magnitude, magnitude)
        else:
            values = _wrapped(values ^ mask, bits=bits)
        return tuple(map(tuple, values.tolist()))

    recurrent = None if layer.recurrent is None else flipped(layer.recurrent)
    return _faulty(layer, weights=flipped(layer.weights), recurrent=recurrent)


def with_flipped_weight(layer: Layer, *, row: int, neuron: int, bit: int) -> Layer:
    """Return the layer with one bit of one weight flipped, of those that an event engine stores.

    Parameters
    ----------
    layer : Layer
    row, neuron : int
        Place in ``layer.weights``.
    bit : int
        Of the weight in two's complement, the lowest first.
    """
    weights = np.array(layer.weights, np.int64)
    weights[row, neuron] = _wrapped(weights[row, neuron] ^ 1 << bit, bits=layer.weight_bits)
    return _faulty(layer, weights=tuple(map(tuple, weights.tolist())))


def _faulty(layer: Layer, **changed: Any) -> FaultyLayer:
    kept = {field.name: getattr(layer, field.name) for field in fields(Layer)}
    return FaultyLayer(**kept | changed)


def flip_states(
    layer: Layer, states: dict[str, np.ndarray], *, rate: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return stored states with flipped bits; a state has as many as its format."""
    made = {}
    for name, values in states.items():
        bits = layer.fixed.formats[name].width
        made[name] = _wrapped(values ^ _mask(values.shape, rate, bits=bits, rng=rng), bits=bits)
    return made


def _mask(
    shape: tuple[int, ...], rate: float, *, bits: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw which of the lowest bits of each number flip."""
    flips = rng.random((*shape, bits)) < rate
    return (flips << np.arange(bits)).sum(axis=-1)


def _wrapped(values: np.ndarray, *, bits: int) -> np.ndarray:
    """Read the lowest bits of each number as two's complement."""
    half = 1 << bits - 1
    return (values + half & 2 * half - 1) - half


@dataclass(frozen=True)
class FaultySynapses(Synapses):
    """Synapses whose products flip.

    Parameters
    ----------
    rises, falls : Synapses
        How many bits of a step raise the total if they flip, and how many lower it.
    step : int
        By how much one of them does.
    rate : float
    rng : numpy.random.Generator
    """

    rises: Synapses
    falls: Synapses
    step: int
    rate: float
    rng: np.random.Generator

    def compile(self) -> None:
        """Compile nothing: flips change the totals."""

    def totals(
        self, heard: np.ndarray, *, integer: type[np.signedinteger] = np.int64
    ) -> dict[str, np.ndarray]:
        """Return the totals with as many flips as are drawn."""
        rises, falls = self.rises.totals(heard), self.falls.totals(heard)
        return {
            name: total + self.step * (self._drawn(rises[name]) - self._drawn(falls[name]))
            for name, total in super().totals(heard, integer=integer).items()
        }

    def _drawn(self, bits: np.ndarray) -> np.ndarray:
        return self.rng.binomial(bits, self.rate)


def flip_streams(
    layer: Layer, *, streams: Streams, rate: float, rng: np.random.Generator
) -> FaultySynapses:
    """Return the synapses of a layer on bitstreams, the bits of whose products flip."""
    signed = streams.encoding == "sign_magnitude"

    def parts(weights: np.ndarray, source: str, *, up: bool) -> tuple[np.ndarray, np.ndarray]:
        spiking, silent = synapse_counts(streams, weights, weight_bits=layer.weight_bits)
        if not signed:  # a one counts up, a zero down
            return (spiking.down, silent.down) if up else (spiking.up, silent.up)
        ones = spiking.up + spiking.down
        zeros = streams.length - ones
        positive = weights >= 0
        # Of an input that takes weights of one sign, the others count nothing.
        counts = {"excitatory": positive, "inhibitory": ~positive}.get(source, True)
        raising = positive | (source == "inhibitory")
        return np.where(counts, np.where(raising == up, zeros, ones), 0), np.zeros_like(ones)

    plain = stream_synapses(layer, streams=streams)
    return FaultySynapses(
        adds=plain.adds,
        always=plain.always,
        exponent=plain.exponent,
        bias=plain.bias,
        greatest=plain.greatest,
        rises=arranged(layer, partial(parts, up=True), exponent=0),
        falls=arranged(layer, partial(parts, up=False), exponent=0),
        step=1 if signed else 2,
        rate=rate,
        rng=rng,
    )
