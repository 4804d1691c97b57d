"""Prefixes, packed bits and the error of a product, checked against streams made bit by bit."""

import random
import re

import numpy as np
import pytest

from spikewright.network import reference
from spikewright.network.stream_synapses import stream_synapses, synapse_counts
from spikewright.stochastic_models import arithmetic, engine, numbers, sources
from spikewright.stochastic_models.engine import predictor
from spikewright.stochastic_models.packed import packed_predictor, packed_synapses
from spikewright.stochastic_models.products import BITS, GATES, NUMBERS, product_rms
from spikewright.stochastic_models.products import numbers as numbers_of
from spikewright.stochastic_models.progressive import Prefix
from spikewright_hw.engine.example import example_layer, example_network
from spikewright_hw.engine.stream_products import products
from spikewright_hw.engine.streams import ENCODINGS, SOURCES, Streams
from spikewright_hw.fixed import Format

NETWORK = example_network(sizes=(12, 9, 5), steps=4, weight_bits=6, membrane=Format(8, 3))


@pytest.fixture
def rng() -> np.random.Generator:
    seed = random.randrange(2**32)
    print("seed", seed)
    return np.random.default_rng(seed)


# Stopped early ------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_prefix_counts_the_first_products_of_the_whole(source, encoding, rng):
    weights = rng.integers(-31, 32, (5, 3))
    whole = Streams(length=128, source=source, encoding=encoding)
    prefix = Prefix(length=32, full=128, source=source, encoding=encoding)
    counts = synapse_counts(prefix, weights, weight_bits=6)
    for (row, neuron), weight in np.ndenumerate(weights):
        for spike in (0, 1):
            first = products(whole, 6, row=row, spike=spike, weight=int(weight))[:32]
            kind = counts[1 - spike]
            assert kind.up[row, neuron] == sum(up for up, _ in first)
            assert kind.down[row, neuron] == sum(down for _, down in first)


@pytest.mark.parametrize("source", SOURCES)
def test_which_prefixes_are_shorter_streams(source):
    """Of van der Corput's and Sobol's numbers; not of a counter's, nor of an LFSR's."""
    layer = NETWORK.layers[0]
    shorter, prefix = (
        stream_synapses(layer, streams=streams)
        for streams in (
            Streams(length=16, source=source), Prefix(length=16, full=64, source=source)
        )
    )
    (name,) = shorter.adds
    same = np.array_equal(shorter.adds[name], prefix.adds[name])
    assert same or source not in ("sobol", "van_der_corput")
    assert not same or source not in ("counter", "lfsr")


def test_a_whole_prefix_is_the_stream(rng):
    spikes = rng.random((20, 4, 12)) < 0.5
    one, other = (
        engine.run(NETWORK, spikes, streams=streams).membranes
        for streams in (Streams(length=64), Prefix(length=64, full=64))
    )
    assert np.array_equal(one, other)


def test_a_prefix_is_no_longer_than_the_whole():
    message = "length is 64, but the streams have 32 bits; a prefix is no longer"
    with pytest.raises(ValueError, match=f"^{message}$"):
        Prefix(length=64, full=32)
    message = "length is 48; a bitstream has a power of two of bits, 16 to 65536"
    with pytest.raises(ValueError, match=f"^{message}$"):
        Prefix(length=16, full=48)


@pytest.mark.parametrize("source", ["sobol", "van_der_corput", "counter"])
@pytest.mark.parametrize(("encoding", "length"), [("sign_magnitude", 32), ("unipolar", 64)])
def test_long_streams_are_the_weights(source, encoding, length, rng):
    """What the page says: from so many bits on, both engines give the same integers."""
    spikes = rng.random((20, 4, 12)) < 0.5
    expected = reference.run(NETWORK, spikes).membranes
    for more in (1, 4):
        streams = Streams(length=more * length, source=source, encoding=encoding)
        assert np.array_equal(engine.run(NETWORK, spikes, streams=streams).membranes, expected)
    shorter = Streams(length=length // 2, source=source, encoding=encoding)
    assert not np.array_equal(engine.run(NETWORK, spikes, streams=shorter).membranes, expected)


# Bit by bit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("length", [64, 256])
def test_packed_bits_give_the_same_predictions(source, length, rng):
    spikes = rng.random((50, 4, 12)) < 0.4
    streams = Streams(length=length, source=source)
    fast, slow = (
        make(NETWORK, streams=streams, threads=1)(spikes) for make in (predictor, packed_predictor)
    )
    assert np.array_equal(fast, slow)


def test_packed_bits_of_two_inputs(rng):
    layer = example_layer(
        inputs=6, neurons=5, neuron="alpha", weight_bits=5, membrane=Format(4, 6), exponent=4
    )
    streams = Streams(length=64)
    heard = rng.random((7, 6)) < 0.5
    given = packed_synapses(layer, streams=streams).totals(heard)
    expected = stream_synapses(layer, streams=streams).totals(heard)
    assert given.keys() == expected.keys() == {"exc", "inh"}
    for name, totals in given.items():
        assert np.array_equal(totals, expected[name])


@pytest.mark.parametrize("streams", [Streams(length=32), Streams(encoding="unipolar")])
def test_what_is_not_computed_bit_by_bit(streams):
    message = (
        "bit by bit there are sign_magnitude streams of at least 64 bits, and no recurrent layers"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        packed_synapses(NETWORK.layers[0], streams=streams)


# One product --------------------------------------------------------------------------------------


def rms_bit_by_bit(gate, first, second, *, length) -> float:
    width = BITS - (gate == "sign_magnitude")
    one, other = (numbers_of(name, length=length, width=width) for name in (first, second))
    factors = np.arange((1 << width) + 1)
    a, b = numbers.unipolar(factors, one)[:, None], numbers.unipolar(factors, other)[None]
    values = factors / (1 << width)
    if gate == "xnor":
        values = 2 * values - 1
        made = 2 * arithmetic.bipolar_product(a, b).mean(axis=-1) - 1
    else:
        made = arithmetic.product(a, b).mean(axis=-1)
    errors = made - values[:, None] * values
    if gate == "sign_magnitude":  # both signs of each, which are exact
        signed = np.abs(np.arange(-(1 << width), (1 << width) + 1))
        errors = errors[signed][:, signed]
    return float(np.sqrt((errors**2).mean()))


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize(
    ("first", "second"),
    [("sobol_0", "sobol_1"), ("lfsr", "lfsr_half"), ("halton_2", "counter"), ("lfsr", "lfsr")],
)
@pytest.mark.parametrize("length", [16, 128])
def test_the_error_is_that_of_the_streams(gate, first, second, length):
    given = product_rms(gate, first, second, length=length)
    assert given == pytest.approx(rms_bit_by_bit(gate, first, second, length=length), rel=1e-12)
    assert given == pytest.approx(product_rms(gate, second, first, length=length), rel=1e-12)


def test_sources_that_share_give_the_lesser_factor():
    """So the error is that of a minimum: 1/sqrt(90) for factors from 0 to 1."""
    for source in ("sobol_0", "counter", "van_der_corput"):
        assert product_rms("and", source, source, length=256) == pytest.approx(
            90**-0.5, rel=0.01
        )


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_those_of_the_source(name):
    kept = numbers_of(name, length=256, width=8)
    assert len(kept) == 256 and kept.min() >= 0 and kept.max() < 256
    assert np.array_equal(numbers_of(name, length=256, width=6), kept >> 2)
    assert np.array_equal(numbers_of(name, length=256, width=10), kept << 2)
    if name in sources.SOURCES:
        assert np.array_equal(kept, sources.sequence(name, width=8, length=256))
