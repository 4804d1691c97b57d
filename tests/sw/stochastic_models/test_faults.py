"""Bits that flip: checked against flipping them one by one, and to what each site means."""

import random
from dataclasses import replace

import numpy as np
import pytest

from spikewright.network import reference
from spikewright.network.stream_synapses import stream_synapses
from spikewright.stochastic_models import engine
from spikewright.stochastic_models.faults import (
    SITES,
    flip_states,
    flip_streams,
    flip_weights,
    run,
    with_flipped_weight,
)
from spikewright_hw.engine.example import example_layer, example_network
from spikewright_hw.engine.stream_products import products
from spikewright_hw.engine.streams import ENCODINGS, Streams
from spikewright_hw.fixed import Format

NETWORK = example_network(sizes=(12, 9, 5), steps=4, weight_bits=6, membrane=Format(8, 3))
LAYER = NETWORK.layers[0]


@pytest.fixture
def rng() -> np.random.Generator:
    seed = random.randrange(2**32)
    print("seed", seed)
    return np.random.default_rng(seed)


@pytest.fixture
def spikes(rng) -> np.ndarray:
    return rng.random((40, 4, 12)) < 0.4


def engines():
    return [None, *(Streams(length=64, encoding=encoding) for encoding in ENCODINGS)]


@pytest.mark.parametrize("streams", engines(), ids=str)
@pytest.mark.parametrize("site", SITES)
def test_no_fault_changes_nothing(streams, site, spikes, rng):
    if streams is None and site == "streams":
        with pytest.raises(
            ValueError, match=r"^the event engine has no streams whose bits could flip$"
        ):
            run(NETWORK, spikes, streams=None, site=site, rate=0, rng=rng)
        return
    given = run(NETWORK, spikes, streams=streams, site=site, rate=0, rng=rng)
    expected = (
        reference.run(NETWORK, spikes) if streams is None
        else engine.run(NETWORK, spikes, streams=streams)
    )
    assert np.array_equal(given.membranes, expected.membranes)
    assert np.array_equal(given.layer_spikes, expected.layer_spikes)


@pytest.mark.parametrize("streams", engines(), ids=str)
@pytest.mark.parametrize("site", SITES)
def test_the_same_seed_gives_the_same_faults(streams, site, spikes):
    if streams is None and site == "streams":
        return
    one, again, other = (
        run(
            NETWORK, spikes, streams=streams, site=site, rate=0.1, rng=np.random.default_rng(seed)
        ).membranes
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again) and not np.array_equal(one, other)


# Streams ------------------------------------------------------------------------------------------


def total_bit_by_bit(streams, heard, flips, *, source: str) -> int:
    """Count the products of the first neuron with flipped bits: gate by gate.

    ``flips`` is ``[rows, length]``.
    """
    total = 0
    for row, weights in enumerate(LAYER.weights):
        spike, weight = int(heard[row]), weights[0]
        if not spike and streams.encoding != "bipolar":
            continue
        product = products(streams, LAYER.weight_bits, row=row, spike=spike, weight=weight)
        for (up, down), flip in zip(product, flips[row], strict=True):
            if streams.encoding == "sign_magnitude":
                bit = (up or down) ^ flip
                up, down = (0, bit) if weight < 0 else (bit, 0)
            elif flip:
                up, down = down, up
            total += {"excitatory": up, "inhibitory": down}.get(source, up - down)
    return int(total)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_bits_that_raise_and_lower_a_total_are_counted(encoding, rng):
    """Each bit is flipped alone, so the counts of the binomials are exact."""
    streams = Streams(length=16, encoding=encoding)
    heard = rng.random(12) < 0.5
    synapses = flip_streams(LAYER, streams=streams, rate=0.0, rng=rng)
    (name,) = synapses.adds
    none = np.zeros((12, 16), bool)
    plain = total_bit_by_bit(streams, heard, none, source="weights")
    assert plain == synapses.totals(heard[None])[name][0, 0]
    changes = []
    for at in np.ndindex(none.shape):
        flips = none.copy()
        flips[at] = True
        changes.append(total_bit_by_bit(streams, heard, flips, source="weights") - plain)
    for part, sign in ((synapses.rises, 1), (synapses.falls, -1)):
        assert changes.count(sign * synapses.step) == part.totals(heard[None])[name][0, 0]
    assert set(changes) <= {0, synapses.step, -synapses.step}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_drawn_totals_are_distributed_as_those_of_flipped_bits(encoding, rng):
    """Mean and variance over many draws, to five standard errors; the seed is fixed."""
    rng = np.random.default_rng(5)
    streams, rate, draws = Streams(length=16, encoding=encoding), 0.1, 4000
    heard = np.arange(12) % 2 == 0
    synapses = flip_streams(LAYER, streams=streams, rate=rate, rng=rng)
    (name,) = synapses.adds
    drawn = synapses.totals(np.tile(heard, (draws, 1)))[name][:, 0]
    flipped = np.array([
        total_bit_by_bit(streams, heard, rng.random((12, 16)) < rate, source="weights")
        for _ in range(400)
    ])
    error = np.sqrt(drawn.var() / draws + flipped.var() / len(flipped))
    assert abs(drawn.mean() - flipped.mean()) < 5 * error
    assert 0.6 < drawn.std() / flipped.std() < 1 / 0.6


@pytest.mark.parametrize(
    ("neuron", "membrane", "exponent"),
    [("alpha", Format(4, 6), 4), ("recurrent_lif", Format(5, 2), 0)],
)
def test_other_inputs_and_own_spikes(neuron, membrane, exponent, rng):
    """Weights of one sign alone, and rows of the layer's own, are counted where they belong."""
    layer = example_layer(
        inputs=6, neurons=5, neuron=neuron, weight_bits=5, membrane=membrane, exponent=exponent
    )
    streams = Streams(length=32)
    synapses = flip_streams(layer, streams=streams, rate=1.0, rng=rng)
    weights = np.array(layer.rows)
    for name, input in layer.fixed.definition.inputs.items():
        rows = np.arange(len(weights)) >= layer.inputs
        counted = (rows == (input.source == "recurrent"))[:, None] & {
            "excitatory": weights >= 0, "inhibitory": weights < 0
        }.get(input.source, np.ones_like(weights, bool))
        bits = synapses.rises.adds[name] + synapses.falls.adds[name]
        assert np.array_equal(bits, np.where(counted, 32, 0))
        assert not (synapses.rises.adds[name] < 0).any()
        # All bits flipped: zeros for ones.
        heard = np.ones((1, len(weights)), bool)
        flipped = synapses.totals(heard)[name]
        plain = stream_synapses(layer, streams=streams).totals(heard)[name]
        ends = (synapses.rises.adds[name] - synapses.falls.adds[name]).sum(0)
        assert np.array_equal(flipped, plain + ends)


# Weights and states -------------------------------------------------------------------------------


def stored(weights, encoding) -> np.ndarray:
    values, half = np.array(weights), 1 << LAYER.weight_bits - 1
    if encoding == "sign_magnitude":
        return np.where(values < 0, half, 0) + abs(values)
    return values & 2 * half - 1 if encoding is None else values + half


@pytest.mark.parametrize("encoding", [None, *ENCODINGS])
@pytest.mark.parametrize("rate", [0.0, 0.05, 1.0])
def test_stored_bits_of_weights_flip(encoding, rate, rng):
    """As many as are expected, each place alike; read back from what a weight is stored as."""
    layer = replace(
        LAYER, weights=tuple(tuple(row) for row in rng.integers(1, 31, (200, 9)).tolist())
    )
    flipped = flip_weights(layer, rate, encoding=encoding, rng=rng)
    before, after = (stored(one.weights, encoding) for one in (layer, flipped))
    bits = (before ^ after)[..., None] >> np.arange(layer.weight_bits) & 1
    if rate in (0.0, 1.0) and encoding != "sign_magnitude":
        assert (bits == rate).all()
        return
    # The sign of a magnitude that has become zero is not seen.
    share = bits.mean(axis=(0, 1))
    assert (abs(share - rate) < 0.03).all()


def test_recurrent_weights_flip_too(rng):
    layer = example_layer(
        inputs=4, neurons=6, neuron="recurrent_lif", weight_bits=3, membrane=Format(5, 2)
    )
    flipped = flip_weights(layer, 1.0, encoding=None, rng=rng)
    assert np.array_equal(np.array(flipped.recurrent), -1 - np.array(layer.recurrent))


@pytest.mark.parametrize("bits", [11, 13])
def test_stored_bits_of_states_flip(bits, rng):
    layer = replace(LAYER, membrane=Format(bits - 3, 3))
    values = rng.integers(-(1 << bits - 1), 1 << bits - 1, (500, 9))
    given = flip_states(layer, {"v": values}, rate=1.0, rng=rng)["v"]
    assert np.array_equal(given, -1 - values)  # all bits
    given = flip_states(layer, {"v": values}, rate=0.2, rng=rng)["v"]
    assert given.min() >= -(1 << bits - 1) and given.max() < 1 << bits - 1
    share = ((given ^ values)[..., None] >> np.arange(bits) & 1).mean(axis=(0, 1))
    assert (abs(share - 0.2) < 0.06).all()


def test_a_flipped_state_lives_on(rng):
    """One flip at the end of the first step is what the second step begins with."""
    seen = []

    def store(layer, states):
        seen.append(states["v"].copy())
        return {name: values + 1 for name, values in states.items()}

    quiet = np.zeros((1, 4, 12), bool)
    given = reference.run(NETWORK, quiet, store=store)
    assert np.array_equal(given.layers[0].membranes[:, 0], seen[0] + 1)
    assert given.layers[0].membranes[0, -1, 0] > 1


@pytest.mark.parametrize("bit", [0, 3])
def test_one_bit_of_one_weight(bit):
    """Flipped once it is another weight, of two's complement; flipped twice it is the same."""
    layer = NETWORK.layers[0]
    bit = min(bit, layer.weight_bits - 1)
    once = with_flipped_weight(layer, row=2, neuron=1, bit=bit)
    before, after = np.array(layer.weights), np.array(once.weights)
    sign = bit == layer.weight_bits - 1
    assert [*np.argwhere(before != after)[0]] == [2, 1] and (before != after).sum() == 1
    assert abs(before - after).max() == 1 << bit and (not sign or (before[2, 1] < 0) != (
        after[2, 1] < 0
    ))
    assert with_flipped_weight(once, row=2, neuron=1, bit=bit).weights == layer.weights
